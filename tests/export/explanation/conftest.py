"""The explanation of a real face."""

import pytest

from rbdm.explain.explanation import Explanation


@pytest.fixture(scope="session")
def happy(annotator, face_clip) -> Explanation:
    """A smile."""
    return annotator.explain(*face_clip, at=1.0, target="Happy")
