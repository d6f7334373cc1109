"""A recipe must be possible, and the softmax of the finished network is as sure as it is right."""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from rbdm.errors import InputError, OptionError
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.train import Recipe, calibrate, train


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("batch_size", 0), ("learning_rate", -1.0), ("learning_rate", float("nan")), ("seed", -1)],
)
def test_impossible_recipe(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=name):
        Recipe(**{name: value})


def test_the_folder_of_another_run_is_said_before_keras_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recipe.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "keras", None)  # to import it would be an error
    with pytest.raises(InputError, match="a run with another recipe"):
        train(labelled(np.eye(8)), labelled(np.eye(8)), tmp_path)


class Network:
    """As much of a Keras model as calibration uses, with fixed answers."""

    def __init__(self, logits: npt.NDArray[np.floating]) -> None:
        exponential = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.probabilities = exponential / exponential.sum(axis=1, keepdims=True)
        self.weights = [np.ones((3, 8)), np.full(8, 2.0)]

    def predict(self, images: npt.NDArray[np.uint8], **_: object) -> dict[str, npt.NDArray[np.floating]]:
        return {"emotions": self.probabilities[: len(images)], "valence_arousal": np.zeros((len(images), 2))}

    def get_layer(self, name: str) -> "Network":
        assert name == "emotions"
        return self

    def get_weights(self) -> list[npt.NDArray[np.floating]]:
        return self.weights

    def set_weights(self, weights: list[npt.NDArray[np.floating]]) -> None:
        self.weights = weights


class TestCalibrate:
    @pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
    def test_finds_the_temperature(self, temperature: float) -> None:
        """Labels drawn from softmax(logits / temperature), network with softmax(logits)."""
        rng = np.random.default_rng(0)
        logits = rng.normal(0, 2, (3000, 8))
        truth = (logits / temperature + rng.gumbel(size=logits.shape)).argmax(axis=1)
        network, faces = Network(logits), labelled(np.eye(8)[truth])
        found = calibrate(network, np.zeros((3000, 1), np.uint8), faces)
        assert found == pytest.approx(temperature, rel=0.07)
        np.testing.assert_allclose(network.weights[0], 1 / found)
        np.testing.assert_allclose(network.weights[1], 2 / found)

    def test_faces_without_an_expression_do_not_count(self) -> None:
        rng = np.random.default_rng(0)
        logits = rng.normal(0, 2, (1000, 8))
        labels = np.eye(8)[(logits + rng.gumbel(size=logits.shape)).argmax(axis=1)]
        images = np.zeros((1000, 1), np.uint8)
        known = calibrate(Network(logits[:600]), images[:600], labelled(labels[:600]))
        labels[600:] = np.nan
        assert calibrate(Network(logits), images, labelled(labels)) == known


def labelled(probabilities: npt.NDArray[np.floating]) -> LabelledFaces:
    count = len(probabilities)
    blank = [np.full((count, width), np.nan, np.float32) for width in (2, 4)]
    return LabelledFaces([np.zeros((1, 1), np.uint8)] * count, probabilities.astype(np.float32), *blank)
