"""Measures frames per second of rbdm, of its parts, and of other programs, on the same clips in the same run.

    python benchmarks/throughput.py [--weights open open-int8] [--json FILE] [VIDEO STREAM]...
    python benchmarks/throughput.py --readme FILE

Makes its own clips (360p and 1080p) from a picture of scikit-image. Everything is measured in several rounds, one after
the other, and the results are the medians; ratios are medians of the ratios within a round. A simple Keras loop is
measured if Keras is installed (extra `keras`), and the package `fer` (version 22.5.1, with its own weights and OpenCV's
face detector) if that is installed. It runs only with older packages, so give it an environment of its own:
`pip install '.[keras]' psutil scikit-image fer==22.5.1 "moviepy<2" "setuptools<80"`. `--readme` prints README's table
from the file that `--json` has written.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from skimage.data import astronaut

from rbdm import Annotator, Options
from rbdm.faces.boxes import read_boxes
from rbdm.faces.crop import crop
from rbdm.faces.detector import MODEL
from rbdm.media.video import Video
from rbdm.network.engine import load_engine
from rbdm.network.weights import find_weights
from rbdm.runtime.litert import LiteRTPool
from rbdm.ssi import Stream, write_stream

FACE = np.array([225.0, 126.0, 124.0])  # centre and side of the box in the picture


def make_clip(folder: Path, width: int, height: int, frames: int) -> tuple[Path, Path]:
    """A slow pan over the picture, H.264, 25 Hz, and its box stream. Noise makes decoding realistically slow."""
    video, stream = folder / f"{height}p.mp4", folder / f"{height}p.stream"
    picture, rng = astronaut(), np.random.default_rng(0)
    zoom, rows = height / 300, []
    grain = rng.normal(0, 4, (height + 16, width + 16, 1))
    with av.open(str(video), "w") as container:
        track = container.add_stream("libx264", rate=Fraction(25), options={"preset": "veryfast"})
        track.width, track.height, track.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            x, y = width * (0.4 + 0.2 * index / frames), height * 0.45
            move = np.array([[zoom, 0, x - zoom * FACE[0]], [0, zoom, y - zoom * FACE[1]]])
            image = cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REFLECT)
            top, left = rng.integers(0, 16, 2)
            noisy = image + grain[top : top + height, left : left + width]
            container.mux(track.encode(av.VideoFrame.from_ndarray(np.clip(noisy, 0, 255).astype(np.uint8), "rgb24")))
            half = zoom * FACE[2] / 2
            rows.append(((y - half) / height, (x - half) / width, (y + half) / height, (x + half) / width, 0.95))
        container.mux(track.encode())
    write_stream(stream, Stream(np.array(rows, np.float32), 25.0))
    return video, stream


def decode_only(video: Path) -> float:
    """Frames per second of decoding alone, without conversion to RGB."""
    started = time.perf_counter()
    with Video(video) as opened:
        count = sum(1 for _ in opened)
    return count / (time.perf_counter() - started)


def network_only(annotator: Annotator, count: int = 320) -> float:
    """Faces per second of the network alone, with the batch size of the annotator."""
    batch = annotator.options.batch_size
    engine = load_engine(annotator.weights, "cpu", batch)
    crops = np.random.default_rng(0).integers(0, 256, (batch, 224, 224, 3), np.uint8)
    engine.predict(crops)
    started = time.perf_counter()
    results = [engine.submit(crops) for _ in range(count // batch)]
    for result in results:
        result()
    return count // batch * batch / (time.perf_counter() - started)


def detector_only(count: int = 200) -> float:
    """Frames per second of the face detector's network alone."""
    networks = LiteRTPool(MODEL, (256, 256, 3), 1)
    pictures = np.random.default_rng(0).uniform(-1, 1, (count, 256, 256, 3)).astype(np.float32)
    networks.submit(pictures[:8])()
    started = time.perf_counter()
    networks.submit(pictures)()
    return count / (time.perf_counter() - started)


def end_to_end(annotator: Annotator, video: Path, stream: Path | None) -> float:
    """Frames per second of a whole annotation, from the file to the prediction."""
    started = time.perf_counter()
    prediction = annotator.annotate(video, stream)
    return len(prediction.time) / (time.perf_counter() - started)


def fer_loop(video: Path, count: int = 60) -> float:
    """Frames per second of a loop that calls the package `fer` frame by frame. It finds the faces."""
    from fer import FER

    peer = FER(mtcnn=False)
    with Video(video) as opened:
        frames = [cv2.cvtColor(frame.rgb(), cv2.COLOR_RGB2BGR) for frame in islice(opened, count + 1)]
    peer.detect_emotions(frames[0])
    started = time.perf_counter()
    for frame in frames[1:]:
        peer.detect_emotions(frame)
    return (len(frames) - 1) / (time.perf_counter() - started)


