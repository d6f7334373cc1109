"""Records the pictures of a camera: a video with the times of the camera, and a table of these times."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from io import FileIO
from itertools import count
from pathlib import Path

import av

from rbdm.app.live.frames import CODEC
from rbdm.errors import OutputError
from rbdm.files.naming import safe_name

TIMES_ENDING = ".times.csv"
_TIME_BASE = Fraction(1, 1000)
"""Matroska counts in milliseconds."""
_OPTIONS = {"cluster_time_limit": "500", "flush_packets": "1"}
"""A cluster is written as a whole. If the computer stops, at most the last half second is missing."""
_ERRORS = (OSError, av.FFmpegError)
_COLUMNS = "frame,time,utc,dropped_before"


@dataclass(frozen=True)
class Recording:
    """A recording that has ended.

    Attributes:
        video: the file, with all frames as the camera's page sent them (Motion JPEG in Matroska).
        times: the table with a row for each frame.
        frames: the number of frames.
        seconds: from the first to the last frame.
        dropped: frames of the camera between these that the page could not send.
        longest_step: seconds, the longest time from one frame to the next.
    """

    video: Path
    times: Path
    frames: int
    seconds: float
    dropped: int
    longest_step: float


class Recorder:
    """Writes a recording, frame by frame.

    Both files have their final names from the start, since a recording cannot be repeated: if the program is killed,
    they can be read up to the last frames. They never replace other files.

    Args:
        folder: an existing folder for both files.
        name: the start of their names; letters that not every system accepts are replaced.
        started: when the first frame reached the page.
        width: of the pictures in pixels.
        height: of the pictures in pixels.

    Attributes:
        video: the path of the video.
        size: width and height of the pictures.

    Raises:
        OutputError: the files cannot be made.
    """

    def __init__(self, folder: Path, name: str, started: datetime, width: int, height: int) -> None:
        self._started, self.size = started.astimezone(UTC), (width, height)
        self._frames = self._dropped = 0
        self._first = self._last = self._longest = 0
        stem = f"{safe_name(name.strip() or 'live')}_{started.astimezone():%Y-%m-%d_%H-%M-%S}"
        try:
            self.video, self._file, self._table = _open_new(folder, stem)
        except OSError as error:
            raise OutputError(f"{folder}: the recording cannot be written: {error.strerror or error}") from None
        try:
            self._container = av.open(self._file, "w", format="matroska", options=_OPTIONS)
            self._container.metadata["creation_time"] = self._started.isoformat(timespec="milliseconds")
            self._stream = self._container.add_mux_stream(CODEC, width=width, height=height, pix_fmt="yuvj420p")
            self._stream.time_base = _TIME_BASE
            self._write_line(_COLUMNS)
        except _ERRORS as error:
            self._close_files()
            raise self._problem(error) from None

    def add(self, jpeg: bytes, milliseconds: int, dropped: int) -> None:
        """Write the next frame.

        Args:
            jpeg: the picture.
            milliseconds: its time on any clock; it must be later than that of the frame before it.
            dropped: how many frames of the camera are missing before it.

        Raises:
            OutputError: it cannot be written.
        """
        if not self._frames:
            self._first, dropped = milliseconds, 0
        time = milliseconds - self._first
        packet = av.Packet(jpeg)
        packet.stream, packet.time_base, packet.is_keyframe = self._stream, _TIME_BASE, True
        packet.pts = packet.dts = time
        utc = (self._started + timedelta(milliseconds=time)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self._container.mux(packet)
            self._write_line(f"{self._frames},{time / 1000:.3f},{utc},{dropped}")
        except _ERRORS as error:
            raise self._problem(error) from None
        self._longest = max(self._longest, time - self._last)
        self._frames, self._last, self._dropped = self._frames + 1, time, self._dropped + dropped

    def close(self) -> Recording:
        """End the recording. What is in the files stays, also if they cannot be finished."""
        with suppress(*_ERRORS):
            self._container.close()
        self._close_files()
        seconds, longest = self._last / 1000, self._longest / 1000
        return Recording(self.video, self._table_path, self._frames, seconds, self._dropped, longest)

    @property
    def seconds(self) -> float:
        """The time from the first frame to the last one."""
        return self._last / 1000

    @property
    def frames(self) -> int:
        """The number of frames so far."""
        return self._frames

    @property
    def dropped(self) -> int:
        """How many frames of the camera are missing so far."""
        return self._dropped

    @property
    def _table_path(self) -> Path:
        return self.video.with_suffix(TIMES_ENDING)

    def _write_line(self, line: str) -> None:
        self._table.write(f"{line}\n".encode())

    def _close_files(self) -> None:
        for file in (self._file, self._table):
            with suppress(OSError):
                file.close()

    def _problem(self, error: OSError | av.FFmpegError) -> OutputError:
        reason = error.strerror or str(error)
        return OutputError(f"{self.video}: cannot be written: {reason}; the recording has ended and is kept")


def _open_new(folder: Path, stem: str) -> tuple[Path, FileIO, FileIO]:
    """Two new files, both unbuffered: after a kill, everything that was written is there."""
    for name in _names(stem):
        video = folder / f"{name}.mkv"
        try:
            file = open(video, "xb", buffering=0)  # noqa: SIM115
        except FileExistsError:
            continue
        try:
            return video, file, open(video.with_suffix(TIMES_ENDING), "xb", buffering=0)
        except OSError as error:
            file.close()
            video.unlink()
            if not isinstance(error, FileExistsError):
                raise
    raise AssertionError("there is always another name")


def _names(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}_{number}" for number in count(2))
