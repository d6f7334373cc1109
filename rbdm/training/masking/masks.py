"""Makes soft masks from maps of relevance, and masks images with them.

The idea is that of Schiller, Huber, Dietz and André (2020), "Relevance-Based Data Masking", Frontiers in Computer
Science 2, doi 10.3389/fcomp.2020.00006: what was relevant to one network is written into the images with which another
one is trained. How a mask is made here is our own choice, see `docs/relevance-masking.md`.
"""

from typing import Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import OptionError

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]
Mode = Literal["positive", "negative", "mean"]

MODES: tuple[Mode, ...] = get_args(Mode)
EDGE = 0.02
"""Standard deviation of the blur that makes the edges of a mask soft, as a part of the longer side of the image."""


def soft_mask(relevance: Floats, shape: tuple[int, int], share: float) -> Floats:
    """Where the most relevant part of an image is.

    The map is scaled to the size of the image. The pixels with the highest relevance are 1, the others 0. Then a blur
    makes the edges soft.

    Args:
        relevance: (h, w) float, the relevance of each part of the image, in any unit and with any sign.
        shape: H and W, height and width of the image in pixels.
        share: how much of the image the relevant part is, greater than 0 and less than 1. Pixels that are as relevant
            as the least relevant one in this part belong to it, too: of a constant map, every pixel.

    Returns:
        (H, W) float32, 0…1: 1 in the relevant part, 0 elsewhere, values in between at the edges.
    """
    height, width = shape
    large = cv2.resize(relevance.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    place = large.size - max(round(share * large.size), 1)
    lowest = np.partition(large, place, axis=None)[place]
    hard = (large >= lowest).astype(np.float32)
    soft = cv2.GaussianBlur(hard, (0, 0), EDGE * max(shape), borderType=cv2.BORDER_REFLECT)
    return np.clip(np.asarray(soft, np.float32), 0, 1)


def mask_image(image: Image, mask: Floats, mode: Mode) -> Image:
    """An image of which a part is removed.

    Args:
        image: (H, W) or (H, W, C) uint8.
        mask: (H, W) float32, 0…1, from `soft_mask`.
        mode: `positive`: what is not relevant becomes 0 (black). `negative`: what is relevant becomes 0. `mean`: what
            is not relevant becomes the mean of the image, for each channel.

    Returns:
        An image of the same shape and dtype; where the mask is between 0 and 1, a mixture.
    """
    kept = (1 - mask if mode == "negative" else mask)[..., None]
    values = image.reshape(*image.shape[:2], -1).astype(np.float32)
    fill = values.mean(axis=(0, 1)) if mode == "mean" else np.float32(0)
    mixed = kept * values + (1 - kept) * fill
    return np.asarray(np.rint(mixed), np.uint8).reshape(image.shape)


def as_mode(text: str) -> Mode:
    """The mode with this name. Raises `OptionError` if there is none."""
    for mode in MODES:
        if mode == text:
            return mode
    raise OptionError(f"mask is {text!r}: it must be one of {', '.join(MODES)}")


def check_share(share: float) -> float:
    """The share. Raises `OptionError` if it is not greater than 0 and less than 1."""
    if not 0 < share < 1:
        raise OptionError(f"mask_share is {share:g}: it must be greater than 0 and less than 1")
    return share
