"""The form with the options of the annotation, in plain words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nicegui import ui

from rbdm.app.pages.picker.dialog import Wanted, pick
from rbdm.app.queue.runs import Choices
from rbdm.files.naming import printable
from rbdm.options import Options

_FACES: dict[str, str] = {
    "": "The box stream beside the video, if there is one; else the largest face",
    "largest": "The largest face at the beginning",
    "leftmost": "The person on the left",
    "rightmost": "The person on the right",
    "all": "Everybody: each person gets files of their own",
}
_RESULTS: dict[str, tuple[str, str]] = {
    "report": ("Report", "A page with curves, pictures and the video. Screen “Results” shows it."),
    "csv": ("Table", "One row for each frame, for a spreadsheet, R or SPSS (CSV)."),
    "elan": ("ELAN", "A file that the program ELAN opens."),
    "stream": ("Probabilities", "All probabilities as a stream, for NOVA."),
    "overlay": (
        "Video with results",
        "A copy of the video with box, expression and curves drawn into it. Takes longer.",
    ),
}
_SAFE = ("report", "csv")
_WEIGHTS = {
    "open": "Open weights: come with rbdm, free for every use",
    "open-int8": "Open weights, 8 bit: faster, slightly less accurate",
    "official": "Official weights: for non-commercial research only",
}


class OptionsForm:
    """The form.

    Args:
        changed: called when the folder of the results has changed.
    """

    def __init__(self, changed: Callable[[], Any]) -> None:
        self._changed = changed
        self.out: Path | None = None
        """The folder for the results; None for the folder of each video."""
        with ui.element("div").classes("grid"):
            with ui.element("div"):
                self._face = ui.select(_FACES, value="", label="Which face").props("outlined dense").classes("wide")
                _hint("A box stream (.stream) says where the face is in each frame.")
                self._weights = ui.select(_weights(), value="open", label="Weights of the network")
                self._weights.props("outlined dense").classes("wide")
                _hint("Use the same weights in the whole study.")
            with ui.element("fieldset"):
                ui.html("What to write, besides the annotations", sanitize=False, tag="legend")
                self._wanted = {name: _result(name) for name in _RESULTS}
        self._folder_choice()
        with ui.expansion("More options").classes("more"):
            self._smoothing = ui.number("Smoothing, in milliseconds", value=0, min=0, max=60_000, step=100)
            self._smoothing.props("outlined dense")
            _hint("Averages over a window of this length, e.g. 500. With 0, each frame stands for itself.")
            self._every = ui.checkbox("Look for the face in every frame (slower)")
            _hint("Otherwise, boxes are interpolated between frames where that is safe.")
            self._overwrite = ui.checkbox("Replace results that exist")
            _hint("Otherwise they are kept, and only what is missing is written.")

    def choices(self) -> Choices:
        """What the person has chosen.

        Raises:
            OptionError: a number is out of its range.
        """
        return Choices(
            Options(
                weights=self._weights.value,
                smoothing_ms=self._smoothing.value or 0,
                every_frame=self._every.value,
            ),
            face=self._face.value or None,
            wanted=tuple(name for name, box in self._wanted.items() if box.value),
            overwrite=self._overwrite.value,
        )

    def _folder_choice(self) -> None:
        with ui.row().classes("line"):
            self._place = ui.radio(
                {"beside": "Write the results beside each video", "folder": "Write all results into this folder:"},
                value="beside",
                on_change=self._place_changed,
            ).props('inline aria-label="Where to write the results"')
            self._folder = ui.label().classes("path")
            self._choose = ui.button("Choose a folder…", on_click=self._pick).props("outline dense no-caps")
        self._show_folder()

    async def _place_changed(self) -> None:
        if self._place.value == "folder" and self.out is None:
            await self._pick()
        elif self._place.value == "beside":
            self.out = None
            self._show_folder()
            await self._tell()

    async def _pick(self) -> None:
        found = await pick(Wanted("Where to write the results", folder="Write into this folder"))
        if found:
            self.out = found[0]
        self._place.value = "beside" if self.out is None else "folder"
        self._show_folder()
        await self._tell()

    async def _tell(self) -> None:
        result = self._changed()
        if result is not None:
            await result

    def _show_folder(self) -> None:
        self._folder.text = printable(str(self.out or ""))
        self._choose.set_visibility(self._place.value == "folder")


def _result(name: str) -> ui.checkbox:
    label, hint = _RESULTS[name]
    box = ui.checkbox(label, value=name in _SAFE).props("dense")
    _hint(hint).classes("below-box")
    return box


def _hint(text: str) -> ui.label:
    return ui.label(text).classes("hint")


def _weights() -> dict[str, str]:
    from rbdm.files.resources import BUNDLED
    from rbdm.network.manifest import read_manifest
    from rbdm.network.weights import is_here

    manifest = read_manifest(BUNDLED / "manifest.json")
    return {name: text for name, text in _WEIGHTS.items() if name in manifest and is_here(manifest[name])}
