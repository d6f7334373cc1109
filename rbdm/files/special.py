"""Refuses files that are no regular files: reading a pipe waits for ever, and reading a device may never end."""

import os
import stat
from pathlib import Path

from rbdm.errors import InputError


def refuse_special_file(path: Path) -> None:
    """Check that a path is not a pipe, a device or a socket, nor a link to one. Whether it exists is not checked.

    Raises:
        InputError: it is one of these.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):  # whoever reads the file says why it cannot be read
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError(f"{path}: is not a regular file, but a pipe, a device or a socket")
