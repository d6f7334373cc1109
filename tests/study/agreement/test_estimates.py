"""Settings, what is drawn for an interval, and numbers that are not defined."""

import numpy as np
import pytest

from rbdm.errors import OptionError
from rbdm.options import AgreementSettings
from rbdm.study.agreement.estimates import estimate, gather

QUICK = AgreementSettings(step=1, block=4, samples=200)


def mean(sums):
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[..., 1] / sums[..., 0]


def series(count, seed=0):
    return np.stack([np.ones(count), np.random.default_rng(seed).normal(size=count)], axis=-1)


def never():
    raise AssertionError("blocks are not needed")


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": 0},
        {"max_lag": -1},
        {"samples": 10},
        {"level": 1},
        {"seed": -1},
        {"block": 0.05},
        {"step": float("nan")},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(OptionError, match=next(iter(wrong))):
        AgreementSettings(**wrong)


def test_people_in_one_video_are_drawn_together():
    totals = np.array([[1.0, value] for value in (0, 1, 0, 1, 0, 1, 0, 1, 0, 1)])
    videos = [f"v{i // 2}" for i in range(10)]
    evidence = gather(videos, totals, never, QUICK)
    found = estimate(evidence, mean, "no", QUICK)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)
    apart = estimate(gather([str(i) for i in range(10)], totals, never, QUICK), mean, "no", QUICK)
    assert apart.low < 0.5 < apart.high


def test_few_videos_are_not_drawn_but_their_blocks():
    parts = [series(40, seed) for seed in range(4)]
    totals = np.array([part.sum(axis=0) for part in parts])
    evidence = gather(list("abcd"), totals, lambda: parts, QUICK)
    assert evidence.method == "intervals: moving blocks of 4 s in 4 videos; they do not cover other videos"
    np.testing.assert_allclose(evidence.drawn[:, 0], 160)
    found = estimate(evidence, mean, "no", QUICK)
    assert found.low < found.value < found.high


def test_a_short_video_has_no_interval():
    part = series(19)
    evidence = gather(["a"], part.sum(axis=0)[None], lambda: [part], QUICK)
    found = estimate(evidence, mean, "no", QUICK)
    assert found.value == pytest.approx(part[:, 1].mean())
    assert np.isnan([found.low, found.high]).all()
    assert found.reason == "no interval: 1 video with fewer than 5 blocks of 4 s"


def test_rough_intervals_say_so():
    totals = series(9)
    assert "rough" in gather(list("abcdefghi"), totals, never, QUICK).method
    assert "rough" not in gather(list("abcdefghij"), series(10), never, QUICK).method


def test_what_is_not_defined_has_a_reason():
    evidence = gather(list("abcde"), np.zeros((5, 2)), never, QUICK)
    found = estimate(evidence, mean, "there is nothing", QUICK)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.reason == "there is nothing"


def test_the_same_seed_gives_the_same_interval():
    part = series(100)

    def interval(seed):
        settings = AgreementSettings(step=1, block=4, samples=200, seed=seed)
        return estimate(gather(["a"], part.sum(axis=0)[None], lambda: [part], settings), mean, "no", settings)

    assert interval(1) == interval(1)
    assert interval(1) != interval(2)
