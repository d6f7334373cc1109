"""A shortcut in the start menu. Windows itself writes it: the format of `.lnk` files is its own."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from rbdm.errors import OutputError

_SCRIPT = """
$ErrorActionPreference = 'Stop'
$link = (New-Object -ComObject WScript.Shell).CreateShortcut($env:RBDM_LINK)
$link.TargetPath = $env:RBDM_TARGET
$link.Arguments = $env:RBDM_ARGUMENTS
$link.WorkingDirectory = $env:USERPROFILE
$link.Description = 'Annotate facial expressions in video'
$link.Save()
"""
"""Paths are handed over in variables: no sign in them can end a text of the script."""


def install(data: Path, python: Path, arguments: Sequence[str]) -> Path:
    """Write the shortcut.

    Args:
        data: the user's folder for programs' data, `%APPDATA%`.
        python: the program; `pythonw.exe` beside it, which opens no window, is used if it exists.
        arguments: its arguments.

    Raises:
        OutputError: Windows does not write it.
    """
    folder = data / "Microsoft" / "Windows" / "Start Menu" / "Programs"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "rbdm.lnk"
    quiet = python.with_name("pythonw.exe")
    variables = {
        "RBDM_LINK": str(link),
        "RBDM_TARGET": str(quiet if quiet.is_file() else python),
        "RBDM_ARGUMENTS": subprocess.list2cmdline(arguments),
    }
    command = ["powershell", "-NoProfile", "-NonInteractive", "-Command", _SCRIPT]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, errors="replace")
    if done.returncode or not link.is_file():
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise OutputError(f"{link}: Windows cannot write the shortcut: {reason}")
    return link
