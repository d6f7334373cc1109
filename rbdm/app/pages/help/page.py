"""Fills the page `Help`."""

from html import escape

from nicegui import ui

from rbdm.app.context import Context
from rbdm.app.pages.frame import card
from rbdm.app.pages.results.warning import show_warning

_STEPS = (
    "<b>Analyze</b>: choose videos or a folder on this computer, look at the options, and press <b>Start</b>. You may "
    "close the page: the work goes on, and the page shows it when you open it again. If the computer is switched "
    "off, the queue goes on when rbdm starts again.",
    "<b>Results</b>: choose what you have annotated, or open a folder with results. <b>Videos</b> lists everybody in "
    "every video; “Report” opens the curves with the video. <b>Table</b> makes one table for your statistics program. "
    "<b>Agreement</b> compares with the annotations of a person.",
    "Look at doubtful frames before you use numbers: the report and the warnings say where they are.",
)
_FACTS = (
    (
        "Where are my files?",
        "Results are beside each video, or in the folder that you chose. Videos are never changed.",
    ),
    (
        "Does anything leave this computer?",
        "No. The page comes from this computer, needs no network, and only this browser can open it.",
    ),
    (
        "How do I end rbdm?",
        "With the button at the top right. Closing the page is not enough, so that long work goes on. "
        "Without a page and without work, rbdm ends by itself after half an hour.",
    ),
    (
        "The page says that this browser has no key.",
        "Start rbdm again, from your menu or with “rbdm app”: it opens the page with a new key.",
    ),
    (
        "Keyboard",
        "Tab and Shift+Tab go from one element to the next, Enter and space press a button. In a report: space plays "
        "and pauses, the arrow keys go frame by frame.",
    ),
    (
        "What should I report in a study?",
        "The version of rbdm, the weights, the options, the share of frames without a face and of doubtful frames: "
        "the report of each video lists them.",
    ),
)


def build(context: Context) -> None:
    """Fill the page."""
    from rbdm.version import __version__

    show_warning()
    with card("How it works"):
        ui.html(f"<ol>{''.join(f'<li>{step}</li>' for step in _STEPS)}</ol>", sanitize=False).classes("text")
    with card("Questions"):
        rows = "".join(f"<dt>{escape(question)}</dt><dd>{escape(answer)}</dd>" for question, answer in _FACTS)
        ui.html(f"<dl>{rows}</dl>", sanitize=False).classes("text")
        ui.label(f"rbdm {__version__}. The app keeps its own files in {context.folder}.").classes("hint")
