"""Kills `rbdm annotate` at random moments, fills its disk, and makes it read-only: no result may be half written.

    python -m tests.campaigns.kill [--kills 100] [--seed 0] [--videos 4]

After each kill, every pair of header and data must be readable. The next run goes on in the same folder. Every few
kills, a run goes to its end: its results must be those of a run that nobody disturbed, and nothing else may be left.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rbdm.errors import InputError
from rbdm.ssi import read_annotation
from tests.support.command_line import CPU, contents, names, six_files, write_short_clip

PROGRAM = "from rbdm.cli.main import main; main()"
LIMITED = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2); " + PROGRAM
KILLS_PER_ROUND = 5
TIME_LIMIT = 300
"""Seconds for a run that nobody disturbs, also on a busy machine."""


def command(folder: Path, *arguments: object, program: str = PROGRAM, before: tuple[object, ...] = ()) -> list[str]:
    return [
        sys.executable,
        "-c",
        program,
        *map(str, before),
        "annotate",
        str(folder),
        *map(str, arguments),
        *CPU,
        "--csv",
    ]


def run(*of: object, **how: object) -> subprocess.CompletedProcess[str]:
    """A run to its end."""
    return subprocess.run(
        command(*of, **how),  # type: ignore[arg-type]
        capture_output=True,
        encoding="utf-8",
        timeout=TIME_LIMIT,
    )


def make_videos(folder: Path, face_clip: tuple[Path, Path], count: int) -> set[str]:
    """Copies of one short clip with a box stream each; returns the names of all files that a complete run leaves."""
    folder.mkdir()
    video, stream = write_short_clip(folder, face_clip)
    for number in range(1, count):
        shutil.copy(video, folder / f"{number}.mp4")
        for end in ("", "~"):
            shutil.copy(f"{stream}{end}", folder / f"{number}.stream{end}")
    stems = ["face", *map(str, range(1, count))]
    results = {name for stem in stems for name in (*six_files(stem), f"{stem}.expression.csv")}
    return names(folder) | results


def half_written(folder: Path) -> list[str]:
    """The headers in a folder whose annotation cannot be read."""
    bad = []
    for header in sorted(folder.glob("*.annotation")):
        if header.name.startswith("."):
            continue
        try:
            read_annotation(header)
        except InputError as error:
            bad.append(str(error))
    return bad


def kill_one(folder: Path, rng: random.Random, seconds: float, *arguments: str) -> str:
    """Start a run and kill it: at any moment of `seconds`, or a moment after a temporary file was seen.

    Returns which of the two; empty if the run ended before.
    """
    before = set(folder.glob(".rbdm-*"))
    process = subprocess.Popen(command(folder, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if rng.random() < 0.5:
        kind, delay = "at any moment", rng.uniform(0, seconds)
    else:
        kind, delay = "while it wrote", rng.uniform(0, 0.01)
        while process.poll() is None and not set(folder.glob(".rbdm-*")) - before:
            time.sleep(0.0005)
    try:
        process.wait(delay)
        return ""
    except subprocess.TimeoutExpired:
        process.kill()
        return kind if process.wait() == -signal.SIGKILL else ""


def kill_campaign(folder: Path, face_clip: tuple[Path, Path], kills: int, seed: int, videos: int) -> Counter[str]:
    """See the module. Returns how often what happened; raises AssertionError if a result is half written or missing."""
    rng, found = random.Random(seed), Counter[str]()
    wanted = make_videos(folder, face_clip, videos)
    inputs = names(folder)

    def complete(*arguments: str) -> float:
        started = time.monotonic()
        done = run(folder, *arguments)
        assert done.returncode == 0, done.stderr
        assert names(folder) == wanted, sorted(names(folder) ^ wanted)
        found["complete runs"] += 1
        return time.monotonic() - started

    seconds = complete()
    expected = contents(folder)
    killed = 0
    while killed < kills:
        overwrite = ("--overwrite",) if killed // KILLS_PER_ROUND % 2 else ()
        if names(folder) >= wanted and not overwrite:
            for name in wanted - inputs:
                (folder / name).unlink()
        leftovers = set(folder.glob(".rbdm-*"))
        kind = kill_one(folder, rng, seconds, *overwrite)
        bad = half_written(folder)
        assert not bad, (killed, bad)
        if not kind:
            seconds *= 0.9  # the machine was busier when the time was measured
            continue
        killed += 1
        found[f"killed {kind}"] += 1
        found["left temporary files"] += bool(set(folder.glob(".rbdm-*")) - leftovers)
        if killed % KILLS_PER_ROUND == 0 or killed == kills:
            seconds = max(seconds, complete(*overwrite))
            assert contents(folder) == expected, killed
    return found


def full_disk_campaign(folder: Path, face_clip: tuple[Path, Path], limits: list[int]) -> None:
    """No file may become longer than a limit of bytes: no result, one line per video, and the next run goes on."""
    wanted = make_videos(folder, face_clip, 2)
    before = contents(folder)
    for limit in limits:
        done = run(folder, program=LIMITED, before=(limit,))
        assert done.returncode == 1, (limit, done.stderr)
        assert "Traceback" not in done.stderr and "cannot be written" in done.stderr, (limit, done.stderr)
        assert contents(folder) == before, (limit, sorted(names(folder)))
    done = run(folder)
    assert done.returncode == 0 and names(folder) == wanted, done.stderr


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A file system of a few bytes. Raises `OSError` if this machine does not allow to mount one."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
        if done.returncode:
            raise OSError(f"cannot mount a small disk: {done.stderr.decode().strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def small_disk_campaign(folder: Path, face_clip: tuple[Path, Path], sizes: list[str]) -> None:
    """The disk for the results is full from the start or in mid-run, then read-only in mid-run."""
    videos = 3
    make_videos(folder, face_clip, videos)
    for size in sizes:
        with small_disk(size) as disk:
            done = run(folder, "--out", disk)
            assert done.returncode == 1 and "Traceback" not in done.stderr, (size, done.stderr)
            assert "No space left" in done.stderr, (size, done.stderr)
            assert not half_written(disk) and not any(disk.glob(".rbdm-*")), (size, sorted(names(disk)))
    with small_disk("10m") as disk:
        process = subprocess.Popen(
            command(folder, "--out", disk), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
        )
        while process.poll() is None and not any(disk.glob("*.expression.annotation")):
            time.sleep(0.001)
        while subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True).returncode:
            time.sleep(0.001)  # a file is open for writing
        stderr = process.communicate(timeout=TIME_LIMIT)[1]
        assert "Traceback" not in stderr and not half_written(disk), stderr
        assert process.returncode == 0 or "Read-only file system" in stderr, stderr
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        done = run(folder, "--out", disk)
        assert done.returncode == 0, done.stderr
        assert len(names(disk)) == 7 * videos, sorted(names(disk))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--videos", type=int, default=4)
    arguments = parser.parse_args()
    from rbdm.client.demo_clip import write_clip

    with tempfile.TemporaryDirectory() as place:
        clip = write_clip(Path(place) / "clip")
        full_disk_campaign(Path(place) / "limit", clip, [0, 100, 500, 1000, 2000])
        print("limited file size: no half results, the next run is complete", flush=True)
        try:
            small_disk_campaign(Path(place) / "small", clip, ["4k", "16k", "24k", "32k", "48k"])
            print("full disk and read-only disk: no half results, the next run is complete", flush=True)
        except OSError as error:
            print(f"full disk and read-only disk: left out ({error})", flush=True)
        found = kill_campaign(Path(place) / "kill", clip, arguments.kills, arguments.seed, arguments.videos)
    print(f"{arguments.kills} kills, seed {arguments.seed}: 0 half-written pairs; {dict(found)}")


if __name__ == "__main__":
    main()
