"""The face detector, loaded once."""

import pytest

from rbdm.faces.detector import Detector


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector()
