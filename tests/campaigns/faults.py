"""The fault campaign: `python -m tests.campaigns.faults` damages videos, streams and annotations, and reads each."""

import argparse
import os
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import av

from tests.campaigns import clip_writer, fault_check, media_cases, mutations, pool
from tests.campaigns.fault_check import Damage

FRAMES = 100
FORMATS = {
    "mp4": ("mp4", "libx264", "2"),
    "hevc.mp4": ("mp4", "libx265", "2"),
    "av1.mp4": ("mp4", "libsvtav1", "0"),
    "mov": ("mov", "prores_ks", "0"),
    "mkv": ("mkv", "libx264", "2"),
    "ffv1.mkv": ("mkv", "ffv1", "0"),
    "vp9.webm": ("webm", "libvpx-vp9", "0"),
    "vp8.webm": ("webm", "libvpx", "0"),
    "h264.avi": ("avi", "libx264", "0"),
    "mpeg4.avi": ("avi", "mpeg4", "2"),
    "mjpeg.avi": ("avi", "mjpeg", "0"),
    "wmv": ("wmv", "wmv2", "0"),
    "flv": ("flv", "libx264", "0"),
    "ts": ("ts", "libx264", "2"),
    "mpeg2.ts": ("ts", "mpeg2video", "2"),
    "mpg": ("mpg", "mpeg2video", "2"),
    "mxf": ("mxf", "mpeg2video", "0"),
}
"""Container, codec and B-frames of each format."""


class Base(NamedTuple):
    """An undamaged file."""

    path: str
    places: tuple[int, ...]
    numbers: tuple[int, ...]
    times: tuple[float, ...]


class Task(NamedTuple):
    """One damaged video: `seed` says how `base` is damaged."""

    kind: str
    base: Base
    seed: int


def run_task(task: Task) -> Damage:
    """Damage the file, and read it."""
    av.logging.set_level(av.logging.PANIC)
    base = Path(task.base.path)
    _, data = mutations.mutate(base.read_bytes(), task.base.places, task.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"damaged{base.suffix}"
        path.write_bytes(data)
        return fault_check.examine(path, task.base.numbers, task.base.times)


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
    print("| format | files | refused | read with a warning | read | lost without a word | other times without a word | contradictions | tracebacks, hangs |")
    print("|---|---|---|---|---|---|---|---|---|")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in [kind for kind in FORMATS if arguments.only in kind]:
            base = write_base(kind, Path(folder))
            tasks = [Task(kind, base, arguments.seed * 1_000_003 + at) for at in range(arguments.limit)]
            failed += _report(kind, pool.run(run_task, tasks, arguments.workers), base)
    sys.exit(bool(failed))


def _report(kind: str, results, base: Base) -> int:
    counts: Counter[str] = Counter()
    lines = defaultdict(list)
    for task, result in results:
        name, _ = mutations.mutate(Path(base.path).read_bytes(), base.places, task.seed)
        counts["files"] += 1
        if isinstance(result, pool.Failure):
            counts["failed"] += 1
            lines[name].append(f"{task.seed}: {str(result).strip().splitlines()[-1]}")
            continue
        counts["refused" if result.error else "warned" if result.warnings else "read"] += 1
        counts["silent"] += result.silent
        counts["moved"] += result.silently_moved
        counts["bad"] += bool(result.bad)
        if result.silent:
            lines[name].append(f"{task.seed}: {result.lost:.0%} lost or damaged of {len(base.numbers)}, read {result.frames}")
        elif result.silently_moved:
            lines[name].append(f"{task.seed}: {result.moved:.0%} have another time")
        lines[name] += [f"{task.seed}: {bad}" for bad in result.bad]
    row = [counts[key] for key in ("files", "refused", "warned", "read", "silent", "moved", "bad", "failed")]
    print("| " + " | ".join([kind, *map(str, row)]) + " |", flush=True)
    for name, found in sorted(lines.items()):
        for line in sorted(found):
            print(f"    {kind} {name}: {line}", flush=True)
    return counts["silent"] + counts["bad"] + counts["failed"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=306, help="damaged files for each format")
    parser.add_argument("--only", default="", help="only formats whose name contains this text")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
