"""What all pages of a running app share."""

from dataclasses import dataclass
from pathlib import Path

from rbdm.app.security.keys import Keys


@dataclass(frozen=True)
class Context:
    """What the pages know about the running app.

    Attributes:
        folder: the app's own folder, which only this user can read.
        port: of the server.
        keys: see `Keys`.
    """

    folder: Path
    port: int
    keys: Keys
