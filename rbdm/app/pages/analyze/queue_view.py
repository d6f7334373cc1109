"""Shows the queue: what is being annotated now, and what became of each video."""

from datetime import datetime
from html import escape
from pathlib import Path

from nicegui import ui

from rbdm.app.context import Context
from rbdm.app.pages.texts import Cell, in_words, left, table
from rbdm.app.queue.queue import Now, Queue, frames_left
from rbdm.app.queue.runs import STATUSES, Run, Video
from rbdm.files.naming import printable
from rbdm.progress import counted

_EVERY = 0.5
"""Seconds between two looks at the queue."""
_MOST = 200
"""The most videos of a run in its table."""
_STATUS = {
    "waiting": "waiting",
    "running": "in work",
    "done": "done",
    "skipped": "results existed",
    "failed": "failed",
    "cancelled": "cancelled",
}


class QueueView:
    """The queue on the page. It follows the queue as long as the page is open.

    Args:
        context: see `Context`.
    """

    def __init__(self, context: Context) -> None:
        self._queue, self._version = context.queue, -1
        self._cards: dict[str, _RunCard] = {}
        self._notice = ui.label().classes("problem").props('role="alert"')
        with ui.element("div").classes("now") as self._now_box:
            self._title = ui.label().classes("now-title")
            self._bar = ui.linear_progress(0, show_value=False).props('aria-label="Progress of this video"')
            self._text = ui.label().classes("hint")
        with ui.row().classes("line"):
            self._pause = ui.button("Pause", icon="pause", on_click=lambda: self._queue.pause(True))
            self._goes_on = ui.button("Go on", icon="play_arrow", on_click=lambda: self._queue.pause(False))
            self._cancel = ui.button("Cancel this video", icon="close", on_click=self._cancel_video)
            for button in (self._pause, self._goes_on, self._cancel):
                button.props("outline no-caps dense")
        self._state = ui.label().classes("hint").props('role="status"')
        self._place = ui.element("div")
        ui.timer(_EVERY, self._update)
        self._update()

    def _cancel_video(self) -> None:
        if (now := self._queue.now) is not None:
            self._queue.cancel(now.run, now.number)

    def _update(self) -> None:
        now, version = self._queue.now, self._queue.version
        if version == self._version and now is None:
            return
        runs = self._queue.runs
        self._show_now(runs, now)
        if version == self._version:
            return
        self._version = version
        self._notice.text = printable(self._queue.notice)
        is_paused, is_open = self._queue.is_paused, any(run.is_open for run in runs)
        self._pause.set_visibility(is_open and not is_paused)
        self._goes_on.set_visibility(is_paused)
        self._state.text = _state(runs, is_paused)
        for gone in set(self._cards) - {run.id for run in runs}:
            self._cards.pop(gone).delete()
        for run in runs:
            if run.id not in self._cards:
                with self._place:
                    self._cards[run.id] = _RunCard(self._queue, run)
                    self._cards[run.id].box.move(target_index=0)
            self._cards[run.id].update(run)

    def _show_now(self, runs: list[Run], now: Now | None) -> None:
        self._now_box.set_visibility(now is not None)
        self._cancel.set_visibility(now is not None)
        if now is None:
            return
        run = next((run for run in runs if run.id == now.run), None)
        if run is not None:
            self._title.text = printable(run.videos[now.number].task.video.name)
        self._bar.value = now.done / now.total if now.total else 0
        parts = [f"{now.done} of {now.total} frames" if now.total else f"{now.done} frames"] if now.done else []
        if now.done and now.rate:
            parts += [
                f"{now.rate:.0f} frames per second",
                f"all videos: {left(frames_left(runs, now) / now.rate)} left",
            ]
        what = "paused" if self._queue.is_paused else now.what
        self._text.text = f"{what}: {', '.join(parts)}" if parts else what


