"""Keeps the queue in a file, so that it goes on after the app was ended or killed."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rbdm.app.queue.runs import Run, from_json, to_json
from rbdm.errors import RbdmError
from rbdm.files.atomic import atomic_write
from rbdm.files.naming import unused

_FILE = "queue.json"
_FORMAT = 1


class Store:
    """The file of a queue.

    Args:
        folder: the app's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE

    def save(self, runs: Sequence[Run], is_paused: bool) -> None:
        """Replace the file: completely, or after an error not at all.

        Raises:
            OutputError: it cannot be written.
        """
        content = {"format": _FORMAT, "paused": is_paused, "runs": [to_json(run) for run in runs]}
        with atomic_write(self._path) as temporary:
            temporary.touch(0o600)
            temporary.write_text(json.dumps(content), encoding="ascii")

    def load(self) -> tuple[list[Run], bool, str]:
        """The runs, whether the queue is paused, and a line for the user if the file was damaged; else empty.

        A video that was being annotated when the app ended is annotated again: its results were not written. A damaged
        file is renamed, and kept.
        """
        try:
            content = json.loads(self._path.read_text(encoding="ascii"))
            if content["format"] != _FORMAT:
                raise ValueError(f"format {content['format']}")
            runs = [from_json(values) for values in content["runs"]]
        except FileNotFoundError:
            return [], False, ""
        except (OSError, ValueError, KeyError, TypeError, RbdmError) as error:
            aside = unused(self._path, "damaged")
            with suppress(OSError):
                self._path.rename(aside)
            return [], False, f"The list of videos could not be read ({error}); it is kept as {aside}."
        for run in runs:
            run.videos = [replace(one, status="waiting") if one.status == "running" else one for one in run.videos]
        return runs, bool(content.get("paused")), ""
