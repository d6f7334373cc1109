"""Coefficients with their intervals, for one thing that two annotators have annotated in some videos."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.options import AgreementSettings
from rbdm.progress import counted
from rbdm.study.agreement.bootstrap import LEAST_BLOCKS, interval, over_blocks, over_videos

Floats = npt.NDArray[np.float64]
Coefficient = Callable[[Floats], Floats]

LEAST_VIDEOS = 5
"""With fewer videos than this, an interval is made from blocks within them."""
FEW_VIDEOS = 10
"""With fewer videos than this, an interval over videos is said to be rough."""


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its interval. What cannot be computed is NaN, and `reason` says why.

    Attributes:
        value: the coefficient over all videos, or NaN.
        low: lower end of the interval, or NaN.
        high: upper end of the interval, or NaN.
        reason: why the value or the interval is NaN; empty if both are numbers.
    """

    value: float
    low: float
    high: float
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The sums from which coefficients are computed, and draws of the bootstrap of them.

    Attributes:
        total: (…) sums over all videos.
        drawn: (B, …) sums of each draw; None if no interval can be made.
        method: how the draws were made, or why there are none.
    """

    total: Floats
    drawn: Floats | None
    method: str


def gather(
    videos: list[str], totals: Floats, each_step: Callable[[], Iterable[Floats]], settings: AgreementSettings
) -> Evidence:
    """Draw videos; or, if there are fewer than five, blocks within each of them.

    Few videos cannot show how much videos differ: an interval over two of them has only three different draws.

    Args:
        videos: the video of each entry of `totals`. People in one video are drawn together: they are not independent.
        totals: (P, …) the sums of each person in each video.
        each_step: gives, for each entry, the (T, …) sums of each step; called only if blocks are drawn.
        settings: seed, number of samples, length of blocks.
    """
    names, place = np.unique(np.array(videos), return_inverse=True)
    total = totals.sum(axis=0)
    if len(names) >= LEAST_VIDEOS:
        by_video = np.zeros((len(names), *totals.shape[1:]))
        np.add.at(by_video, place, totals)
        few = f"; they are rough with fewer than {FEW_VIDEOS}" if len(names) < FEW_VIDEOS else ""
        return Evidence(
            total,
            over_videos(by_video, settings.samples, settings.seed),
            f"intervals: bootstrap over {len(names)} videos{few}",
        )
    series, length = list(each_step()), max(1, round(settings.block / settings.step))
    of_videos = counted(len(names), "video")
    if sum(map(len, series)) < LEAST_BLOCKS * length:
        short = f"no interval: {of_videos} with fewer than {LEAST_BLOCKS} blocks of {settings.block:g} s"
        return Evidence(total, None, short)
    seeds = np.random.SeedSequence(settings.seed).generate_state(len(series))
    drawn = sum(  # the people and videos are drawn independently of each other
        over_blocks(steps, min(length, len(steps)), settings.samples, int(seed))
        for steps, seed in zip(series, seeds, strict=True)
        if len(steps)
    )
    method = f"intervals: moving blocks of {settings.block:g} s in {of_videos}; they do not cover other videos"
    return Evidence(total, np.asarray(drawn), method)


def estimate(evidence: Evidence, coefficient: Coefficient, undefined: str, settings: AgreementSettings) -> Estimate:
    """One coefficient with its interval.

    Args:
        evidence: the sums.
        coefficient: gives one number from sums.
        undefined: why the coefficient is NaN if it is.
        settings: the level of the interval.
    """
    return estimates(evidence, lambda sums: coefficient(sums)[..., None], [undefined], settings)[0]


def estimates(
    evidence: Evidence, coefficient: Coefficient, undefined: list[str], settings: AgreementSettings
) -> list[Estimate]:
    """A coefficient of several classes: `coefficient` gives (…, C) numbers, and `undefined` has C reasons."""
    values = coefficient(evidence.total)
    if evidence.drawn is None:
        nothing = np.full(len(values), np.nan)
        low, high, why = nothing, nothing, evidence.method
    else:
        low, high = interval(evidence.drawn, coefficient, settings.level)
        why = "no interval: undefined in too many samples of the bootstrap"
    return [
        Estimate(float(value), float("nan"), float("nan"), reason)
        if np.isnan(value)
        else Estimate(float(value), float(lower), float(upper), why if np.isnan(lower) else "")
        for value, lower, upper, reason in zip(values, low, high, undefined, strict=True)
    ]
