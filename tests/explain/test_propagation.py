"""The way back is the gradient of the network, and no relevance is lost or made where no bias takes part."""

import numpy as np
import pytest

from rbdm.explain.propagation import gamma_rule, gradient, layers_down_to, walk_back
from rbdm.network.constants import Layer, read_constants, write_constants
from rbdm.network.outputs import with_outputs
from rbdm.network.weights import network_graph
from rbdm.runtime.litert import run_once
from tests.support.networks import needs_keras

PLACES = ("image", "expanded_conv", "block_1", "block_2", "block_4", "block_7", "block_11", "block_14", "Conv_1")
IMAGES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


def walked(model: bytes, place: str, weights: np.ndarray, rule) -> tuple[np.ndarray, np.ndarray]:
    layers = read_constants(model)
    names = layers_down_to(place, layers)
    maps = dict(zip(names, run_once(with_outputs(model, names), IMAGES)[2:], strict=True))
    maps["image"] = (IMAGES / np.float32(127.5) - 1).astype(np.float32)
    return tuple(walk_back(place, layers, maps, weights, rule))


@pytest.fixture(scope="module")
def without_bias() -> bytes:
    """The network that comes with rbdm, with biases of 0."""
    graph = network_graph()
    layers = {name: Layer(kernel, np.zeros_like(bias)) for name, (kernel, bias) in read_constants(graph).items()}
    return write_constants(graph, layers)


@pytest.mark.parametrize(
    ("place", "gamma"), [*((place, 0.05) for place in PLACES), ("image", 0.0), ("image", 1.0), ("block_4", 1.0)]
)
def test_relevance_is_kept_where_there_is_no_bias(without_bias, place, gamma):
    model = without_bias
    weights = np.random.default_rng(1).random((2, 1280)).astype(np.float32)
    features = run_once(with_outputs(model, ["Conv_1"]), IMAGES)[2].mean(axis=(1, 2))
    values, factors = walked(model, place, weights, gamma_rule(gamma))
    expected = (features * weights).sum(axis=1)
    assert (expected > 0).all()
    np.testing.assert_allclose((values * factors).sum(axis=(1, 2, 3)), expected, rtol=2e-3)


@needs_keras
def test_the_gradient_is_that_of_keras():
    import keras
    import tensorflow as tf

    from rbdm.network.architecture import FEATURES, build_model
    from rbdm.network.keras_weights import assign, read_tensors
    from rbdm.network.weights import find_weights

    path = find_weights("open").path
    model = build_model(64)
    assign(model, read_tensors(path), path)
    weights = np.random.default_rng(1).normal(size=(2, 1280)).astype(np.float32)
    image = tf.Variable(IMAGES.astype(np.float32))
    with tf.GradientTape() as tape:
        features = keras.Model(model.input, model.get_layer(FEATURES).output)(image)
        total = tf.reduce_sum(features * weights)
    expected = 127.5 * tape.gradient(total, image).numpy()
    _, found = walked(network_graph(), "image", weights, gradient)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_only_the_layers_that_are_needed_are_read():
    names = list(read_constants(network_graph()))
    assert layers_down_to("image", names) == layers_down_to("expanded_conv", names) == names
    assert layers_down_to("Conv_1", names) == ["Conv_1", "emotions", "valence_arousal"]
    assert layers_down_to("block_4", names)[0] == "block_3_project"
