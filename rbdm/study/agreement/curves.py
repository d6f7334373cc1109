"""Curves of two annotators over time: at the same steps, and with one of them shifted in time."""

import numpy as np
import numpy.typing as npt

from rbdm.study.agreement.values import ccc

Floats = npt.NDArray[np.float64]

LEAST_COVER = 0.5
"""The smallest share of a step that must have a value, so that the step has one."""
LEAST_LEFT = 0.5
"""The smallest share of the pairs that a lag must leave: at the ends of short videos, a few pairs agree by chance."""


def steps(values: Floats, rate: float, step: float) -> Floats:
    """The mean of a curve over each step of time.

    Sample i holds from i / rate until (i + 1) / rate seconds. Each step is the mean of the samples in it, weighted by
    how long they hold within it. So a fast rate is averaged and not thinned out, a slow rate is not interpolated, and
    curves of two rates stay at the same time.

    Args:
        values: (N,) samples; NaN for none.
        rate: samples per second.
        step: seconds.

    Returns:
        (n,) the mean of each step; NaN if less than half of the step has values. The last step may be incomplete.
    """
    if not len(values):
        return np.empty(0)
    edges = np.arange(int(np.ceil(len(values) / rate / step - 1e-9)) + 1) * step * rate
    known = ~np.isnan(values)
    place = np.arange(len(values) + 1)

    def integral(samples: Floats) -> Floats:
        return np.diff(np.interp(edges, place, np.concatenate([[0.0], np.cumsum(samples)])))

    covered = integral(known.astype(float))
    enough = covered > LEAST_COVER * step * rate - 1e-9
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(enough & (covered > 0), integral(np.where(known, values, 0.0)) / covered, np.nan)


def lags(limit: float, step: float) -> npt.NDArray[np.int64]:
    """All lags in steps up to the limit in seconds, the smallest first: 0, 1, −1, 2, −2 and so on."""
    most = int(limit / step + 1e-9)
    return np.array(sorted(range(-most, most + 1), key=lambda lag: (abs(lag), -lag)))


def lagged_sums(a: Floats, b: Floats, shifts: npt.NDArray[np.int64]) -> Floats:
    """The six sums of `rbdm.study.agreement.values` for A at step t and B at step t + lag.

    Args:
        a: (T,) values of A; NaN for none.
        b: (T,) values of B; NaN for none.
        shifts: (L,) lags in steps.

    Returns:
        (L, 6).
    """
    powers_a, powers_b = _powers(a), _powers(b)
    result = np.zeros((len(shifts), 6))
    for row, lag in enumerate(shifts):
        count = len(a) - abs(lag)
        if count <= 0:
            continue
        start_a, start_b = max(-lag, 0), max(lag, 0)
        products = powers_a[:, start_a : start_a + count] @ powers_b[:, start_b : start_b + count].T
        result[row] = products[[0, 1, 0, 2, 0, 1], [0, 0, 1, 0, 2, 1]]
    return result


def shifted(a: Floats, b: Floats, lag: int) -> tuple[Floats, Floats]:
    """The parts of (T,) A and B that belong together if B is `lag` steps later than A."""
    count = max(len(a) - abs(lag), 0)
    return a[max(-lag, 0) :][:count], b[max(lag, 0) :][:count]


def best_lag(totals: Floats) -> int | None:
    """The place of the lag with the greatest CCC: the smaller lag if two are equal.

    Args:
        totals: (L, 6) the sums over all videos for each lag, as `lags` orders them.

    Returns:
        The row of `totals`, or None if no lag has a CCC, or if there are no pairs without a lag: then any lag would
        compare other parts of the videos. Lags that leave less than half of the pairs do not count.
    """
    if not totals[0, 0]:
        return None
    numbers = np.where(totals[:, 0] >= LEAST_LEFT * totals[0, 0], ccc(totals), np.nan)
    return None if np.isnan(numbers).all() else int(np.nanargmax(numbers))


def _powers(values: Floats) -> Floats:
    """(3, T): 1, the value and its square; all 0 where there is no value."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    return np.stack([known.astype(float), filled, filled**2])
