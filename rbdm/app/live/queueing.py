"""Brings recordings into the queue: those that end, and the one that was running when rbdm was killed."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rbdm.app.queue.queue import Queue
from rbdm.app.queue.runs import Choices, Run, Video, from_json, to_json
from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, OutputError
from rbdm.files.atomic import atomic_write

if TYPE_CHECKING:  # they load the network's libraries
    from rbdm.app.live.recorder import Recording
    from rbdm.network.weights import Weights

_FILE = "recording.json"
_RESULTS = ("csv", "report", "overlay")
"""What is written about a recording besides the annotations. Browsers do not play the recording, but the overlay."""


class RecordingQueue:
    """Adds recordings to the queue, where they are annotated as any other video.

    Args:
        queue: see `Queue`.
        folder: the app's own folder. A file in it names the recording that is running.
    """

    def __init__(self, queue: Queue, folder: Path) -> None:
        self._queue, self._path = queue, folder / _FILE

    def began(self, video: Path, weights: "Weights") -> None:
        """Note a recording that begins, for the case that rbdm is killed before it ends.

        Args:
            video: its file.
            weights: those of the values that are shown.
        """
        with suppress(OutputError), atomic_write(self._path) as temporary:  # recording is worth more than the note
            temporary.touch(0o600)
            temporary.write_text(json.dumps(to_json(_run(video, 0, weights))), encoding="ascii")

    def ended(self, recording: "Recording", weights: "Weights") -> str:
        """Add a recording that has ended; returns a sentence for the person.

        Args:
            recording: the recording. One without a frame is not added.
            weights: those of the values that were shown.
        """
        if recording.frames:
            self._queue.add(_run(recording.video, recording.frames, weights))
        self._forget()
        return (
            "It waits until the queue goes on: see Analyze."
            if self._queue.is_paused
            else "It is being annotated: see Analyze."
        )

    def take_up(self) -> None:
        """Add the recording that was running when rbdm was killed, if there is one. Called when the app starts."""
        try:
            run = from_json(json.loads(self._path.read_text(encoding="ascii")))
        except (OSError, ValueError, InputError):  # there is none, or its note is damaged: the recording itself is kept
            run = None
        if run is not None and all(one.task.video.is_file() for one in run.videos):
            self._queue.add(run)
        self._forget()

    def _forget(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _run(video: Path, frames: int, weights: "Weights") -> Run:
    from rbdm.app.live.pipeline import LIVE_OPTIONS

    choices = Choices(LIVE_OPTIONS, face="all", wanted=_RESULTS)
    videos = [Video(VideoTask(video, video.parent), frames)]
    return Run(choices, videos, [video.parent], weights=weights.entry.name, weights_sha256=weights.sha256)
