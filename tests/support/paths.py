"""Folders that tests read."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
"""The root of the repository."""
PACKAGE = ROOT / "rbdm"
FACES = ROOT.parent / "shared" / "faces"
"""Real clips with box streams; they are too large for the repository, and a newcomer does not have them."""

needs_faces = pytest.mark.skipif(not FACES.is_dir(), reason=f"the real clips are not at {FACES}")
