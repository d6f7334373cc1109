"""For tests that run the network: faces for it, whole videos through an engine, and how its scores are compared."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.faces.crop import crop
from rbdm.media.video import Video
from rbdm.network.engine import Engine, FaceScores
from rbdm.network.keras_weights import read_tensors
from rbdm.network.weights import Weights
from rbdm.ssi import read_stream

BATCH = 16

needs_keras = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs the extra keras")


def assert_close(found: FaceScores, expected: FaceScores, tolerance: float) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def crops_of(video: Path, stream: Path, weights: Weights) -> np.ndarray:
    """The faces in all frames of a video whose stream has a row for each, as the weights want them."""
    entry, rows = weights.entry, read_stream(stream).data
    with Video(video) as frames:
        return np.stack(
            [
                crop(frame.rgb(), row, entry.input_size, entry.crop_scale, entry.color == "grey")
                for frame, row in zip(frames, rows, strict=True)
            ]
        )


def predict(network: Engine, crops: np.ndarray) -> FaceScores:
    size = network.batch_size
    parts = [network.predict(crops[first : first + size]) for first in range(0, len(crops), size)]
    return FaceScores(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def unreadable(path: Path) -> str:
    """The error of one line that names a damaged Keras weights file."""
    with pytest.raises(WeightsError) as caught:
        read_tensors(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message
