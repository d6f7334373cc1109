"""Intervals: they can be repeated, cover what they should, and say if there is none."""

import numpy as np
import pytest

from rbdm.study.agreement.bootstrap import interval, over_blocks, over_videos


def mean(sums):
    return sums[..., 1] / sums[..., 0]


def test_the_same_seed_gives_the_same_draws():
    totals = np.random.default_rng(0).normal(size=(12, 2, 3))
    for draw in (lambda seed: over_videos(totals, 50, seed), lambda seed: over_blocks(totals, 4, 50, seed)):
        assert draw(7).shape == (50, 2, 3)
        np.testing.assert_array_equal(draw(7), draw(7))
        assert (draw(7) != draw(8)).any()


def test_each_draw_has_as_many_videos_or_steps_as_the_original():
    ones = np.ones((23, 1))
    np.testing.assert_array_equal(over_videos(ones, 30, 0), np.full((30, 1), 23))
    np.testing.assert_allclose(over_blocks(ones, 5, 30, 0), np.full((30, 1), 23))


def test_blocks_are_neighbours():
    steps = np.eye(6)
    for drawn in over_blocks(steps, 3, 200, 0):
        # Two blocks of three: each step that was drawn belongs to three neighbours.
        assert any(
            (drawn == np.eye(6)[i : i + 3].sum(0) + np.eye(6)[j : j + 3].sum(0)).all()
            for i in range(4)
            for j in range(4)
        )


def coverage(draw_interval, truth, runs=200):
    inside = [low <= truth <= high for low, high in map(draw_interval, range(runs))]
    return np.mean(inside)


def test_intervals_over_videos_cover_the_truth():
    def one(seed):
        values = np.random.default_rng(seed).normal(0.3, 1, size=40)
        return interval(over_videos(np.stack([np.ones(40), values], axis=-1), 400, 0), mean, 0.95)

    assert 0.89 <= coverage(one, 0.3) <= 0.99


def test_intervals_over_blocks_cover_the_truth_where_single_steps_would_not():
    def series(seed):
        noise = np.random.default_rng(seed).normal(size=1020)
        return np.convolve(noise, np.ones(21) / np.sqrt(21), "valid")

    def one(length):
        def of_seed(seed):
            values = series(seed)
            return interval(over_blocks(np.stack([np.ones(1000), values], axis=-1), length, 400, 0), mean, 0.95)

        return of_seed

    assert coverage(one(100), 0) >= 0.85
    assert coverage(one(1), 0) <= 0.6


def test_a_coefficient_that_is_often_undefined_has_no_interval():
    drawn = np.array([[1.0, 2.0]] * 80 + [[0.0, 0.0]] * 20)
    with np.errstate(invalid="ignore"):
        low, high = interval(drawn, mean, 0.95)
    assert np.isnan(low)
    assert np.isnan(high)
    drawn = np.array([[1.0, 2.0]] * 95 + [[0.0, 0.0]] * 5)
    with np.errstate(invalid="ignore"):
        assert interval(drawn, mean, 0.95) == (pytest.approx(2), pytest.approx(2))
