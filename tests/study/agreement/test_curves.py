"""Curves of different rates at the same steps, and the lag between two of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.study.agreement import curves, values


def test_a_fast_rate_is_averaged():
    np.testing.assert_allclose(curves.steps(np.arange(10.0), 10, 0.5), [2, 7])


def test_a_slow_rate_holds_its_values():
    np.testing.assert_allclose(curves.steps(np.array([1.0, 4.0]), 2, 0.1), [1.0] * 5 + [4.0] * 5)


def test_samples_across_a_border_count_as_long_as_they_hold():
    # 3 samples per second and steps of half a second: sample 1 holds from 1/3 to 2/3 s.
    np.testing.assert_allclose(curves.steps(np.array([0.0, 3.0, 6.0]), 3, 0.5), [1.0, 5.0])


@given(
    st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=60),
    st.sampled_from([4.0, 10.0, 25.0, 29.97, 50.0]),
)
def test_the_mean_over_time_stays(samples, rate):
    samples = np.array(samples)
    step = len(samples) / rate / 7
    assert curves.steps(samples, rate, step).mean() == pytest.approx(samples.mean(), abs=1e-9)


def test_two_rates_of_one_curve_stay_at_the_same_time():
    def wave(rate):
        times = (np.arange(60 * rate) + 0.5) / rate
        return curves.steps(np.sin(times), rate, 0.1)

    slow, fast = wave(10), wave(50)
    shifts = curves.lags(1, 0.1)
    assert shifts[curves.best_lag(curves.lagged_sums(slow, fast, shifts))] == 0
    assert np.abs(slow - fast).max() < 0.001


def test_a_step_with_too_few_values_has_none():
    samples = np.array([1.0, np.nan, np.nan, np.nan, 2.0, 2.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(curves.steps(samples, 4, 1.0), [np.nan, 2.0, np.nan])
    assert not len(curves.steps(np.empty(0), 25, 0.1))


def test_lags_begin_with_the_smallest():
    assert curves.lags(0.3, 0.1).tolist() == [0, 1, -1, 2, -2, 3, -3]


@given(
    st.lists(st.one_of(st.just(np.nan), st.floats(-1, 1, allow_subnormal=False)), min_size=3, max_size=30),
    st.integers(-4, 4),
)
def test_lagged_sums_are_the_sums_of_the_shifted_curves(samples, lag):
    a = np.array(samples)
    b = np.roll(a, 1) * 0.5
    found = curves.lagged_sums(a, b, np.array([lag]))[0]
    np.testing.assert_allclose(found, values.sums(*curves.shifted(a, b, lag)), atol=1e-12)


@pytest.mark.parametrize("lag", [-13, -1, 0, 4, 20])
def test_a_shift_is_found(lag):
    numbers = np.random.default_rng(3)
    a = np.convolve(numbers.normal(size=600), np.ones(15) / 15, "same")
    b = np.roll(a, lag) + numbers.normal(size=600) * 0.05
    shifts = curves.lags(2.0, 0.1)
    assert shifts[curves.best_lag(curves.lagged_sums(a, b, shifts))] == lag


def test_a_lag_that_leaves_few_pairs_does_not_count():
    a, b = np.array([0.0, 0.3, -0.2, 0.1, 0.9, 0.8]), np.array([0.9, 0.8, 0.5, -0.4, 0.2, 0.6])
    shifts = curves.lags(0.5, 0.1)
    totals = curves.lagged_sums(a, b, shifts)
    found = shifts[curves.best_lag(totals)]
    assert abs(found) <= 3
    assert shifts[np.nanargmax(values.ccc(totals))] == -4  # the first two of B are the last two of A


def test_curves_that_do_not_vary_have_no_lag():
    same = np.full(50, 0.25)
    assert curves.best_lag(curves.lagged_sums(same, same, curves.lags(1, 0.1))) is None


def test_there_is_no_lag_where_nothing_overlaps():
    """With a lag, the last steps of A would be compared with the first ones of B, which lie elsewhere in the video."""
    ramp, none = np.linspace(-1, 1, 60), np.full(60, np.nan)
    a, b = np.concatenate([ramp, none]), np.concatenate([none, ramp])
    totals = curves.lagged_sums(a, b, curves.lags(2, 0.1))
    assert totals[0, 0] == 0 and totals[:, 0].max() > 2
    assert curves.best_lag(totals) is None
