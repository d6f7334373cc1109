"""Measures what a worker and the scheduler need, and computes from it how long a large study takes on many machines.

    python benchmarks/scaling.py [--cores 2] [--node-cores 16] [--hours 10000] [--nodes 1 10 100 1000]
        [--bandwidth 1000] [--mbit 8] [--height 1080] [--rounds 3] [--measured FILE] [--json FILE]

Measured on this machine: the start of `rbdm annotate` and of a worker of Dask; the time per video and per frame, from a
short and a longer clip; the bytes that are read; the tasks and messages that Dask's scheduler handles per second. Of
several rounds, the fastest one counts, because other programs can only slow a round down. Computed from it: the time of
the study, for workers that pull videos, the longest first. `--measured FILE` takes the measurements from a file that
`--json` has written. Prints Markdown for docs/scaling.md. With the `SLURM_CONF` of scripts/slurm-on-one-node, jobs of
SLURM are measured, too. Needs '.[cluster,server]'.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from distributed import Client, get_worker
from memory import repeat
from simulated_cluster import Costs, Limits, limit_of, simulate, video_lengths
from throughput import make_clip

from rbdm import Annotator, Options
from rbdm.batch.cluster.clusters import ClusterChoice, running_workers
from rbdm.batch.run_log import Entry, read_entries
from rbdm.runtime.cores import CORES_VARIABLE, usable_cores

RATE, SHORT, PART = 25, 25, 250
"""Frames per second of the clips, frames of the short one, and of the part that the longer one repeats for a minute."""
TASKS, MESSAGES = 2000, 4000
SLURM_OPTIONS = "--cpus-per-task=1 --mem=1G"


def run_rbdm(folder: Path, cores: int, *arguments: str) -> tuple[float, list[tuple[float, Entry]]]:
    """`rbdm annotate` on a folder: when it was started, and for each video when it began and its account."""
    log = folder / "run.jsonl"
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "rbdm", "annotate", str(folder), "--weights", "open", "--overwrite"]
    started = time.time()
    subprocess.run(
        [*command, "--device", "cpu", "--run-log", str(log), *arguments],
        env={**os.environ, CORES_VARIABLE: str(cores)},
        check=True,
        capture_output=True,
    )
    entries = read_entries(log)
    begun = [(datetime.fromisoformat(entry.time).timestamp() - entry.seconds, entry) for entry in entries]
    return started, sorted(begun, key=lambda one: one[0])


def put(folder: Path, clips: dict[str, tuple[Path, Path]], with_streams: bool) -> Path:
    """A new folder with the clips by these names."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, (video, stream) in clips.items():
        (folder / f"{name}.mp4").symlink_to(video)
        if with_streams:
            for end in ("", "~"):
                (folder / f"{name}.stream{end}").symlink_to(f"{stream}{end}")
    return folder


def annotation(folder: Path, short: tuple[Path, Path], long: tuple[Path, Path], cores: int, streams: bool) -> Any:
    """One run of three videos in one process: seconds of the start, of each video, and their numbers of frames."""
    started, videos = run_rbdm(put(folder / "videos", {"1": short, "2": short, "3": long}, streams), cores)
    first, again, longer = (entry for _, entry in videos)
    return {
        "start": videos[0][0] - started,
        "first": first.seconds,
        "again": again.seconds,
        "longer": longer.seconds,
        "frames": again.frames,
        "more": longer.frames - again.frames,
    }


def costs_of(times: dict[str, float]) -> dict[str, float]:
    """The seconds that follow from the fastest times: of the start, the first video, a video and a frame."""
    frame = (times["longer"] - times["again"]) / times["more"]
    return {
        "start": times["start"],
        "first": max(times["first"] - times["again"], 0.0),
        "video": max(times["again"] - times["frames"] * frame, 0.0),
        "frame": frame,
    }


def worker_start(folder: Path, short: tuple[Path, Path], cores: int, *cluster: str) -> float:
    """Seconds from the command to the beginning of the first video in a worker that Dask has started."""
    started, videos = run_rbdm(put(folder / "videos", {"1": short}, False), cores, *cluster)
    return videos[0][0] - started


