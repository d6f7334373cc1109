"""Coefficients for numbers, from sums over the pairs of values of two annotators.

Each pair is a step of time: what statistics calls a target or subject. The two annotators are the raters. All
coefficients follow from six sums, so that those of many samples of a bootstrap cost one addition for each video.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SUMS = 6
"""n, Σa, Σb, Σa², Σb², Σab."""
_NOISE = 1e-12
"""Rounding errors: a variance below this share of the mean square is that of equal numbers."""


class Spread(NamedTuple):
    """(…) number of pairs, difference of the means, sums of squares around the means, and sum of products."""

    pairs: Floats
    difference: Floats
    a: Floats
    b: Floats
    ab: Floats


def sums(a: Floats, b: Floats) -> Floats:
    """The six sums of the pairs in which both have a value.

    Args:
        a: (T,) values of A; NaN for none.
        b: (T,) values of B; NaN for none.

    Returns:
        (6,) n, Σa, Σb, Σa², Σb², Σab.
    """
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    return np.array([len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b], float)


def each_pair(a: Floats, b: Floats) -> Floats:
    """The six sums of each pair alone: (T, 6); zeros for a pair in which one has no value."""
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = np.where(both, a, 0), np.where(both, b, 0)
    return np.stack([both.astype(float), a, b, a * a, b * b, a * b], axis=-1)


def spread(total: Floats) -> Spread:
    """Differences and sums of squares around the means, from (…, 6) sums. Rounding errors become exactly 0."""
    count, sum_a, sum_b, square_a, square_b, product = np.moveaxis(total, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        a = square_a - sum_a**2 / count
        b = square_b - sum_b**2 / count
        ab = product - sum_a * sum_b / count
        difference = (sum_a - sum_b) / count
    a, b = np.where(a > _NOISE * square_a, a, 0.0), np.where(b > _NOISE * square_b, b, 0.0)
    ab = np.where((a > 0) & (b > 0), ab, 0.0)
    nothing = ~(count > 0)
    return Spread(count, *(np.where(nothing, np.nan, part) for part in (difference, a, b, ab)))


def icc2(total: Floats) -> Floats:
    """ICC(2,1): two-way random effects, single rater, absolute agreement.

    (MSR − MSE) / (MSR + (k − 1) MSE + k (MSC − MSE) / n) with k = 2 raters and n targets. Shrout & Fleiss 1979,
    *Psychological Bulletin* 86, 420–428; ICC(A,1) of McGraw & Wong 1996, *Psychological Methods* 1, 30–46.
    """
    between, residual, raters, count = _mean_squares(total)
    return _ratio(between - residual, between + residual + 2 * (raters - residual) / count)


def icc3(total: Floats) -> Floats:
    """ICC(3,1): two-way mixed effects, single rater, consistency. A constant difference of the raters does not count.

    (MSR − MSE) / (MSR + (k − 1) MSE). Shrout & Fleiss 1979; ICC(C,1) of McGraw & Wong 1996.
    """
    between, residual, _, _ = _mean_squares(total)
    return _ratio(between - residual, between + residual)


def ccc(total: Floats) -> Floats:
    """The concordance correlation coefficient: 2·cov / (var + var + (difference of means)²), with divisor n.

    NaN if there are fewer than two pairs. Lin 1989, *Biometrics* 45, 255–268.
    """
    count, difference, a, b, ab = spread(total)
    found = _ratio(2 * ab, a + b + count * difference**2)
    return np.where(count < 2, np.nan, np.clip(found, -1, 1))


def pearson(total: Floats) -> Floats:
    """Pearson's product-moment correlation. NaN if one annotator's values are all the same."""
    _, _, a, b, ab = spread(total)
    return np.clip(_ratio(ab, np.sqrt(a * b)), -1, 1)


def rmse(total: Floats) -> Floats:
    """The root of the mean squared difference, in units of the scale: here −1 to 1."""
    count, difference, a, b, ab = spread(total)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.maximum((a + b - 2 * ab) / count + difference**2, 0))


def mean_difference(total: Floats) -> Floats:
    """The mean of B − A, in units of the scale."""
    return -spread(total).difference


def _mean_squares(total: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The mean squares between targets, of the residual and between raters; and the number of targets.

    For two raters, the sums of squares of the analysis of variance are (Sₐ + S_b + 2 Sₐ_b) / 2, (Sₐ + S_b − 2 Sₐ_b) / 2
    and n d² / 2, where S are the sums of squares and products around the means, and d is the difference of the means.
    """
    count, difference, a, b, ab = spread(total)
    freedom = np.where(count > 1, count - 1, np.nan)
    return (a + b + 2 * ab) / 2 / freedom, np.maximum(a + b - 2 * ab, 0) / 2 / freedom, count * difference**2 / 2, count


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)
