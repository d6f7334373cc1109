"""Measures peak memory, and the time per frame at the start and at the end of videos of 1, 10 and 60 minutes.

    python benchmarks/memory.py [--height 1080] [--minutes 1 10 60] [--found] [--json FILE]

With `--found`, rbdm finds the face; otherwise it takes the face from a box stream. The long videos repeat the packets
of a short video: nothing has to be encoded for them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from throughput import make_clip, peak_of

from rbdm import Annotator, Options
from rbdm.ssi import read_stream, write_stream

RATE = 25
CLIP_SECONDS = 4


def repeat(video: Path, stream: Path, minutes: float, folder: Path) -> tuple[Path, Path]:
    """A video of `minutes` minutes that repeats a clip, and its box stream."""
    long = folder / f"{minutes:g}min.mp4"
    boxes = read_stream(stream)
    count = round(minutes * 60 * RATE / len(boxes.data))
    with av.open(str(long), "w") as target:
        track = None
        for turn in range(count):
            with av.open(str(video)) as source:
                track = track or target.add_stream_from_template(source.streams.video[0])
                step = int(len(boxes.data) / RATE / source.streams.video[0].time_base)
                for packet in source.demux(video=0):
                    if packet.dts is None:
                        continue
                    packet.dts += turn * step
                    packet.pts += turn * step
                    packet.stream = track
                    target.mux(packet)
    boxes.data = np.tile(boxes.data, (count, 1))
    write_stream(long.with_suffix(".stream"), boxes)
    return long, long.with_suffix(".stream")


def annotate_and_time(video: str, stream: str | None = None) -> None:
    """Print the seconds per frame in the first and in the last tenth of a video. It runs in a separate process."""
    marks = [(0, 0.0)]
    annotator = Annotator(Options(weights="open"))
    prediction = annotator.annotate(video, stream, progress=lambda p: marks.append((p.done, p.seconds)))
    frames, seconds = np.array(marks).T
    total = len(prediction.time)
    first, ninth = np.interp([total / 10, total * 9 / 10], frames, seconds)
    print(json.dumps({"frames": total, "first": first / (total / 10), "last": (seconds[-1] - ninth) / (total / 10)}))


def measure(*video_and_stream: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--worker", *map(str, video_and_stream)]
    process = psutil.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = peak_of(process)
    output = process.communicate()[0]
    return {**json.loads(output), "peak MB": peak}


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        annotate_and_time(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="*", default=[1, 10, 60])
    parser.add_argument("--height", type=int, choices=(360, 1080, 2160), default=360)
    parser.add_argument("--found", action="store_true", help="without a box stream")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    table = Table("minutes", "frames", "peak MB", "ms a frame, first tenth", "last tenth", "ratio")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder), arguments.height * 16 // 9, arguments.height, CLIP_SECONDS * RATE)
        for minutes in arguments.minutes:
            video, stream = repeat(*clip, minutes, Path(folder))
            one = results[minutes] = measure(video) if arguments.found else measure(video, stream)
            times = f"{one['first'] * 1e3:.2f}", f"{one['last'] * 1e3:.2f}", f"{one['last'] / one['first']:.3f}"
            table.add_row(f"{minutes:g}", str(one["frames"]), f"{one['peak MB']:.0f}", *times)
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