def bytes_read(video: Path, stream: Path | None) -> float:
    """Bytes that the annotation reads for each byte of the video."""
    annotator, process = Annotator(Options(weights="open", device="cpu")), psutil.Process()
    before = process.io_counters().read_chars
    annotator.annotate(video, stream, warn=lambda text: None)
    return (process.io_counters().read_chars - before) / video.stat().st_size


@contextmanager
def scheduler(choice: ClusterChoice, workers: int) -> Iterator[Client]:
    with running_workers(choice, workers) as address, Client(address, set_as_default=False) as client:
        waiting = client.map(lambda number: number, range(workers), pure=False)
        client.gather(waiting)
        yield client


def tasks_per_second(client: Client) -> float:
    """Empty tasks that are handed out and finished."""
    started = time.perf_counter()
    client.gather(client.map(lambda number: None, range(TASKS), pure=False))
    return TASKS / (time.perf_counter() - started)


def messages_per_second(client: Client) -> float:
    """Messages of workers that reach the run. Each worker sends one per second and video."""
    arrived: list[Any] = []
    client.subscribe_topic("messages", arrived.append)

    def send(count: int) -> None:
        for number in range(count):
            get_worker().log_event("messages", {"job": number, "frames": number, "total": count, "worker": "node:1"})

    started = time.perf_counter()
    client.submit(send, MESSAGES, pure=False).result()
    while len(arrived) < MESSAGES:
        time.sleep(0.005)
    return MESSAGES / (time.perf_counter() - started)


def best(rounds: list[Any], largest: bool = False) -> Any:
    """The fastest of several rounds: for each figure its smallest value, or for speeds the largest."""
    choose = max if largest else min
    if isinstance(rounds[0], dict):
        return {name: choose(one[name] for one in rounds) for name in rounds[0]}
    return choose(rounds)


