"""What all pages of a running app share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rbdm.app.live.folder import RecordingFolder
from rbdm.app.queue.queue import Queue
from rbdm.app.results.shelf import Shelf
from rbdm.app.results.studies import Study
from rbdm.app.security.guard import RESULTS
from rbdm.app.security.keys import Keys


@dataclass
class Look:
    """How the pages look.

    Attributes:
        is_dark: whether they are dark; None for what the system says.
    """

    is_dark: bool | None = None


@dataclass(frozen=True)
class Context:
    """What the pages know about the running app.

    Attributes:
        folder: the app's own folder, which only this user can read.
        port: of the server.
        keys: see `Keys`.
        queue: see `Queue`.
        shelf: see `Shelf`.
        quit: ends the app.
        opened: the folders with results that the person has opened, the last one first.
        look: see `Look`.
        recordings: where the page `Live` puts recordings.
    """

    folder: Path
    port: int
    keys: Keys
    queue: Queue
    shelf: Shelf
    quit: Callable[[], None]
    opened: list[Study] = field(default_factory=list)
    look: Look = field(default_factory=Look)
    recordings: RecordingFolder = field(default_factory=RecordingFolder)

    def address(self, path: Path) -> str:
        """The address of a result or of a page on the shelf."""
        return f"{RESULTS}{self.keys.results}/{self.shelf.address(path)}"
