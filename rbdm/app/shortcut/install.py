"""Makes the shortcut that this system needs."""

import os
import sys
from pathlib import Path

from rbdm.app.shortcut import linux, macos, windows
from rbdm.errors import OutputError

NAME = "rbdm"
MODULE = ("-P", "-m", "rbdm", "app")
"""`-P`: a folder `rbdm` in the folder where the desktop starts programs must not be taken for the package."""


def install_shortcut() -> Path:
    """Make a shortcut that starts the app with this Python; one that exists is replaced.

    Returns:
        Its file, or on macOS its bundle.

    Raises:
        OutputError: it cannot be written.
    """
    python = Path(sys.executable)
    try:
        if sys.platform == "win32":
            return windows.install(Path(os.environ["APPDATA"]), python, MODULE)
        if sys.platform == "darwin":
            return macos.install(Path.home() / "Applications", python, MODULE)
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return linux.install(Path(data) / "applications", python, MODULE)
    except OSError as error:
        raise OutputError(f"{error.filename or 'the shortcut'}: cannot be written: {error.strerror or error}") from None