class _RunCard:
    """One run.

    Attributes:
        box: its element.
    """

    def __init__(self, queue: Queue, run: Run) -> None:
        self._id = run.id
        with ui.element("section").classes("run") as self.box:
            with ui.row().classes("run-head"):
                ui.label(_title(run)).classes("run-title").props('role="heading" aria-level="3"')
                self._count = ui.label().classes("hint")
            ui.label(_choices(run)).classes("hint")
            self._bar = ui.linear_progress(0, show_value=False).props('aria-label="Progress of these videos"')
            with ui.row().classes("line"):
                self._results = ui.link("Show the results", f"/results?run={run.id}").classes("button-link")
                self._cancel = ui.button("Cancel all", on_click=lambda: queue.cancel(self._id))
                self._retry = ui.button("Try again", on_click=lambda: queue.retry(self._id))
                self._forget = ui.button("Remove from the list", on_click=lambda: queue.forget(self._id))
                for button in (self._cancel, self._retry, self._forget):
                    button.props("flat no-caps dense")
            self._problems = ui.html("", sanitize=False)
            with ui.expansion("All videos of this run").classes("more"):
                self._table = ui.html("", sanitize=False)

    def delete(self) -> None:
        """Remove it from the page."""
        self.box.delete()

    def update(self, run: Run) -> None:
        """Show what has changed."""
        finished = len(run.videos) - run.count("waiting", "running")
        self._count.text = _counts(run)
        self._bar.value = finished / max(len(run.videos), 1)
        self._results.set_visibility(run.count("done", "skipped") > 0)
        self._cancel.set_visibility(run.is_open)
        self._retry.set_visibility(run.count("failed", "cancelled") > 0)
        self._forget.set_visibility(not run.is_open)
        self._problems.content = _problems(run)
        self._table.content = _table(run)


def _state(runs: list[Run], is_paused: bool) -> str:
    waiting = sum(run.count("waiting") for run in runs)
    if not runs:
        return "Nothing is waiting. Videos that you start appear here."
    if is_paused:
        return f"The queue is paused; {counted(waiting, 'video')} waiting."
    if any(run.is_open for run in runs):
        return f"{counted(waiting, 'video')} waiting. You may close this page: the work goes on."
    return "All videos are finished."


def _title(run: Run) -> str:
    names = [path.name or str(path) for path in run.roots]
    return printable(f"{', '.join(names[:2])}{f' and {len(names) - 2} more' if len(names) > 2 else ''}")


def _counts(run: Run) -> str:
    shown = [(name, run.count(name)) for name in STATUSES]
    return ", ".join(f"{count} {_STATUS[name]}" for name, count in shown if count)


def _choices(run: Run) -> str:
    choices = run.choices
    parts = [
        f"started {datetime.fromisoformat(run.made).astimezone():%Y-%m-%d %H:%M}",
        f"weights {run.weights or choices.options.weights}",
        f"face: {choices.face or 'box stream, else the largest'}",
        f"smoothing {choices.options.smoothing_ms:g} ms" if choices.options.smoothing_ms else "",
        "every frame" if choices.options.every_frame else "",
        f"with {', '.join(choices.wanted)}" if choices.wanted else "",
        "replaces results" if choices.overwrite else "",
    ]
    return "; ".join(part for part in parts if part)


def _problems(run: Run) -> str:
    failed = [video for video in run.videos if video.status == "failed"]
    warned = [in_words(text) for video in run.videos for text in video.warnings]
    return _listed("Failed", [in_words(video.error) for video in failed]) + _listed("Warnings", warned)


def _listed(title: str, texts: list[str], most: int = 20) -> str:
    if not texts:
        return ""
    rows = "".join(f"<li>{escape(printable(text))}</li>" for text in texts[:most])
    more = f"<li>and {len(texts) - most} more</li>" if len(texts) > most else ""
    kind = "problems" if title == "Failed" else "warnings"
    return f'<div class="{kind}"><h4>{title} ({len(texts)})</h4><ul>{rows}{more}</ul></div>'


def _table(run: Run) -> str:
    rows = [_row(video) for video in run.videos[:_MOST]]
    html = table("The videos of this run", ("Video", "Status", "Frames", "Frames per second"), rows)
    return html + (f'<p class="hint">and {len(run.videos) - _MOST} more</p>' if len(run.videos) > _MOST else "")


def _row(video: Video) -> list[Cell]:
    rate = f"{video.frames / video.seconds:.0f}" if video.frames and video.seconds else ""
    name = (Path(video.task.below) / video.task.video.name).as_posix()
    return [name, _STATUS[video.status], (str(video.frames or ""), "number"), (rate, "number")]
