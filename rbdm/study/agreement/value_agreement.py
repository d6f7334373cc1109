"""Agreement about valence or arousal: of one person in one video, and of all videos together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.options import AgreementSettings
from rbdm.study.agreement import values
from rbdm.study.agreement.curves import best_lag, lagged_sums, lags, shifted, steps
from rbdm.study.agreement.estimates import Coefficient, Estimate, estimate, gather
from rbdm.study.results import Samples

Floats = npt.NDArray[np.float64]

COEFFICIENTS: dict[str, Coefficient] = {
    "icc2": values.icc2,
    "icc3": values.icc3,
    "ccc": values.ccc,
    "pearson": values.pearson,
    "rmse": values.rmse,
    "mean_difference": values.mean_difference,
}
"""The coefficients, by their names in JSON. `mean_difference` is B − A."""


@dataclass(frozen=True, eq=False)
class ValuesInVideo:
    """Valence or arousal of one person in one video by both annotators.

    Attributes:
        a: (T,) A's mean value in each step, NaN for none.
        b: (T,) B's.
        sums: (L, 6) the sums of `rbdm.study.agreement.values`, for each lag in the order of `curves.lags`.
    """

    a: Floats
    b: Floats
    sums: Floats


@dataclass(frozen=True, eq=False)
class ValueAgreement:
    """Agreement about valence or arousal in all videos.

    Attributes:
        seconds: time in which `both`, `only_a`, `only_b` or `neither` have a value, up to the end of the longer one.
        unshifted: the `COEFFICIENTS`.
        lag: seconds by which B is later than A, where the CCC over all videos is greatest; negative if B is earlier;
            NaN if there is none.
        lag_note: why there is no lag, or why to doubt it; else empty.
        shifted: the `COEFFICIENTS` if B is moved earlier by this lag. The lag is chosen so that they are high: they are
            somewhat too good, and their intervals take the lag as given.
        method: how the intervals were made, or why there are none.
    """

    seconds: dict[str, float]
    unshifted: dict[str, Estimate]
    lag: float
    lag_note: str
    shifted: dict[str, Estimate]
    method: str


def in_video(a: Samples, b: Samples, settings: AgreementSettings) -> ValuesInVideo:
    """Compare two curves, which may have different rates and durations. After the end of a curve it has no value."""
    both = [steps(curve.score, curve.rate, settings.step) for curve in (a, b)]
    padded = np.full((2, max(map(len, both))), np.nan)
    for row, curve in zip(padded, both, strict=True):
        row[: len(curve)] = curve
    return ValuesInVideo(padded[0], padded[1], lagged_sums(padded[0], padded[1], lags(settings.max_lag, settings.step)))


def in_all(found: Sequence[tuple[str, ValuesInVideo]], settings: AgreementSettings) -> ValueAgreement:
    """The agreement over all videos: all steps of all videos together, and one lag for all.

    Args:
        found: for each person in each video, the video's name and what was compared.
        settings: of the steps, the lag and the intervals.
    """
    videos, parts = [video for video, _ in found], [part for _, part in found]
    totals = np.array([part.sums for part in parts])
    tried = lags(settings.max_lag, settings.step)
    best = best_lag(totals.sum(axis=0))
    unshifted, method = _coefficients(videos, parts, totals, 0, 0, settings)
    seconds = _seconds(parts, settings.step)
    if best is None:
        return ValueAgreement(seconds, unshifted, float("nan"), "no lag: the CCC is not defined", {}, method)
    later = int(tried[best])
    at_end = later and abs(later) == np.abs(tried).max()
    note = f"this is the end of what was tried, ±{settings.max_lag:g} s" if at_end else ""
    at_lag, _ = _coefficients(videos, parts, totals, best, later, settings)
    return ValueAgreement(seconds, unshifted, later * settings.step, note, at_lag, method)


def _coefficients(
    videos: list[str], parts: Sequence[ValuesInVideo], totals: Floats, place: int, lag: int, settings: AgreementSettings
) -> tuple[dict[str, Estimate], str]:
    def each_step() -> list[Floats]:
        return [values.each_pair(*shifted(part.a, part.b, lag)) for part in parts]

    evidence = gather(videos, totals[:, place], each_step, settings)
    found = {
        name: estimate(evidence, coefficient, _reason(evidence.total), settings)
        for name, coefficient in COEFFICIENTS.items()
    }
    return found, evidence.method


def _reason(total: Floats) -> str:
    """Why a coefficient is undefined, if it is."""
    if total[0] < 2:
        return "there are fewer than two steps in which both have a value"
    spread = values.spread(total)
    constant = [name for name, squares in (("A", spread.a), ("B", spread.b)) if squares == 0]
    return f"the values of {' and '.join(constant)} never change"


def _seconds(parts: Sequence[ValuesInVideo], step: float) -> dict[str, float]:
    a = np.concatenate([~np.isnan(part.a) for part in parts])
    b = np.concatenate([~np.isnan(part.b) for part in parts])
    counts = {"both": a & b, "only_a": a & ~b, "only_b": b & ~a, "neither": ~(a | b)}
    return {name: float(which.sum()) * step for name, which in counts.items()}
