"""The linear part of the network's layers on batches of feature maps, and its transpose, in numpy.

Kernels have the axes of Keras (`rbdm.network.constants.Layer`). A kernel of 1 × 1 pixels is one matrix product. A
larger one is applied pixel by pixel, and a layer that halves the size extends only the right and the bottom edge, as
`keras.applications.MobileNetV2` does.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def apply(kernel: Floats, values: Floats, stride: int) -> Floats:
    """What a layer computes without its bias.

    Args:
        kernel: (height, width, inputs, outputs), or (height, width, channels, 1) of a depthwise convolution.
        values: (N, H, W, inputs) float32.
        stride: 1 or 2.

    Returns:
        (N, H / stride, W / stride, outputs) float32.
    """
    if kernel.shape[0] == 1:
        return _product(values, kernel[0, 0])
    count, height, width, _ = values.shape
    padded = np.pad(values, ((0, 0), (2 - stride, 1), (2 - stride, 1), (0, 0)))
    result = np.zeros((count, height // stride, width // stride, _outputs(kernel)), np.float32)
    for one, image in zip(result, padded, strict=True):
        for weights, place in _taps(kernel, stride, one.shape):
            one += _weighted(image[place], weights)
    return result


def transpose(kernel: Floats, values: Floats, stride: int) -> Floats:
    """Each input gets the sum over the outputs, weighted by the kernel: the backward pass of `apply`.

    Args:
        kernel: see `apply`.
        values: (N, H, W, outputs) float32.
        stride: 1 or 2.

    Returns:
        (N, H · stride, W · stride, inputs) float32.
    """
    if kernel.shape[0] == 1:
        return _product(values, kernel[0, 0].T)
    count, height, width, _ = values.shape
    before = 2 - stride
    padded = np.zeros((count, height * stride + before + 1, width * stride + before + 1, kernel.shape[2]), np.float32)
    for one, image in zip(values, padded, strict=True):
        for weights, place in _taps(kernel, stride, one.shape):
            image[place] += _weighted(one, weights.T)
    return padded[:, before : before + height * stride, before : before + width * stride]


def _outputs(kernel: Floats) -> int:
    channels, outputs = kernel.shape[2:]
    return int(channels if outputs == 1 else outputs)


def _taps(kernel: Floats, stride: int, shape: tuple[int, ...]) -> Iterator[tuple[Floats, tuple[slice, ...]]]:
    """The weights of each pixel of the kernel, and which pixels of the padded input it is applied to."""
    for y, x in np.ndindex(kernel.shape[:2]):
        rows = slice(y, y + shape[0] * stride - stride + 1, stride)
        columns = slice(x, x + shape[1] * stride - stride + 1, stride)
        yield kernel[y, x], (rows, columns)


def _weighted(values: Floats, weights: Floats) -> Floats:
    """The values times the weights: (inputs, outputs), or one weight per channel (channels, 1) or (1, channels)."""
    return values * weights.ravel() if 1 in weights.shape else _product(values, weights)


def _product(values: Floats, matrix: Floats) -> Floats:
    flat = values.reshape(-1, values.shape[-1]) @ matrix
    return flat.reshape(*values.shape[:-1], matrix.shape[1])
