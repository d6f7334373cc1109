"""Follows a number from a head of the network back to the pixels: its relevance (γ-LRP), or its gradient.

Both go from layer to layer with one factor per value `a` of a feature map: the gradient itself, or the relevance of the
value divided by it. So both treat sums and means in the same way, and differ only in how a layer is passed.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from rbdm.explain.layers import Floats, apply, transpose
from rbdm.network.constants import Layer
from rbdm.network.reference import BLOCKS, HALVING

LAST_MAP = "Conv_1"
"""The layer whose output is the last feature map: (7, 7, 1280) for faces of 224 pixels."""
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

    def __call__(self, passed: Passed, factors: Floats) -> Floats:
        """The factors of `passed.inputs`, from those of `passed.outputs`; both have the shapes of these arrays."""
        ...


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
    return partial(_pass_relevance, gamma=gamma)


def _pass_relevance(passed: Passed, factors: Any, gamma: Any) -> Floats:
    # With contributions c and an output z of the sign s, (1 + γ) counts for those with s · c > 0. Their sum is
    # (Σc + s · Σ|c|) / 2. So the weighted sum is (1 + γ/2) · z + s · γ/2 · Σ|c|, which never has another sign than z.
    (kernel, bias), stride, inputs, outputs, has_relu, has_negative_inputs = passed
    equal, by_sign = 1 + gamma / 2, gamma / 2
    if has_relu and not has_negative_inputs:  # then only c > 0 counts more: one kernel is enough
        weighted = equal * kernel + by_sign * np.abs(kernel)
        total = apply(weighted, inputs, stride) + (equal * bias + by_sign * np.abs(bias))
        shares = factors * outputs / np.maximum(total, _TINY)
        return transpose(weighted, shares, stride)
    magnitude = apply(np.abs(kernel), np.abs(inputs), stride) + np.abs(bias)
    if has_relu:
        values = apply(kernel, inputs, stride) + bias  # what ReLU6 has not cut off
        shares = factors * outputs / np.maximum(equal * values + by_sign * magnitude, _TINY)
        by_sign = by_sign * np.sign(inputs)
        signed = shares
    else:
        shares = factors * np.abs(outputs) / np.maximum(equal * np.abs(outputs) + by_sign * magnitude, _TINY)
        signed = shares * np.sign(outputs)
    found: Floats = equal * transpose(kernel, shares, stride) + by_sign * transpose(np.abs(kernel), signed, stride)
    return found


class Relevant(NamedTuple):
    """The values of the network at which a walk back has ended.

    Attributes:
        values: (N, H, W, channels) float32.
        factors: the same shape: the gradient, or the relevance of each value, divided by it.
    """

    values: Floats
    factors: Floats


def layers_down_to(place: str, layers: Collection[str]) -> list[str]:
    """The layers whose outputs `walk_back` needs, in the order of the network.

    Args:
        place: where the walk ends, see `walk_back`.
        layers: the names of all layers in that order.
    """
    names = list(layers)
    if place == LAST_MAP:
        return names[names.index(LAST_MAP) :]
    first = BLOCKS.index(place) if place in BLOCKS else 0
    return names[names.index(f"{BLOCKS[first - 1]}_project" if first else "Conv1") :]


def walk_back(
    place: str, layers: Mapping[str, Layer], maps: Mapping[str, Floats], weights: Floats, rule: Rule
) -> Relevant:
    """Go from a weighted sum of the network's features back to earlier values.

    Args:
        place: where to end: `Conv_1`, the last feature map; a block, whose inputs are meant; or `image`. The block
            before must be one that changes the number of channels, because others add their inputs to their outputs.
        layers: the constants of the network by the layer's name.
        maps: the outputs of the layers of `layers_down_to`, by name; and the image itself as `image`, (N, size, size,
            3) float32 in [-1, 1].
        weights: (N, 1280) float32: for each image, the weight of each feature.
        rule: `gradient`, or what `gamma_rule` returns.
    """

    def back(name: str, inputs: Floats, factors: Floats, *, has_relu: bool = True, signed: bool = False) -> Floats:
        halves = name == "Conv1" or name.removesuffix("_depthwise") in HALVING
        return rule(Passed(layers[name], 2 if halves else 1, inputs, maps[name], has_relu, signed), factors)

    last = maps[LAST_MAP]
    factors = np.broadcast_to(weights[:, None, None] / (last.shape[1] * last.shape[2]), last.shape)
    if place == LAST_MAP:
        return Relevant(last, factors)
    blocks = BLOCKS[BLOCKS.index(place) :] if place in BLOCKS else BLOCKS
    block_inputs, values = {}, maps[layers_down_to(place, layers)[0]]
    for block in blocks:
        block_inputs[block], inner = values, maps[f"{block}_project"]
        values = values + inner if values.shape == inner.shape else inner
    factors = back(LAST_MAP, values, factors, signed=True)
    for block in reversed(blocks):
        inputs, first = block_inputs[block], block == BLOCKS[0]
        inner = back(f"{block}_project", maps[f"{block}_depthwise"], factors, has_relu=False)
        inner = back(f"{block}_depthwise", inputs if first else maps[f"{block}_expand"], inner)
        inner = inner if first else back(f"{block}_expand", inputs, inner, signed=True)
        factors = factors + inner if inputs.shape == maps[f"{block}_project"].shape else inner
    if place != "image":
        return Relevant(block_inputs[blocks[0]], factors)
    return Relevant(maps["image"], back("Conv1", maps["image"], factors, signed=True))
