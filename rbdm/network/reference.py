"""The network in plain numpy with 64-bit numbers, straight from the weights: slow and simple, to check other engines.

MobileNetV2: Sandler et al. (2018), arXiv 1801.04381, table 2, as `keras.applications` builds it.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.keras_weights import Tensors

Floats = npt.NDArray[np.float64]

EPSILON = 1e-3
"""What batch normalisation adds to the variance: that of `keras.applications`, not Keras's own default."""
BLOCKS = ("expanded_conv", *(f"block_{number}" for number in range(1, 17)))
HALVING = ("block_1", "block_3", "block_6", "block_13")
"""The blocks whose output has half the height and width of their input."""


class ReferenceScores(NamedTuple):
    """The outputs of the network for one image.

    Attributes:
        emotions: (8,) probabilities.
        affect: (2,) in [-1, 1].
    """

    emotions: Floats
    affect: Floats


def batch_norm_of(layer: str) -> str:
    """The name of the batch normalisation that follows a convolution."""
    return {"Conv1": "bn_Conv1", "Conv_1": "Conv_1_bn"}.get(layer, f"{layer}_BN")


def score_image(tensors: Tensors, image: npt.NDArray[np.uint8]) -> ReferenceScores:
    """Run the network on one image.

    Args:
        tensors: the weights, see `rbdm.network.keras_weights.read_tensors`.
        image: (size, size, 3) uint8 RGB; `size` is a multiple of 32.
    """
    values = _relu6(_convolve(tensors, "Conv1", image / 127.5 - 1, stride=2))
    for block in BLOCKS:
        inner = values if block == BLOCKS[0] else _relu6(_multiply(tensors, f"{block}_expand", values))
        inner = _relu6(_convolve(tensors, f"{block}_depthwise", inner, stride=2 if block in HALVING else 1))
        inner = _multiply(tensors, f"{block}_project", inner)
        values = values + inner if inner.shape == values.shape else inner
    features = _relu6(_multiply(tensors, "Conv_1", values)).mean(axis=(0, 1))
    logits, affect = (features @ kernel + bias for kernel, bias in (tensors[EMOTIONS], tensors[VALENCE_AROUSAL]))
    exponentials = np.exp(logits - logits.max())
    return ReferenceScores(exponentials / exponentials.sum(), np.tanh(affect))


def _multiply(tensors: Tensors, layer: str, values: Floats) -> Floats:
    """A convolution of one pixel, and its batch normalisation."""
    return _normalise(tensors, layer, values @ tensors[layer][0][0, 0].astype(np.float64))


def _convolve(tensors: Tensors, layer: str, values: Floats, stride: int) -> Floats:
    """A convolution of 3 × 3 pixels, which may be depthwise, and its batch normalisation."""
    (kernel,) = tensors[layer]
    height, width = values.shape[0] // stride, values.shape[1] // stride
    before = 2 - stride  # where the output has half the size, only the right and the bottom edge are extended
    padded = np.pad(values, ((before, 1), (before, 1), (0, 0)))
    result: Any = 0.0
    for y, x in np.ndindex(3, 3):
        part = padded[y : y + height * stride : stride, x : x + width * stride : stride]
        weights = kernel[y, x].astype(np.float64)
        result = result + (part * weights[:, 0] if weights.shape[1] == 1 else part @ weights)
    return _normalise(tensors, layer, result)


def _normalise(tensors: Tensors, layer: str, values: Floats) -> Floats:
    gamma, beta, mean, variance = (tensor.astype(np.float64) for tensor in tensors[batch_norm_of(layer)])
    return (values - mean) / np.sqrt(variance + EPSILON) * gamma + beta


def _relu6(values: Floats) -> Floats:
    return np.clip(values, 0, 6)
