"""Makes the LiteRT model of Keras weights, without Keras: writes them into a copy of the model that comes with rbdm."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rbdm.errors import WeightsError
from rbdm.network.constants import Layer, read_constants, write_constants
from rbdm.network.keras_weights import Tensors, check_fit, read_tensors
from rbdm.network.reference import EPSILON, ReferenceScores, batch_norm_of, score_image
from rbdm.runtime.litert import run_once

_CHECK_SIZE = 64
"""Pixels of the images of the last check; the smaller, the faster."""
_CHECK_IMAGES = 2
_CHECK_TOLERANCE = 1e-4
"""With the open weights, the two differ by 2e-7 at most; by more than 0.01 if one bias or one layer is exchanged."""


def derive_model(graph: bytes, weights: Path) -> bytes:
    """The LiteRT model of the network with these Keras weights.

    Batch normalisation is folded into the convolution before it, in 64-bit numbers (Jacob et al. 2018,
    arXiv 1712.05877, section 3.2). At the end, the model's scores of two images are compared with those of
    `rbdm.network.reference`, so that a constant in the wrong place cannot pass.

    Args:
        graph: the content of the float32 LiteRT model that comes with rbdm; its own constants do not count.
        weights: a file of Keras weights in one of the formats of `rbdm.network.keras_weights.read_tensors`.

    Raises:
        WeightsError: the weights cannot be read, belong to another network, or are not finite.
    """
    tensors, old = read_tensors(weights), read_constants(graph)
    check_fit(_shapes(old), tensors, weights)
    try:
        model = write_constants(graph, {name: fold(tensors, name, layer) for name, layer in old.items()})
    except WeightsError as error:
        raise WeightsError(f"{weights}: {error}") from error
    _check_scores(model, tensors, weights)
    return model


def _is_dense(layer: Layer) -> bool:
    return layer.kernel.ndim == 2


def _shapes(layers: dict[str, Layer]) -> dict[str, list[tuple[int, ...]]]:
    """The shapes of the tensors of every Keras layer, those of the batch normalisation too."""
    shapes: dict[str, list[tuple[int, ...]]] = {}
    for name, layer in layers.items():
        if _is_dense(layer):
            shapes[name] = [layer.kernel.shape, layer.bias.shape]
        else:
            shapes |= {name: [layer.kernel.shape], batch_norm_of(name): [layer.bias.shape] * 4}
    return shapes


def unfold(layers: Mapping[str, Layer]) -> Tensors:
    """Keras tensors that do the same as the constants of a LiteRT model; undoes `fold`.

    The batch normalisations get the mean 0, a variance that makes their divisor 1, and the bias as their offset.
    """
    tensors: Tensors = {}
    for name, layer in layers.items():
        if _is_dense(layer):
            tensors[name] = [layer.kernel, layer.bias]
            continue
        one, zero = np.ones_like(layer.bias), np.zeros_like(layer.bias)
        tensors |= {name: [layer.kernel], batch_norm_of(name): [one, layer.bias, zero, one - np.float32(EPSILON)]}
    return tensors


def fold(tensors: Tensors, name: str, layer: Layer) -> Layer:
    """The kernel and the bias that do the same as a Keras layer and its batch normalisation.

    Args:
        tensors: of all layers, see `rbdm.network.keras_weights.read_tensors`.
        name: of the layer.
        layer: its constants before, for their shape.
    """
    if _is_dense(layer):
        return Layer(*tensors[name])
    kernel = tensors[name][0].astype(np.float64)
    gamma, beta, mean, variance = (tensor.astype(np.float64) for tensor in tensors[batch_norm_of(name)])
    with np.errstate(all="ignore"):  # numbers that are not finite are an error in `write_constants`
        scale = gamma / np.sqrt(variance + EPSILON)
        # The last axis of a depthwise kernel has one entry, and the one before it the channels.
        scaled = kernel * (scale[:, None] if kernel.shape[-1] == 1 else scale)
        return Layer(scaled.astype(np.float32), (beta - mean * scale).astype(np.float32))


def _check_scores(model: bytes, tensors: Tensors, weights: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (_CHECK_IMAGES, _CHECK_SIZE, _CHECK_SIZE, 3), np.uint8)
    images[1] //= 5
    outputs = {output.shape[-1]: output for output in run_once(model, images)}
    for index, image in enumerate(images):
        expected = score_image(tensors, image)
        found = ReferenceScores(outputs[8][index], outputs[2][index])
        if not all(np.allclose(*pair, rtol=0, atol=_CHECK_TOLERANCE) for pair in zip(found, expected, strict=True)):
            raise WeightsError(
                f"{weights}: the LiteRT model that was made of it gives other scores than it: please report this"
            )
