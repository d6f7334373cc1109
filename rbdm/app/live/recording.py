"""Starts and ends the recordings of one connection of the page `Live`."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from rbdm.app.live.messages import Picture
from rbdm.app.live.recorder import Recorder, Recording
from rbdm.errors import InputError, OutputError
from rbdm.network.weights import Weights


class Recordings(Protocol):
    """What is told of recordings; see `rbdm.app.live.queueing.RecordingQueue`."""

    def began(self, video: Path, weights: Weights) -> None:
        """A recording begins."""

    def ended(self, recording: Recording, weights: Weights) -> str:
        """A recording has ended; returns a sentence for the person."""


class RecordingControl:
    """Records the pictures from the moment at which the person wants it until they do not want it any more.

    Args:
        recordings: is told of each recording that begins and ends.
        weights: those of the values that are shown.

    Attributes:
        is_first: whether the last frame that was added is the first one of a recording.
    """

    def __init__(self, recordings: Recordings, weights: Weights) -> None:
        self._recordings, self._weights, self._lock = recordings, weights, threading.Lock()
        self._wanted: tuple[Path, str] | None = None
        self._recorder: Recorder | None = None
        self._lost = 0
        self.is_first = False

    def start(self, folder: Path | None, name: str) -> None:
        """Record from the next picture on.

        Raises:
            InputError: the person has not chosen a folder, or it does not exist any more.
        """
        if self._recorder is not None:
            raise InputError("a recording is running already")
        if folder is None:
            raise InputError("choose a folder for the recording first")
        if not folder.is_dir():
            raise InputError(f"{folder}: the folder does not exist any more: choose another one")
        self._wanted = folder, name

    def stop(self) -> tuple[Recording, str] | None:
        """End the recording; returns it, and a sentence for the person. None if nothing was recorded."""
        with self._lock:  # the last picture may be being written in another thread
            self._wanted, recorder, self._recorder = None, self._recorder, None
            recording = None if recorder is None else recorder.close()
        if recording is None:
            return None
        sentence = self._recordings.ended(recording, self._weights)
        return (recording, sentence) if recording.frames else None

    def lose(self) -> None:
        """Note a picture that cannot be used."""
        self._lost += 1

    def add(self, picture: Picture, size: tuple[int, int]) -> int | None:
        """Record a picture if it is wanted.

        Returns:
            The number of the frame in the recording, from 0; None if it is not recorded.

        Raises:
            OutputError: it cannot be recorded: the recording must be stopped.
        """
        with self._lock:
            return self._add(picture, size)

    def _add(self, picture: Picture, size: tuple[int, int]) -> int | None:
        lost, self._lost, self.is_first = self._lost, 0, False
        if self._wanted is not None:
            (folder, name), self._wanted = self._wanted, None
            started = datetime.fromtimestamp(picture.arrived / 1000, UTC)
            self._recorder, self.is_first = Recorder(folder, name, started, *size), True
            self._recordings.began(self._recorder.video, self._weights)
        recorder = self._recorder
        if recorder is None:
            return None
        if recorder.size != size:
            old, new = (f"{width}×{height}" for width, height in (recorder.size, size))
            raise OutputError(f"{recorder.video}: ends here, because the picture changes from {old} to {new}")
        recorder.add(picture.jpeg, round(picture.time), picture.dropped + lost)
        return recorder.frames - 1

    def state(self) -> dict[str, Any] | None:
        """What the page shows about the running recording; None if there is none."""
        if self._recorder is None:
            return None
        now = self._recorder
        return {"video": str(now.video), "frames": now.frames, "seconds": now.seconds, "dropped": now.dropped}


def describe(recording: Recording, sentence: str) -> dict[str, Any]:
    """What the page shows about a recording that has ended.

    Args:
        recording: the recording.
        sentence: what becomes of it.
    """
    rate = (recording.frames - 1) / recording.seconds if recording.seconds else 0
    return {
        "next": sentence,
        "video": str(recording.video),
        "times": str(recording.times),
        "frames": recording.frames,
        "seconds": recording.seconds,
        "rate": round(rate, 2),
        "dropped": recording.dropped,
        "longest_step": recording.longest_step,
    }
