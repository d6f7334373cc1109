"""The fault campaign: `python -m tests.campaigns.faults` damages videos, streams and annotations, and reads each."""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tests.campaigns import clip_writer, fault_check, media_cases, mutations, pool, report, ssi_faults
from tests.campaigns.fault_check import Damage
from tests.campaigns.ssi_faults import SsiResult, SsiTask

FRAMES = 100
FORMATS = {
    "h264.mp4": ("mp4", "libx264", "2"),
    "hevc.mp4": ("mp4", "libx265", "2"),
    "av1.mp4": ("mp4", "libsvtav1", "0"),
    "prores.mov": ("mov", "prores_ks", "0"),
    "h264.mkv": ("mkv", "libx264", "2"),
    "ffv1.mkv": ("mkv", "ffv1", "0"),
    "vp9.webm": ("webm", "libvpx-vp9", "0"),
    "vp8.webm": ("webm", "libvpx", "0"),
    "h264.avi": ("avi", "libx264", "0"),
    "mpeg4.avi": ("avi", "mpeg4", "2"),
    "mjpeg.avi": ("avi", "mjpeg", "0"),
    "wmv2.wmv": ("wmv", "wmv2", "0"),
    "h264.flv": ("flv", "libx264", "0"),
    "h264.ts": ("ts", "libx264", "2"),
    "mpeg2.ts": ("ts", "mpeg2video", "2"),
    "mpeg2.mpg": ("mpg", "mpeg2video", "2"),
    "mpeg2.mxf": ("mxf", "mpeg2video", "0"),
}
"""Container, codec and B-frames of each format."""
_COUNTS = ("files", "refused", "read, with a warning", "read", "lost in silence", "moved in silence", "wrong", "failed")
_FAILURES = ("lost in silence", "wrong", "failed")


class Base(NamedTuple):
    """An undamaged video: its path, structural boundaries, and the numbers and times of its frames."""

    path: str
    places: tuple[int, ...]
    numbers: tuple[int, ...]
    times: tuple[float, ...]


class Task(NamedTuple):
    """One damaged video: `seed` says how `base` is damaged."""

    base: Base
    seed: int


def run_task(task: Task) -> tuple[str, Damage]:
    """Damage the file, and read it: the name of the damage, and what came of it."""
    base = Path(task.base.path)
    name, data = mutations.mutate(base.read_bytes(), task.base.places, task.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"damaged{base.suffix}"
        path.write_bytes(data)
        return name, fault_check.examine(path, task.base.numbers, task.base.times)


def write_base(kind: str, folder: Path, count: int = FRAMES) -> Base:
    """The undamaged file of one of `FORMATS`."""
    container, codec, b_frames = FORMATS[kind]
    case = replace(media_cases.plain(container, codec), b_frames=b_frames)
    path = folder / f"{kind.replace('.', '-')}.{container}"
    truth = clip_writer.write(case, path, count)
    return Base(str(path), tuple(mutations.boundaries(path)), truth.numbers, truth.times)


def main() -> None:
    arguments = _arguments()
    os.environ.setdefault("SVT_LOG", "1")
    seeds = [arguments.seed * 1_000_003 + at for at in range(arguments.limit)]
    rows, failed = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in [kind for kind in (*FORMATS, *ssi_faults.FORMATS) if arguments.only in kind]:
            if kind in FORMATS:
                base = write_base(kind, Path(folder))
                counts = _count(kind, pool.run(run_task, [Task(base, seed) for seed in seeds], arguments.workers))
            else:
                tasks = [SsiTask(kind, seed) for seed in seeds]
                counts = _count(kind, pool.run(ssi_faults.run_task, tasks, arguments.workers))
            rows.append([kind, *(counts[key] or "" for key in _COUNTS)])
            failed += sum(counts[key] for key in _FAILURES)
    result = report.table(["format", *_COUNTS], rows)
    print(result)
    if arguments.table:
        report.write_section(arguments.table, "fault campaign", result)
    sys.exit(bool(failed))


def _count(kind: str, results: Iterable[tuple[Any, Any]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for task, result in results:
        said: list[str] = []
        counts["files"] += 1
        if isinstance(result, pool.Failure):
            counts["failed"] += 1
            said = [str(result).strip().splitlines()[-1]]
        elif isinstance(result, SsiResult):
            counts["refused" if result.error else "read"] += 1
            counts["wrong"] += bool(result.bad)
            said = [f"{result.damage}: {result.bad}"] if result.bad else []
        else:
            said = _count_video(counts, *result)
        for line in said:
            print(f"{kind}, seed {task.seed}: {line}", flush=True)
    print(f"{kind}: {dict(counts)}", flush=True)
    return counts


def _count_video(counts: Counter[str], name: str, damage: Damage) -> list[str]:
    counts["refused" if damage.error else "read, with a warning" if damage.warnings else "read"] += 1
    counts["lost in silence"] += damage.silent
    counts["moved in silence"] += damage.silently_moved
    counts["wrong"] += bool(damage.bad)
    said = list(damage.bad)
    if damage.silent:
        said.append(f"{damage.lost:.0%} lost or damaged, {damage.frames} frames read")
    elif damage.silently_moved:
        said.append(f"{damage.moved:.0%} have another time")
    return [f"{name}: {line}" for line in said]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=306, help="damaged files for each format")
    parser.add_argument("--only", default="", help="only formats whose name contains this text")
    parser.add_argument("--table", type=Path, help="write the results into this file, e.g. docs/media.md")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
