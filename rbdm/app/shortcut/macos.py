"""An application bundle in the user's folder `Applications`; it contains a script that starts Python."""

import plistlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from rbdm.files.atomic import atomic_replace_folder
from rbdm.version import __version__


def install(folder: Path, python: Path, arguments: Sequence[str]) -> Path:
    """Write the bundle.

    Args:
        folder: the user's folder for applications.
        python: the program.
        arguments: its arguments.
    """
    path = folder / "rbdm.app"
    with atomic_replace_folder(path) as new:
        programs = new / "Contents" / "MacOS"
        programs.mkdir(parents=True)
        (new / "Contents" / "Info.plist").write_bytes(plistlib.dumps(_info()))
        program = programs / "rbdm"
        program.write_text(f"#!/bin/sh\nexec {shlex.join([str(python), *arguments])}\n", encoding="utf-8")
        program.chmod(0o755)
    return path


def _info() -> dict[str, object]:
    return {
        "CFBundleName": "rbdm",
        "CFBundleDisplayName": "rbdm",
        "CFBundleIdentifier": "org.rbdm.app",
        "CFBundleExecutable": "rbdm",
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": __version__,
        "LSUIElement": True,  # it has no window of its own, so it needs no place in the Dock
    }
