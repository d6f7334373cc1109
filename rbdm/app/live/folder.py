"""The folder for recordings."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class RecordingFolder:
    """Where recordings go; it is kept while the app runs.

    Attributes:
        path: a folder that the person has chosen; None before that.
    """

    path: Path | None = None
