"""The features and heads of the network give its scores, and a changed head changes only its own output."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.constants import Layer, write_constants
from rbdm.network.engine import load_engine
from rbdm.network.weights import Weights, find_weights
from rbdm.training.tuning.base import Base, logits, softmax

CROPS = np.random.default_rng(0).integers(0, 256, (5, 224, 224, 3), np.uint8)


@pytest.fixture(scope="module")
def base(open_weights: Weights) -> Base:
    return Base(open_weights)


def test_the_heads_make_the_scores_of_the_features(base: Base, open_weights: Weights) -> None:
    features = base.features()(CROPS)()
    assert features.shape == (5, 1280)
    scores = load_engine(open_weights, "cpu", 5).predict(CROPS)
    found = softmax(logits(features, base.heads[EMOTIONS]))
    np.testing.assert_allclose(found, scores.probabilities, rtol=0, atol=1e-4)
    affect = np.tanh(logits(features, base.heads[VALENCE_AROUSAL]))
    np.testing.assert_allclose(affect, np.column_stack([scores.valence, scores.arousal]), rtol=0, atol=1e-4)


def test_features_that_do_not_belong_to_the_heads_are_an_error(open_weights: Weights) -> None:
    wrong = Base(open_weights)
    wrong.heads[EMOTIONS] = Layer(wrong.heads[EMOTIONS].kernel[:, ::-1], wrong.heads[EMOTIONS].bias)
    with pytest.raises(WeightsError, match="other scores than the model"):
        wrong.features()(CROPS)()


def test_heads_are_in_the_order_of_rbdm_and_go_back_to_that_of_the_model(open_weights: Weights) -> None:
    classes = open_weights.entry.classes[::-1]
    entry = replace(open_weights.entry, classes=classes, valence_arousal=("arousal", "valence"))
    turned = Base(replace(open_weights, entry=entry))
    straight = Base(open_weights)
    assert np.array_equal(turned.heads[EMOTIONS].kernel, straight.heads[EMOTIONS].kernel[:, ::-1])
    assert np.array_equal(turned.heads[VALENCE_AROUSAL].bias, straight.heads[VALENCE_AROUSAL].bias[::-1])
    for name in (EMOTIONS, VALENCE_AROUSAL):
        back = turned.layer_of(name, turned.heads[name])
        assert np.array_equal(back.kernel, straight.layers[name].kernel)


def test_a_changed_head_changes_only_its_output(base: Base, tmp_path: Path) -> None:
    head = base.heads[EMOTIONS]
    layer = base.layer_of(EMOTIONS, Layer(head.kernel / 2, head.bias + 1))
    (tmp_path / "changed.tflite").write_bytes(write_constants(base.model, {EMOTIONS: layer}))
    changed = replace(base.weights, path=tmp_path / "changed.tflite", tflite=tmp_path / "changed.tflite")
    before, after = (load_engine(weights, "cpu", 5).predict(CROPS) for weights in (base.weights, changed))
    assert np.array_equal(before.valence, after.valence) and np.array_equal(before.arousal, after.arousal)
    expected = softmax(logits(base.features()(CROPS)(), Layer(head.kernel / 2, head.bias + 1)))
    np.testing.assert_allclose(after.probabilities, expected, rtol=0, atol=1e-4)


def test_keras_weights_without_a_model_can_be_the_start(open_weights: Weights, tmp_path: Path) -> None:
    copy = shutil.copy(open_weights.path, tmp_path / "own.weights.h5")
    base = Base(find_weights(str(copy)))
    assert base.weights.tflite is not None or base.model
    np.testing.assert_allclose(base.heads[EMOTIONS].kernel, Base(open_weights).heads[EMOTIONS].kernel)


def test_8_bit_weights_cannot_be_tuned() -> None:
    with pytest.raises(WeightsError, match=r"int8\.tflite: cannot be tuned: .*start from the float32 weights"):
        Base(find_weights("open-int8"))
