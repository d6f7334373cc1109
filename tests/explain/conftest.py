"""A real face, as the network gets it, and the explainer of the open weights."""

import numpy as np
import pytest

from rbdm.explain.explainer import Explainer, load_explainer
from tests.support.networks import crops_of


@pytest.fixture(scope="session")
def crops(open_weights, face_clip) -> np.ndarray:
    """(3, 224, 224, 3) uint8: a smiling face in three frames."""
    return crops_of(*face_clip, open_weights)[[0, 30, 60]]


@pytest.fixture(scope="session")
def explainer(open_weights) -> Explainer:
    """The open weights."""
    return load_explainer(open_weights)
