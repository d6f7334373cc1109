"""What the layers of a LiteRT model compute can be read, and is what the model itself goes on with."""

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.network.constants import read_constants
from rbdm.network.outputs import with_outputs
from rbdm.network.weights import network_graph
from rbdm.runtime.litert import run_once

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


def test_the_further_outputs_are_those_of_the_layers_in_the_order_that_was_asked_for():
    graph = network_graph()
    layers = read_constants(graph)
    names = ["Conv_1", "emotions", "valence_arousal"]
    *own, features, logits, affect = run_once(with_outputs(graph, names), IMAGES)
    assert features.shape == (2, 2, 2, 1280) and features.min() == 0
    for name, found in (("emotions", logits), ("valence_arousal", affect)):
        expected = features.mean(axis=(1, 2)) @ layers[name].kernel + layers[name].bias
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    for one, other in zip(own, run_once(graph, IMAGES), strict=True):
        np.testing.assert_array_equal(one, other)
    outputs = {output.shape[-1]: output for output in own}
    np.testing.assert_allclose(np.tanh(affect), outputs[2], atol=1e-6)
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), outputs[8], atol=1e-6)


def test_every_layer_can_be_an_output():
    graph = network_graph()
    layers = read_constants(graph)
    outputs = run_once(with_outputs(graph, list(layers)), IMAGES)[2:]
    for (name, layer), output in zip(layers.items(), outputs, strict=True):
        assert output.shape[-1] == len(layer.bias)
        assert name.endswith("project") or name in ("emotions", "valence_arousal") or output.min() >= 0


def test_an_unknown_layer_is_an_error_that_names_it():
    with pytest.raises(WeightsError, match="no layer 'Conv_2'"):
        with_outputs(network_graph(), ["Conv_1", "Conv_2"])
