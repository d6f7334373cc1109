"""Opens a folder in the person's file manager."""

import os
import subprocess
import sys
from pathlib import Path

from rbdm.errors import RbdmError


def open_folder(folder: Path) -> None:
    """Show a folder in the file manager.

    Raises:
        RbdmError: there is no file manager.
    """
    try:
        if sys.platform == "win32":
            os.startfile(folder)
            return
        program = "open" if sys.platform == "darwin" else "xdg-open"
        quiet = subprocess.DEVNULL
        subprocess.Popen(
            [program, str(folder.absolute())], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError as error:
        raise RbdmError(f"{folder}: no file manager can be opened: {error.strerror}") from None
