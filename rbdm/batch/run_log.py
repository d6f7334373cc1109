"""The account of a run for programs: a file with one line of JSON for each video, which several runs may share."""

import json
import os
import platform
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rbdm.errors import InputError, OutputError
from rbdm.files.locks import acquire
from rbdm.files.naming import printable
from rbdm.progress import counted
from rbdm.version import __version__

STATUSES = ("done", "skipped", "failed")
_PAUSE = 0.01
_LONGEST_WAIT = 60.0
"""Seconds to wait for another process that adds a line, which takes milliseconds."""


def this_worker() -> str:
    """The name of this process in the account of a run: the name of its machine, and its number there."""
    return f"{platform.node()}:{os.getpid()}"


@dataclass(frozen=True)
class Entry:
    """What happened to one video; a line of the account.

    Attributes:
        video: the absolute path of the video.
        status: `done`; `skipped`, because its results existed; or `failed`.
        frames: number of frames that were annotated.
        seconds: how long that took, with the writing of the results.
        worker: the process that did it: `machine:number of the process`.
        weights: the name of the weights.
        weights_sha256: SHA-256 of their file.
        warnings: the problems that did not stop the work.
        error: why the video failed; else empty.
        version: the version of rbdm.
        time: when it ended, in UTC, as ISO 8601.
    """

    video: str
    status: str
    frames: int = 0
    seconds: float = 0.0
    worker: str = field(default_factory=this_worker)
    weights: str = ""
    weights_sha256: str = ""
    warnings: tuple[str, ...] = ()
    error: str = ""
    version: str = __version__
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


def add_entries(path: Path | None, entries: Iterable[Entry]) -> None:
    """Add lines to the end of an account. Several processes can do this at the same time, also on several machines.

    Args:
        path: the file, which is made if it does not exist; None to write nothing.
        entries: the lines. They are added together.

    Raises:
        OutputError: the file cannot be written.
    """
    text = "".join(f"{json.dumps(asdict(entry))}\n" for entry in entries).encode()
    if path is None or not text:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _append(path, text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None


def _append(path: Path, text: bytes) -> None:
    until = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            lock = acquire(path)
        except OSError:  # a file system without locks: small additions are complete on most of them
            with path.open("ab", buffering=0) as file:
                file.write(text)
            return
        if lock is not None:
            break
        if time.monotonic() > until:
            raise TimeoutError(None, "another program has been writing to it for a minute")
        time.sleep(_PAUSE)
    try:
        # A process that was killed, or a full disk, may have left a line without its end.
        length = os.lseek(lock.descriptor, 0, os.SEEK_END)
        if length:
            os.lseek(lock.descriptor, length - 1, os.SEEK_SET)
            text = text if os.read(lock.descriptor, 1) == b"\n" else b"\n" + text
        os.lseek(lock.descriptor, 0, os.SEEK_END)
        while text:
            text = text[os.write(lock.descriptor, text) :]
    finally:
        lock.close()


def read_entries(path: Path) -> list[Entry]:
    """The lines of an account. A line that was cut off when a process was killed is left out.

    Raises:
        InputError: the file cannot be read, or holds no account of a run.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    entries = [entry for entry in map(_entry, lines) if entry]
    if not entries and any(line.strip() for line in lines):
        raise InputError(f"{path}: is no account of a run: no line has a video and a status; see --run-log")
    return entries


def _entry(line: str) -> Entry | None:
    try:
        values: dict[str, Any] = json.loads(line)
        texts = {
            name: str(values.get(name, ""))
            for name in ("worker", "weights", "weights_sha256", "error", "version", "time")
        }
        if values["status"] not in STATUSES or not isinstance(values["video"], str):
            return None
        return Entry(
            video=values["video"],
            status=values["status"],
            frames=int(values.get("frames", 0)),
            seconds=float(values.get("seconds", 0)),
            warnings=tuple(map(str, values.get("warnings", ()))),
            **texts,
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def latest(entries: Iterable[Entry]) -> dict[str, Entry]:
    """What became of each video, by its path: its last line, but `skipped` does not replace `done`."""
    found: dict[str, Entry] = {}
    for entry in entries:
        before = found.get(entry.video)
        if before is None or before.status != "done" or entry.status != "skipped":
            found[entry.video] = entry
    return found


def summary_of(path: Path) -> Iterator[str]:
    """The lines that tell a person what an account says: counts, speed, the instrument, warnings and failed videos.

    Raises:
        InputError: see `read_entries`.
    """
    entries = latest(read_entries(path))
    by_status = Counter(entry.status for entry in entries.values())
    yield f"{len(entries)} videos: " + ", ".join(f"{by_status[status]} {status}" for status in STATUSES)
    done = [entry for entry in entries.values() if entry.status == "done"]
    frames, seconds = sum(entry.frames for entry in done), sum(entry.seconds for entry in done)
    if done:
        workers = {entry.worker for entry in done}
        machines = {worker.rpartition(":")[0] for worker in workers}
        speed = f"{frames / max(seconds, 1e-6):.0f} frames/s in each process"
        places = f"{counted(len(workers), 'process', 'processes')} on {counted(len(machines), 'machine')}"
        yield f"{frames} frames in {seconds / 3600:.2f} hours of work, {speed}; {places}"
    yield from _instruments(done)
    yield from _listed("with warnings", {video: entry.warnings for video, entry in entries.items() if entry.warnings})
    yield from _listed(
        "failed", {video: (entry.error,) for video, entry in entries.items() if entry.status == "failed"}
    )


def _instruments(done: list[Entry]) -> Iterator[str]:
    """The weights and versions. In one study there should be one of each."""
    used = Counter((entry.weights, entry.weights_sha256[:12], entry.version) for entry in done)
    for (weights, sha256, version), count in used.most_common():
        yield f"{counted(count, 'video')} with the weights {printable(weights)} ({sha256}…) and rbdm {version}"
    if len({key[:2] for key in used}) > 1:
        yield "warning: not all videos have the same weights: annotate them again with --overwrite --weights NAME"


def _listed(what: str, found: Mapping[str, Iterable[str]]) -> Iterator[str]:
    if found:
        yield f"{counted(len(found), 'video')} {what}:"
        for video, texts in found.items():
            for text in texts:
                named = text if text.startswith(video) else f"{video}: {text}"
                yield f"  {printable(named)}"
