"""Annotation files that a person uploads in the browser: they are kept in the app's own folder."""

import shutil
from pathlib import Path
from uuid import uuid4

from rbdm.errors import InputError

_FOLDER = "uploads"
ENDINGS = (".annotation", ".annotation~")
MOST_BYTES = 64 << 20
"""Of one file."""


class Uploads:
    """Files that were uploaded for one comparison.

    Args:
        folder: the app's own folder.
    """

    def __init__(self, folder: Path) -> None:
        # The name of the folder may become the name of a video.
        self.folder = folder / _FOLDER / uuid4().hex / "upload"

    def path(self, name: str) -> Path:
        """Where to save a file.

        Raises:
            InputError: the name is no name of an annotation file.
        """
        if not name.endswith(ENDINGS) or name.startswith(".") or any(sign in name for sign in "/\\:\0"):
            raise InputError(f"{name}: only annotation files, whose names end in {' or '.join(ENDINGS)}, can be used")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.folder / name

    @property
    def named(self) -> Path | None:
        """What to compare: the file, or the folder if there are several; None if there is none."""
        headers = sorted(self.folder.glob("*.annotation")) if self.folder.is_dir() else []
        return None if not headers else headers[0] if len(headers) == 1 else self.folder


def remove_uploads(folder: Path) -> None:
    """Remove what was uploaded when the app ran before."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)
