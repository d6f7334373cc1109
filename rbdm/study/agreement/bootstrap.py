"""Intervals by the bootstrap: how much a coefficient would vary if other videos, or other moments, had been annotated.

Efron & Tibshirani 1993, *An Introduction to the Bootstrap*; blocks of one series: Künsch 1989, *Annals of Statistics*
17, 1217–1241. Neighbouring moments resemble each other, so that single moments must not be drawn: the interval would be
far too narrow.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_BLOCKS = 5
"""The fewest blocks of a video from which an interval is made."""
LEAST_DEFINED = 0.9
"""The smallest share of samples in which a coefficient must be defined, so that an interval is made of them."""
_CHUNK = 2_000_000
"""The most numbers that are gathered at a time."""


def over_videos(totals: Floats, samples: int, seed: int) -> Floats:
    """Draw as many videos as there are, with replacement, many times.

    Args:
        totals: (V, …) the sums of each video.
        samples: how many times, B.
        seed: the same seed gives the same draws.

    Returns:
        (B, …) the sums over the videos of each draw.
    """
    count = len(totals)
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), samples)
    return np.tensordot(draws.astype(float), totals, axes=1)


def over_blocks(steps: Floats, length: int, samples: int, seed: int) -> Floats:
    """Moving blocks: put together a series as long as the original from blocks of it that may start anywhere.

    Args:
        steps: (T, …) the sums of each step of the one video.
        length: steps in a block. The last block of each draw is cut off, so that each draw has T steps.
        samples: how many draws, B.
        seed: the same seed gives the same draws.

    Returns:
        (B, …) the sums over the steps of each draw.
    """
    count = len(steps)
    shape = steps.shape[1:]
    until = np.zeros((count + 1, int(np.prod(shape))))
    np.cumsum(steps.reshape(count, -1), axis=0, out=until[1:])
    blocks = -(-count // length)
    lengths = np.full(blocks, length)
    lengths[-1] = count - (blocks - 1) * length
    starts = np.random.default_rng(seed).integers(0, count - length + 1, (samples, blocks))
    drawn = np.empty((samples, until.shape[1]))
    size = max(1, _CHUNK // (blocks * until.shape[1]))
    for first in range(0, samples, size):
        start = starts[first : first + size]
        drawn[first : first + size] = (until[start + lengths] - until[start]).sum(axis=1)
    return drawn.reshape(samples, *shape)


def interval(drawn: Floats, coefficient: Callable[[Floats], Floats], level: float) -> tuple[Floats, Floats]:
    """The percentile interval of a coefficient.

    Args:
        drawn: (B, …) the sums of each draw.
        coefficient: gives (B,) or (B, C) numbers from them.
        level: for example 0.95.

    Returns:
        Lower and upper end, each () or (C,); NaN where the coefficient is undefined in more than a tenth of the draws.
    """
    numbers = coefficient(drawn)
    defined = ~np.isnan(numbers)
    enough = defined.mean(axis=0) >= LEAST_DEFINED
    ends = [(1 - level) / 2, (1 + level) / 2]
    with np.errstate(all="ignore"):
        low, high = np.nanquantile(np.where(enough | defined, numbers, 0.0), ends, axis=0)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)
