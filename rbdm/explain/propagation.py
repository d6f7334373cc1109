"""Follows a number from a head of the network back to the pixels: its relevance (γ-LRP), or its gradient.

Both go from layer to layer with one factor per value `a` of a feature map: the gradient itself, or the relevance of the
value divided by it. So both treat sums and means in the same way, and differ only in how a layer is passed.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np

from rbdm.explain.layers import Floats, apply, transpose
from rbdm.network.constants import Layer
from rbdm.network.reference import BLOCKS, HALVING

_MOST = 6.0
"""Where ReLU6 cuts off."""
_TINY = np.float32(1e-9)


class Passed(NamedTuple):
    """A layer, and what it did to a batch of N images.

    Attributes:
        layer: its kernel and bias.
        stride: 1 or 2.
        inputs: (N, H, W, inputs) float32.
        outputs: (N, H / stride, W / stride, outputs) float32, after ReLU6 if one follows.
        has_relu: whether ReLU6 follows.
        has_negative_inputs: whether the inputs are not outputs of a ReLU6.
    """

    layer: Layer
    stride: int
    inputs: Floats
    outputs: Floats
    has_relu: bool
    has_negative_inputs: bool


class Rule(Protocol):
    """How to get from the factors of a layer's outputs to those of its inputs."""

    def __call__(self, passed: Passed, factors: Floats) -> Floats: ...


def gradient(passed: Passed, factors: Floats) -> Floats:
    """The chain rule: the gradient by the inputs of the gradient by the outputs, which has the shape of the outputs."""
    if passed.has_relu:
        factors = np.where((passed.outputs > 0) & (passed.outputs < _MOST), factors, np.float32(0))
    return transpose(passed.layer.kernel, factors, passed.stride)


def gamma_rule(gamma: float) -> Rule:
    """LRP-γ: each output's relevance goes to the inputs in proportion to their contributions to it.

    Contributions with the sign of the output count 1 + γ times: Montavon et al. (2019), "Layer-wise relevance
    propagation: an overview", section 10.2.2, in the form for inputs and outputs of both signs (Andéol et al. 2021,
    arXiv 2105.13093, equation 8). What the bias contributes is nobody's relevance.

    Args:
        gamma: 0 or more. With 0, the relevance of a pixel is its value times the gradient, where no ReLU6 cuts off.
    """
    return partial(_pass_relevance, gamma=np.float32(gamma))


def _pass_relevance(passed: Passed, factors: Floats, gamma: np.float32) -> Floats:
    # With contributions c and an output z of the sign s, (1 + γ) counts for those with s · c > 0. Their sum is
    # (Σc + s · Σ|c|) / 2. So the weighted sum is (1 + γ/2) · z + s · γ/2 · Σ|c|, which never has another sign than z.
    (kernel, bias), stride, inputs, outputs, has_relu, has_negative_inputs = passed
    equal, by_sign = 1 + gamma / 2, gamma / 2
    if has_relu and not has_negative_inputs:  # then only c > 0 counts more: one kernel is enough
        weighted = equal * kernel + by_sign * np.abs(kernel)
        total = apply(weighted, inputs, stride) + (equal * bias + by_sign * np.abs(bias))
        return transpose(weighted, factors * outputs / np.maximum(total, _TINY), stride)
    magnitude = apply(np.abs(kernel), np.abs(inputs), stride) + np.abs(bias)
    if has_relu:
        values = apply(kernel, inputs, stride) + bias  # what ReLU6 has not cut off
        shares = factors * outputs / np.maximum(equal * values + by_sign * magnitude, _TINY)
        signs = np.sign(inputs)
        return equal * transpose(kernel, shares, stride) + by_sign * signs * transpose(np.abs(kernel), shares, stride)
    shares = factors * np.abs(outputs) / np.maximum(equal * np.abs(outputs) + by_sign * magnitude, _TINY)
    signed = shares * np.sign(outputs)
    return equal * transpose(kernel, shares, stride) + by_sign * transpose(np.abs(kernel), signed, stride)


class Place(NamedTuple):
    """Values of the network that a rule has reached on its way back.

    Attributes:
        name: `Conv_1` for the last feature map; the name of a block for its inputs; `image`.
        values: (N, H, W, channels) float32.
        factors: the same shape: the gradient, or the relevance of each value, divided by it.
    """

    name: str
    values: Floats
    factors: Floats


def walk_back(
    layers: Mapping[str, Layer], maps: Mapping[str, Floats], image: Floats, weights: Floats, rule: Rule
) -> Iterator[Place]:
    """Go from a weighted sum of the network's features back to the pixels.

    Args:
        layers: the constants of the network by the layer's name.
        maps: the outputs of its convolutions by the layer's name, as `rbdm.network.outputs.with_outputs` gives them.
        image: (N, size, size, 3) float32 in [-1, 1].
        weights: (N, 1280) float32: for each image, the weight of each feature.
        rule: `gradient`, or what `gamma_rule` returns.

    Yields:
        The last feature map, the inputs of each block from the last to the first, and the image.
    """

    def back(name: str, inputs: Floats, factors: Floats, *, has_relu: bool = True, signed: bool = False) -> Floats:
        halves = name == "Conv1" or name.removesuffix("_depthwise") in HALVING
        return rule(Passed(layers[name], 2 if halves else 1, inputs, maps[name], has_relu, signed), factors)

    block_inputs, values = {}, maps["Conv1"]
    for block in BLOCKS:
        block_inputs[block], inner = values, maps[f"{block}_project"]
        values = values + inner if values.shape == inner.shape else inner
    rows, columns = maps["Conv_1"].shape[1:3]
    factors = np.broadcast_to(weights[:, None, None] / (rows * columns), maps["Conv_1"].shape)
    yield Place("Conv_1", maps["Conv_1"], factors)
    factors = back("Conv_1", values, factors, signed=True)
    for block in reversed(BLOCKS):
        inputs, first = block_inputs[block], block == BLOCKS[0]
        inner = back(f"{block}_project", maps[f"{block}_depthwise"], factors, has_relu=False)
        inner = back(f"{block}_depthwise", inputs if first else maps[f"{block}_expand"], inner)
        inner = inner if first else back(f"{block}_expand", inputs, inner, signed=True)
        factors = factors + inner if inputs.shape == maps[f"{block}_project"].shape else inner
        yield Place(block, inputs, factors)
    yield Place("image", image, back("Conv1", image, factors, signed=True))