def naive(video: Path, stream: Path, count: int = 60) -> float:
    """Frames per second of a loop that converts, crops and runs Keras frame by frame."""
    from rbdm.network.architecture import build_model
    from rbdm.network.keras_weights import assign, read_tensors

    weights = find_weights("open")
    model = build_model()
    assign(model, read_tensors(weights.path), weights.path)
    rows = read_boxes(stream, 0.5).rows
    model(np.zeros((1, 224, 224, 3), np.float32), training=False)
    started = time.perf_counter()
    with Video(video) as opened:
        for index, frame in enumerate(opened):
            if index == count:
                break
            face = crop(frame.rgb(), rows[index], weights.entry.input_size, weights.entry.crop_scale, grey=True)
            model(face[None].astype(np.float32), training=False)
    return min(count, index + 1) / (time.perf_counter() - started)


def peak_memory(video: Path, stream: Path, weights: str) -> float:
    """Peak resident memory in MB of a process that only annotates one video."""
    annotate = "w = Options(weights=sys.argv.pop()); annotate(*sys.argv[1:], w)"
    code = f"import sys; from rbdm import annotate, Options; {annotate}"
    process = psutil.Popen([sys.executable, "-c", code, str(video), str(stream), weights], stderr=subprocess.DEVNULL)
    peak = peak_of(process)
    if process.returncode:
        raise RuntimeError(f"annotating {video} failed with exit code {process.returncode}")
    return peak


def peak_of(process: psutil.Popen) -> float:
    """Peak resident memory in MB of a process; returns when the process has ended."""
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.005)
    return peak / 2**20


def measure(video: Path, stream: Path, weights: list[str], repeats: int) -> dict[str, float]:
    """The medians over several rounds. Each round measures everything once."""
    jobs: dict[str, Callable[[], float]] = {"decode": lambda: decode_only(video), "detector": detector_only}
    ratios = {}
    for name in weights:
        annotator = Annotator(Options(weights=name))
        every = Annotator(Options(weights=name, every_frame=True))
        end_to_end(annotator, video, None)  # loads the detector
        end_to_end(every, video, None)
        jobs[f"{name}: network"] = partial(network_only, annotator)
        jobs[f"{name}: over a stream"] = partial(end_to_end, annotator, video, stream)
        jobs[f"{name}: found"] = partial(end_to_end, annotator, video, None)
        jobs[f"{name}: found every frame"] = partial(end_to_end, every, video, None)
        for column in ("found", "found every frame"):
            ratios[f"{name}: {column} / over a stream"] = (f"{name}: {column}", f"{name}: over a stream")
    if importlib.util.find_spec("keras"):
        jobs["Keras loop"] = partial(naive, video, stream)
        ratios |= {f"{name}: over a stream / Keras loop": (f"{name}: over a stream", "Keras loop") for name in weights}
    if importlib.util.find_spec("fer"):
        jobs["fer"] = partial(fer_loop, video)
        ratios |= {f"{name}: found / fer": (f"{name}: found", "fer") for name in weights}
    rounds = [{name: job() for name, job in jobs.items()} for _ in range(repeats)]
    figures = {name: statistics.median(one[name] for one in rounds) for name in jobs}
    for name, (above, below) in ratios.items():
        figures[name] = statistics.median(one[above] / one[below] for one in rounds)
    for name in weights:
        figures[f"{name}: peak MB"] = peak_memory(video, stream, name)
    return figures


def readme_table(results: dict[str, dict[str, float]]) -> str:
    """README's table in Markdown."""
    clips = list(results)
    lines = [f"| | {' | '.join(clips)} |", "|---|" + "---|" * len(clips)]
    for name in next(iter(results.values())):
        if name.endswith((": over a stream", ": found", ": found every frame")) or name in ("Keras loop", "fer"):
            label = name if ":" not in name else "`{}`, {}".format(*name.split(": "))
            lines.append(f"| {label} | {' | '.join(f'{results[clip][name]:.0f}' for clip in clips)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path, help="videos, each followed by its box stream")
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--weights", nargs="+", default=["open", "open-int8"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--readme", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.readme:
        print(readme_table(json.loads(arguments.readme.read_text(encoding="utf-8"))))
        return
    with tempfile.TemporaryDirectory() as folder:
        clips = list(zip(arguments.clips[::2], arguments.clips[1::2], strict=True))
        names = [video.name for video, _ in clips]
        if not clips:
            clips = [make_clip(Path(folder), *size, arguments.frames) for size in ((640, 360), (1920, 1080))]
            names = ["640×360", "1920×1080"]
        results = {
            name: measure(*clip, arguments.weights, arguments.repeats) for name, clip in zip(names, clips, strict=True)
        }
    table = Table("", *results)
    for name in next(iter(results.values())):
        values = [figures[name] for figures in results.values()]
        table.add_row(name, *(f"{value:.2f}" if value < 20 else f"{value:.0f}" for value in values))
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
