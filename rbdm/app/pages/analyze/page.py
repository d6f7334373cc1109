"""Fills the page `Analyze`."""

import asyncio

from nicegui import ui

from rbdm.app.context import Context
from rbdm.app.pages.analyze.chosen import Chosen
from rbdm.app.pages.analyze.options import OptionsForm
from rbdm.app.pages.analyze.queue_view import QueueView
from rbdm.app.pages.frame import card
from rbdm.app.queue.runs import Choices, Run, Video
from rbdm.batch.videos import find_videos
from rbdm.errors import RbdmError
from rbdm.files.naming import printable


def build(context: Context) -> None:
    """Fill the page."""
    with card("1. Choose videos"):
        chosen = Chosen()
    with card("2. How to annotate"):

        async def folder_changed() -> None:
            chosen.out = form.out
            await chosen.refresh()

        form = OptionsForm(folder_changed)
        problem = ui.label().classes("problem").props('role="alert"')

        async def start() -> None:
            problem.text = await _start(context, chosen, form)

        ui.button("Start", icon="play_arrow", on_click=start).props("unelevated no-caps size=lg")
    with card("3. Queue"):
        QueueView(context)


async def _start(context: Context, chosen: Chosen, form: OptionsForm) -> str:
    """Add the chosen videos to the queue; returns why this is not possible, or an empty text."""
    if not chosen.found:
        return "Choose at least one video above."
    try:
        choices = form.choices()
        await asyncio.to_thread(_check, choices)
    except RbdmError as error:
        return printable(str(error))
    frames = {one.task.video: one.frames for one in chosen.found}
    tasks = await asyncio.to_thread(find_videos, chosen.picked, form.out, chosen.recursive)
    videos = [Video(task, frames.get(task.video, 0)) for task in tasks]
    context.queue.add(Run(choices, videos, [*chosen.picked, *([form.out] if form.out else [])]))
    await chosen.clear()
    return ""


def _check(choices: Choices) -> None:
    from rbdm.batch.request import Request

    Request(choices.options, choices.face, choices.names, wanted=choices.wanted).require()
