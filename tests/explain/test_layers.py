"""The layers in numpy do what LiteRT does, and the backward pass is the transpose of the forward pass."""

import numpy as np
import pytest

from rbdm.explain.layers import apply, transpose
from rbdm.network.constants import read_constants
from rbdm.network.outputs import with_outputs
from rbdm.network.weights import network_graph
from rbdm.runtime.litert import run_once

SHAPES = [((1, 1, 6, 5), 1), ((3, 3, 6, 1), 1), ((3, 3, 6, 1), 2), ((3, 3, 6, 5), 1), ((3, 3, 6, 5), 2)]


@pytest.mark.parametrize(("shape", "stride"), SHAPES)
def test_backward_is_the_transpose_of_forward(shape, stride):
    """For a linear map A and its transpose, (A x) · y is x · (Aᵀ y), whatever x and y are."""
    random = np.random.default_rng(0)
    kernel, values = random.normal(size=shape).astype(np.float32), random.normal(size=(2, 8, 12, 6)).astype(np.float32)
    forward = apply(kernel, values, stride)
    assert forward.shape == (2, 8 // stride, 12 // stride, 6 if shape[-1] == 1 else 5)
    other = random.normal(size=forward.shape).astype(np.float32)
    backward = transpose(kernel, other, stride)
    assert backward.shape == values.shape
    assert (forward * other).sum() == pytest.approx((values * backward).sum(), rel=1e-3)


def test_layers_of_every_kind_give_the_values_of_litert():
    graph = network_graph()
    names = ["Conv1", "expanded_conv_depthwise", "expanded_conv_project", "block_1_expand", "block_1_depthwise"]
    image = np.random.default_rng(1).integers(0, 256, (1, 64, 64, 3), np.uint8)
    outputs, layers = run_once(with_outputs(graph, names), image)[2:], read_constants(graph)
    values = (image / 127.5 - 1).astype(np.float32)
    for name, stride, expected in zip(names, (2, 1, 1, 1, 2), outputs, strict=True):
        found = apply(layers[name].kernel, values, stride) + layers[name].bias
        found = found if name.endswith("project") else np.clip(found, 0, 6)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5, err_msg=name)
        values = expected
