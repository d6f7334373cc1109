"""Maps belong to their faces: each to its own, mirrored and moved with it, and of the right network only."""

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.explain.explainer import METHODS, Explainer, load_explainer
from rbdm.network.weights import find_weights, network_graph

HAPPY = 1


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def patches(relevance: np.ndarray) -> np.ndarray:
    """Sums over 16 × 16 pixels."""
    side = relevance.shape[0] // 16
    return relevance.reshape(side, 16, side, 16).sum(axis=(1, 3))


@pytest.mark.parametrize("method", METHODS)
def test_a_map_does_not_depend_on_the_other_faces(explainer, crops, method):
    targets = [HAPPY, "valence", 2]
    together = explainer.maps(crops, targets, method)
    assert together.shape == (3, 224, 224) and together.dtype == np.float32
    for crop, target, expected in zip(crops, targets, together, strict=True):
        found = explainer.maps(crop[None], [target], method)[0]
        np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("method", METHODS)
def test_the_map_of_the_mirrored_face_is_the_mirrored_map(explainer, crops, method):
    """The network is not symmetric. `benchmarks/explanations.py` measures over many faces how similar the maps are."""
    maps = explainer.maps(crops, [HAPPY] * 3, method)
    mirrored = explainer.maps(np.ascontiguousarray(crops[:, :, ::-1]), [HAPPY] * 3, method)[:, :, ::-1]
    for one, other in zip(maps, mirrored, strict=True):
        assert correlation(patches(one), patches(other)) > 0.7


def test_a_map_moves_with_the_face(explainer, crops):
    """By the network's own step, 32 pixels: then the same values are computed, except near the edges."""
    step = 32
    moved = np.zeros_like(crops[:1])
    moved[:, :, step:] = crops[:1, :, :-step]
    before, after = (explainer.maps(faces, [HAPPY])[0] for faces in (crops[:1], moved))
    assert correlation(before[:, :-step], after[:, step:]) > 0.9
    assert correlation(before, after) < 0.7


def test_a_smile_speaks_for_happy_with_the_mouth(explainer, crops):
    relevance = explainer.maps(crops[:1], [HAPPY])[0]
    assert np.maximum(relevance, 0)[112:].sum() > 2 * np.maximum(relevance, 0)[:112].sum()


def test_five_classes_are_compared_with_each_other_only(explainer, open_weights):
    """Without Disgust, Anger and Contempt, other things speak for Happy."""
    noise = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    one, other = (each.maps(noise, [HAPPY])[0] for each in (explainer, load_explainer(open_weights, 5)))
    assert np.abs(one - other).max() > 0.01 * np.abs(one).max()


def test_faces_of_another_size(open_weights, crops):
    small = load_explainer(open_weights, size=96)
    assert small.maps(np.ascontiguousarray(crops[:, ::2, ::2][:, :96, :96]), [HAPPY] * 3).shape == (3, 96, 96)


def test_keras_weights_without_a_litert_model(explainer, crops, open_weights):
    from dataclasses import replace

    derived = load_explainer(replace(open_weights, tflite=None))
    for found, expected in zip(derived.maps(crops, [HAPPY] * 3), explainer.maps(crops, [HAPPY] * 3), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_8_bit_weights_are_refused_with_what_to_do():
    with pytest.raises(WeightsError, match=r"int8\.tflite: only 32-bit weights can be explained.*'open'"):
        load_explainer(find_weights("open-int8"))


def test_the_same_network_in_other_words(explainer, crops, open_weights):
    again = Explainer(network_graph(), open_weights.entry)
    np.testing.assert_array_equal(again.maps(crops, [HAPPY] * 3), explainer.maps(crops, [HAPPY] * 3))
