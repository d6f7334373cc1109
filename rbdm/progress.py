"""The progress of work, and the texts for it in a job's log, which the module writes and the client reads.

Also numbers with their nouns, for the messages of all parts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """The progress of the work on a video.

    Attributes:
        done: number of frames that are finished.
        total: number of frames of the video, which may be an estimate before decoding; 0 if unknown.
        seconds: seconds since the start of the work.
    """

    done: int
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Frames per second so far."""
        return self.done / max(self.seconds, 1e-6)

    def __str__(self) -> str:
        """One line for a log: frames, frames per second, seconds left."""
        if not self.total:
            return f"{self.done} frames, {self.rate:.0f} frames/s"
        left = max(self.total - self.done, 0) / max(self.rate, 1e-6)
        return f"{self.done} of {self.total} frames, {self.rate:.0f} frames/s, {left:.0f} s left"


OnProgress = Callable[[Progress], None]
"""Called at intervals with the progress so far."""


@dataclass(frozen=True)
class Running:
    """A video that one of several workers is annotating.

    Attributes:
        frames: the number of frames so far.
        total: the expected number of frames; 0 if unknown.
        worker: the process that annotates it.
    """

    frames: int
    total: int
    worker: str


@dataclass(frozen=True)
class SessionLabel:
    """The session of a job that a line of the job's log belongs to: `session 2/3`.

    The module writes these lines inside the server, and the client reads them back: both use this class.

    Attributes:
        number: number of the session, from 1.
        count: number of sessions in the job.
    """

    number: int
    count: int

    def __str__(self) -> str:
        return f"session {self.number}/{self.count}"

    def line(self, text: str) -> str:
        """A line of the job's log."""
        return f"{self}: {text}"

    def error(self, text: str) -> str:
        """The line of the job's log that says why the session failed."""
        return self.line(f"error: {text}")

    def progress(self, progress: Progress) -> str:
        """The text for the server's list of jobs: the progress in percent, or in frames if the total is unknown."""
        if not progress.total:
            return f"{self} {progress.done} frames"
        return f"{self} {min(100 * progress.done // progress.total, 100)} %"


def job_error(text: str) -> str:
    """The line of the job's log that says why the job failed outside of its sessions."""
    return f"error: {text}"


def weights_choice(weights: str, reason: str) -> str:
    """The line of the job's log that says what `weights=auto` means in this job: `open` or `official`."""
    return f"weights: {weights} ({reason})"


_WEIGHTS_CHOICE = re.compile(r"session \d+/\d+: weights: (open|official) \(")
_ERROR = re.compile(r"session \d+/\d+: error: (.+)")
_JOB_ERROR = re.compile(r"^(?:\d{4}\S* \S+ [A-Z]+ )?(?:du-process: )?error: (.+)", re.MULTILINE)
_PROGRESS = re.compile(r"(\d+)/(\d+)(?: (\d+) %)?")


def chosen_weights(log: str) -> str | None:
    """What `weights=auto` meant in a job, read from the job's log (see `weights_choice`); None if it says nothing."""
    found = _WEIGHTS_CHOICE.search(log)
    return found[1] if found else None


def session_errors(log: str) -> list[str]:
    """The reasons why sessions of a job failed, read from the job's log (see `SessionLabel.error`)."""
    return _ERROR.findall(log)


def job_errors(log: str) -> list[str]:
    """The reasons why a job failed outside of its sessions (see `job_error`), or why the server could not start it."""
    return _JOB_ERROR.findall(log)


def job_percent(progress: str) -> float:
    """How much of a job is done, in percent (0…100); 0 if the text has no numbers of sessions.

    Args:
        progress: the progress text of our module (`session 2/3 50 %`) or of the server (`2/3`).
    """
    match = _PROGRESS.search(progress)
    if not match or not int(match[2]):
        return 0.0
    return min(100 * (int(match[1]) - 1) + int(match[3] or 0), 100 * int(match[2])) / int(match[2])


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    Args:
        number: how many.
        one: the noun for one thing.
        many: the noun for several things; `one` with an s if it is empty.

    >>> counted(1, "video"), counted(2, "video"), counted(0, "process", "processes")
    ('1 video', '2 videos', '0 processes')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"
