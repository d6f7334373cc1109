"""Measures frames per second: of decoding, of the network, of rbdm from file to result, and of a simple Keras loop.

    python benchmarks/throughput.py [--detect] [--naive] [--weights open-int8] [--json FILE] [VIDEO STREAM]...

Makes its own clips (360p and 1080p) from a picture of scikit-image. Everything is measured in several rounds, and the
results are the medians. With `--detect`, rbdm detects the faces instead of reading their boxes; `--naive` needs the
extra `keras`.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
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


def peak_memory(video: Path, stream: Path) -> float:
    """Peak resident memory in MB of a process that only annotates one video."""
    code = "import sys; from rbdm import annotate, Options; annotate(*sys.argv[1:], Options(weights='open'))"
    process = psutil.Popen([sys.executable, "-c", code, str(video), str(stream)], stderr=subprocess.DEVNULL)
    return peak_of(process)


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


def measure(video: Path, stream: Path, annotator: Annotator, arguments: argparse.Namespace) -> dict[str, float]:
    """The medians over `--repeats` rounds. Each round measures everything once."""
    stages = ["decode", "network"]
    jobs: dict[str, Callable[[], float]] = {
        "decode": lambda: decode_only(video),
        "network": lambda: network_only(annotator),
        "rbdm": lambda: end_to_end(annotator, video, None if arguments.detect else stream),
    }
    if arguments.detect:
        jobs["over a stream"] = lambda: end_to_end(annotator, video, stream)
        jobs["detector"] = detector_only
        stages.append("detector")
        end_to_end(annotator, video, None)  # loads the detector
    if arguments.naive:
        jobs["naive"] = lambda: naive(video, stream)
    rounds = [{name: job() for name, job in jobs.items()} for _ in range(arguments.repeats)]
    figures = {name: statistics.median(one[name] for one in rounds) for name in jobs}
    figures["bound"] = 1 / sum(1 / figures[stage] for stage in stages)
    figures["of bound"] = statistics.median(one["rbdm"] * sum(1 / one[stage] for stage in stages) for one in rounds)
    if arguments.detect:
        figures["of a stream's"] = statistics.median(one["rbdm"] / one["over a stream"] for one in rounds)
    if arguments.naive:
        figures["times naive"] = statistics.median(one["rbdm"] / one["naive"] for one in rounds)
    figures["peak MB"] = peak_memory(video, stream)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path, help="videos, each followed by its box stream")
    parser.add_argument("--detect", action="store_true")
    parser.add_argument("--naive", action="store_true")
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--weights", default="open")
    parser.add_argument("--batch-size", type=int, default=Options().batch_size)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    annotator = Annotator(Options(weights=arguments.weights, batch_size=arguments.batch_size))
    with tempfile.TemporaryDirectory() as folder:
        clips = list(zip(arguments.clips[::2], arguments.clips[1::2], strict=True))
        if not clips:
            clips = [make_clip(Path(folder), *size, arguments.frames) for size in ((640, 360), (1920, 1080))]
        results = {video.name: measure(video, stream, annotator, arguments) for video, stream in clips}
    names = list(next(iter(results.values())))
    table = Table("clip", *names)
    for clip, figures in results.items():
        table.add_row(
            clip, *(f"{figures[name]:.2f}" if figures[name] < 20 else f"{figures[name]:.0f}" for name in names)
        )
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
