"""Tuning of layers with Keras: at the start it is the same network, it learns, and it goes back into the model."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbdm.network.constants import write_constants
from rbdm.network.engine import load_engine
from rbdm.network.manifest import WeightsEntry
from rbdm.network.weights import Weights
from rbdm.training.tuning.base import Base, softmax
from rbdm.training.tuning.frames import Faces
from tests.support.networks import needs_keras

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
pytestmark = [needs_keras, pytest.mark.xdist_group("tensorflow")]

SIZE = 64
"""Pixels of the crops: the network takes any multiple of 32, and small ones are faster."""
CROPS = np.repeat(np.random.default_rng(0).integers(0, 256, (12, SIZE, SIZE, 1), np.uint8), 3, axis=3)
CROPS[::2] = CROPS[::2] // 3


def learned(values: np.ndarray) -> Faces:
    """Faces of three sessions: dark ones are Disgust, the others Contempt; nobody rates arousal."""
    count = len(values)
    affect = np.column_stack([np.where(np.arange(count) % 2, 0.7, -0.7), np.full(count, np.nan)])
    return Faces(
        values,
        np.eye(8)[np.where(np.arange(count) % 2, 7, 5)],
        np.ones((count, 8), bool),
        affect,
        np.ones(count),
        np.arange(count) // 4,
    )


@pytest.mark.parametrize("kind", ["last-block", "all"])
def test_it_learns_and_goes_back_into_the_model(open_weights: Weights, tmp_path: Path, kind: str) -> None:
    from rbdm.training.tuning.layers import LayersTuner
    from rbdm.training.tuning.recipe import LayersRecipe

    start_weights = replace(open_weights, entry=replace(open_weights.entry, input_size=SIZE))
    base = Base(start_weights)
    tuner = LayersTuner(base, kind == "all", LayersRecipe(1e-3, epochs=8, batch_size=6))
    values = tuner.submit()(CROPS)()
    scores = load_engine(start_weights, "cpu", 12).predict(CROPS)
    start = tuner.start_values(values)
    tolerance = 2e-2 if kind == "last-block" else 1e-3  # half precision
    np.testing.assert_allclose(softmax(start["expression"]), scores.probabilities, rtol=0, atol=tolerance)
    np.testing.assert_allclose(np.tanh(start["valence"][:, 0]), scores.valence, rtol=0, atol=tolerance)

    faces = learned(values)
    tuned = tuner.tune(faces, ["expression", "valence"])
    after = tuned.values(values)
    targets = faces.expression
    before_loss, after_loss = (
        -(targets * np.log(softmax(one["expression"]))).sum(axis=1).mean() for one in (start, after)
    )
    assert after_loss < 0.8 * before_loss
    assert np.abs(np.tanh(after["valence"][:, 0]) - faces.affect[:, 0]).mean() < 0.7
    moved = np.abs(np.tanh(after["arousal"]) - np.tanh(start["arousal"])).mean()
    assert moved < 0.3, "nobody has annotated it: it stays close to the start"

    model = tmp_path / "tuned.tflite"
    model.write_bytes(write_constants(base.model, tuned.layers))
    again = load_engine(Weights(WeightsEntry("t", "t", **OWN), model, "", model), "cpu", 12).predict(CROPS)
    np.testing.assert_allclose(again.probabilities, softmax(after["expression"]), rtol=0, atol=tolerance)
    np.testing.assert_allclose(again.arousal, np.tanh(after["arousal"][:, 0]), rtol=0, atol=tolerance)
    changed = [name for name in base.layers if not np.allclose(tuned.layers[name].kernel, base.layers[name].kernel)]
    early = [name for name in changed if name.startswith(("Conv1", "expanded_conv", "block_1_", "block_9"))]
    assert bool(early) == (kind == "all")
    assert {"Conv_1", "emotions", "valence_arousal"} <= set(changed)


OWN = {"crop_scale": 0.85, "color": "grey", "input_size": SIZE}