def has_slurm() -> bool:
    if shutil.which("sbatch") is None:
        return False
    try:
        return subprocess.run(["sinfo"], capture_output=True, timeout=10).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    rounds, cores = range(arguments.rounds), arguments.cores
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "short").mkdir()
        size = (arguments.height * 16 // 9, arguments.height)
        short = make_clip(folder / "short", *size, SHORT)
        long = repeat(*make_clip(folder, *size, PART), 1, folder)
        found, given = (
            costs_of(best([annotation(folder, short, long, cores, streams) for _ in rounds]))
            for streams in (False, True)
        )
        local = ("--cluster", "local", "--workers", "1")
        figures = {
            "cores": cores,
            "height": arguments.height,
            "found": {**found, "bytes": bytes_read(long[0], None)},
            "given": {**given, "bytes": bytes_read(*long)},
            "worker_start": best([worker_start(folder, short, cores, *local) for _ in rounds]),
        }
        if has_slurm():
            slurm = ("--cluster", "slurm", "--workers", "1", "--sbatch", SLURM_OPTIONS)
            figures["slurm_start"] = best([worker_start(folder, short, cores, *slurm) for _ in rounds])
            with scheduler(ClusterChoice("slurm", 2, SLURM_OPTIONS), 2) as client:
                figures["slurm_tasks"] = best([tasks_per_second(client) for _ in rounds], largest=True)
    with scheduler(ClusterChoice("local", 2), 2) as client:
        figures["tasks"] = best([tasks_per_second(client) for _ in rounds], largest=True)
        figures["messages"] = best([messages_per_second(client) for _ in rounds], largest=True)
    return figures


def simulated(figures: dict[str, Any], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each number of nodes."""
    bytes_per_frame = arguments.mbit * 1e6 / 8 / RATE
    lengths = video_lengths(arguments.hours, arguments.median, RATE)
    rows = []
    for nodes in arguments.nodes:
        workers = nodes * (arguments.node_cores // figures["cores"])
        # Each worker sends a message per second. The scheduler needs a part of its time for them.
        share_left = max(1 - workers / figures["messages"], 0.01)
        limits = Limits(figures["tasks"] * share_left, arguments.bandwidth * 1e6)
        row: dict[str, Any] = {"nodes": nodes, "workers": workers, "videos": len(lengths), "longest": max(lengths)}
        for name in ("found", "given"):
            own = figures[name]
            start = figures.get("slurm_start", figures["worker_start"])
            costs = Costs(start, own["first"], own["video"], own["frame"], bytes_per_frame * own["bytes"])
            outcome = simulate(lengths, workers, costs, limits)
            row[name] = {
                "seconds": outcome.seconds,
                "busy": outcome.busy,
                "slowed": outcome.slowed,
                "read": outcome.read,
                "limit": limit_of(lengths, workers, costs, limits),
            }
        rows.append(row)
    return rows


def duration(seconds: float) -> str:
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.{0 if seconds >= 20 * size else 1}f} {name}"
    return f"{seconds:.0f} seconds"


def markdown(figures: dict[str, Any], rows: list[dict[str, Any]], arguments: argparse.Namespace) -> Iterator[str]:
    found, given = figures["found"], figures["given"]
    yield f"Measured, for one worker with {figures['cores']} cores, {figures['height']}p:"
    yield ""
    yield "| what | faces found | box stream given |"
    yield "|---|---|---|"
    for key, what in (
        ("start", "start of `rbdm annotate`, until the first video"),
        ("first", "more for the first video"),
    ):
        yield f"| {what} | {found[key]:.2f} s | {given[key]:.2f} s |"
    yield f"| each video, whatever its length | {found['video']:.2f} s | {given['video']:.2f} s |"
    yield f"| each frame | {found['frame'] * 1e3:.2f} ms | {given['frame'] * 1e3:.2f} ms |"
    yield f"| bytes read per byte of video | {found['bytes']:.2f} | {given['bytes']:.2f} |"
    need = [arguments.mbit * 1e6 / 8 / RATE * own["bytes"] / own["frame"] / 1e6 for own in (found, given)]
    yield f"| read per second, for video of {arguments.mbit:g} Mbit/s | {need[0]:.1f} MB | {need[1]:.1f} MB |"
    yield ""
    yield "| what | measured |"
    yield "|---|---|"
    yield f"| `--cluster local`, from the command to the first video | {figures['worker_start']:.1f} s |"
    if "slurm_start" in figures:
        yield f"| `--cluster slurm`, the same on an idle SLURM | {figures['slurm_start']:.1f} s |"
        yield f"| empty tasks per second, two workers in jobs of SLURM | {figures['slurm_tasks']:.0f} |"
    yield f"| empty tasks per second, two workers on this machine | {figures['tasks']:.0f} |"
    yield f"| messages about progress per second | {figures['messages']:.0f} |"
    yield ""
    videos, longest = rows[0]["videos"], rows[0]["longest"] / RATE
    yield (
        f"Computed for {arguments.hours:,.0f} hours in {videos:,} videos (median {arguments.median} minutes, longest "
        f"{duration(longest)}), nodes with {arguments.node_cores} cores, and a shared file system of "
        f"{arguments.bandwidth:,.0f} MB/s:"
    )
    yield ""
    yield "| nodes | workers | faces found | busy | read, MB/s | limit | box stream given | busy | read, MB/s | limit |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        cells = [f"{row['nodes']:,}", f"{row['workers']:,}"]
        for name in ("found", "given"):
            own = row[name]
            cells += [duration(own["seconds"]), f"{own['busy']:.0%}", f"{own['read'] / 1e6:,.0f}", own["limit"]]
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=min(4, usable_cores()), help="cores of a worker")
    parser.add_argument("--node-cores", type=int, default=16, help="cores of a node")
    parser.add_argument("--hours", type=float, default=10_000)
    parser.add_argument("--median", type=float, default=30, help="minutes of the median video")
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 10, 100, 1000])
    parser.add_argument("--bandwidth", type=float, default=1000, help="MB per second of the shared file system")
    parser.add_argument("--mbit", type=float, default=8, help="Mbit per second of the videos of the study")
    parser.add_argument("--height", type=int, choices=(360, 1080), default=1080)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measured", type=Path, help="use the measurements in this file")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = json.loads(arguments.measured.read_text())["measured"] if arguments.measured else measure(arguments)
    rows = simulated(figures, arguments)
    print("\n".join(markdown(figures, rows, arguments)))
    if arguments.json:
        arguments.json.write_text(json.dumps({"measured": figures, "computed": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
