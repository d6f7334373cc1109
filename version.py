"""The version. A server names the virtual environment of this module after it: a new version gets a new environment."""

import re
from pathlib import Path

_SOURCE = Path(__file__).resolve().parent / "rbdm" / "version.py"
_FOUND = re.search(r'^__version__ = "(.+)"$', _SOURCE.read_text(encoding="utf-8"), re.MULTILINE)

if _FOUND is None:
    raise RuntimeError(f"{_SOURCE} has no line __version__ = …")
__version__ = _FOUND[1]
