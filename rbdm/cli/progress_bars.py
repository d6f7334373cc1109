"""Progress on the command line: bars on a terminal, a line now and then where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from rbdm.progress import Progress

_LINE_EVERY = 30.0
"""Seconds between two lines where there is no terminal."""


def error_console() -> Console:
    """Standard error, for lines that are to come out as they are."""
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def print_warning(console: Console, text: str) -> None:
    """Print a line about something that is doubtful."""
    console.print(f"warning: {text}")


def print_already_done(done: int, total: int) -> None:
    """Print how many of the videos need no work because their results exist."""
    if done:
        what = "its results are there already" if total == 1 else f"{done} of {total} videos are done already"
        error_console().print(f"{what}; --overwrite does it again")


class ProgressBars:
    """A bar for the video in hand, and one for all of several.

    Args:
        console: where to show them.
        videos: how many there are.
    """

    def __init__(self, console: Console, videos: int = 1) -> None:
        label, rate = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[rate]}")
        # Standard output stays what it is: it may be a file.
        self._bars = Bars(
            *(label, BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn()),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
        )
        self._console = console
        self._all = self._bars.add_task("all videos", total=videos, rate="") if videos > 1 else None
        self._label, self._task = "", TaskID(0)
        self._last = 0.0
        self.rate = 0.0
        """Frames per second of the last video."""

    @contextmanager
    def video(self, label: str) -> Iterator[None]:
        """Show the bars while a video is in hand."""
        self._label, self._last = label, time.monotonic()
        self._task = self._bars.add_task(label, total=None, rate="")
        self._bars.start()
        try:
            yield
        finally:
            self._bars.stop()
            self._bars.remove_task(self._task)
            if self._all is not None:
                self._bars.advance(self._all)

    def show(self, progress: Progress) -> None:
        """Take how far the video is."""
        self.rate = progress.rate
        self._show(progress)

    def show_writing(self, progress: Progress) -> None:
        """Take how far the writing of a video's copy is."""
        self._show(progress, "overlay")

    def _show(self, progress: Progress, what: str = "") -> None:
        label = f"{self._label} ({what})" if what else self._label
        total, rate = progress.total or None, f"{progress.rate:.0f}/s"
        self._bars.update(self._task, description=label, total=total, completed=progress.done, rate=rate)
        if self._console.is_terminal or time.monotonic() - self._last < _LINE_EVERY:
            return
        self._last = time.monotonic()
        self._console.print(f"{label}: {progress}")


class DownloadBar:
    """A bar in the form that pooch knows: tqdm's."""

    def __init__(self, bars: Bars, label: str) -> None:
        self._bars, self._task = bars, bars.add_task(label, total=None)
        self.total = 0

    def update(self, count: int) -> None:
        """Take how many bytes more there are."""
        self._bars.update(self._task, total=self.total, advance=count)

    def reset(self) -> None:
        """Begin anew."""
        self._bars.reset(self._task)

    def close(self) -> None:
        """Take the bar away."""
        self._bars.stop()
