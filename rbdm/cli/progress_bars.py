"""Shows the progress on the command line: as bars on a terminal, else as a line every 30 seconds."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from rbdm.files.naming import printable
from rbdm.progress import Progress, Running, counted

_LINE_EVERY = 30.0
"""Seconds between two lines if there is no terminal."""
_RATE_OVER = 20.0
"""Seconds over which the frames per second of all workers are measured."""


def error_console() -> Console:
    """A console that prints lines unchanged to standard error: no colours, no markup, no line breaks."""
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def print_warning(console: Console, text: str) -> None:
    """Print a warning."""
    console.print(f"warning: {printable(text)}")


def print_already_done(done: int, total: int) -> None:
    """Print how many of the videos need no work because their results exist."""
    if done:
        what = "its results already exist" if total == 1 else f"{done} of {total} videos already have their results"
        error_console().print(f"{what}; --overwrite replaces them")


class ProgressBars:
    """Shows a bar for the current video, and a second bar for all videos if there are several.

    Args:
        console: where to show the bars.
        videos: number of videos.
    """

    def __init__(self, console: Console, videos: int = 1) -> None:
        label, rate = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[rate]}")
        # Do not redirect standard output to the console: it may be a file.
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
        """Show the bars until the context ends.

        Args:
            label: the text of the bar of this video.
        """
        self._label, self._last = printable(label), time.monotonic()
        self._task = self._bars.add_task(self._label, total=None, rate="")
        # Disabled bars are not started: rich before 14.3 prints an empty line when they stop.
        if self._console.is_terminal:
            self._bars.start()
        try:
            yield
        finally:
            if self._console.is_terminal:
                self._bars.stop()
            self._bars.remove_task(self._task)
            if self._all is not None:
                self._bars.advance(self._all)

    def show(self, progress: Progress) -> None:
        """Show the progress of the annotation."""
        self.rate = progress.rate
        self._show(progress)

    def show_writing(self, progress: Progress) -> None:
        """Show the progress of writing the overlay."""
        self._show(progress, "overlay")

    def _show(self, progress: Progress, what: str = "") -> None:
        label = f"{self._label} ({what})" if what else self._label
        total, rate = progress.total or None, f"{progress.rate:.0f}/s"
        self._bars.update(self._task, description=label, total=total, completed=progress.done, rate=rate)
        if self._console.is_terminal or time.monotonic() - self._last < _LINE_EVERY:
            return
        self._last = time.monotonic()
        self._console.print(f"{label}: {progress}")


class RunBar:
    """Shows one bar for all videos that several workers annotate.

    Args:
        console: where to show it.
        videos: number of videos.
    """

    def __init__(self, console: Console, videos: int) -> None:
        self._console, self._videos = console, videos
        self._bars = Bars(
            *(TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()),
            *(TextColumn("{task.fields[rate]}"), TimeRemainingColumn()),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
        )
        self._task = self._bars.add_task("all videos", total=videos, rate="")
        self._last = time.monotonic()
        self._samples: deque[tuple[float, int]] = deque([(self._last, 0)])

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def show(self, done: int, frames: int, running: Mapping[int, Running]) -> None:
        """Show the progress.

        Args:
            done: number of videos that are finished.
            frames: number of frames of all videos so far.
            running: the videos that are being annotated.
        """
        now = time.monotonic()
        self._samples.append((now, frames))
        while now - self._samples[0][0] > _RATE_OVER:
            self._samples.popleft()
        first, before = self._samples[0]
        rate = max(0, frames - before) / max(now - first, 1.0)
        workers = len({video.worker for video in running.values()})
        text = f"{rate:.0f} frames/s, {counted(workers, 'worker')}"
        parts = sum(min(video.frames / video.total, 1.0) for video in running.values() if video.total)
        self._bars.update(self._task, completed=done + parts, rate=text)
        if not self._console.is_terminal and now - self._last >= _LINE_EVERY:
            self._last = now
            self._console.print(f"{done} of {self._videos} videos, {text}")


class DownloadBar:
    """A progress bar with the methods of tqdm that pooch calls.

    Args:
        bars: where to show it; stopped by `close`.
        label: its text.

    Attributes:
        total: size of the download in bytes; set by pooch.
    """

    def __init__(self, bars: Bars, label: str) -> None:
        self._bars, self._task = bars, bars.add_task(label, total=None)
        self.total = 0

    def update(self, count: int) -> None:
        """Show that `count` more bytes have arrived."""
        self._bars.update(self._task, total=self.total, advance=count)

    def reset(self) -> None:
        """Set the bar back to 0."""
        self._bars.reset(self._task)

    def close(self) -> None:
        """Remove the bar."""
        if not self._bars.disable:
            self._bars.stop()
