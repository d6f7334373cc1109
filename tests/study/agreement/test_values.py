"""Coefficients of numbers, against pingouin, numpy and published examples."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rbdm.study.agreement import values

SYMMETRIC = (values.icc2, values.icc3, values.ccc, values.pearson, values.rmse)
SCORES = st.floats(-1, 1, allow_subnormal=False).map(lambda score: round(score, 3))
BOTH = st.lists(st.tuples(SCORES, SCORES), min_size=5, max_size=40).map(np.array)


def curves(seed, count=200):
    numbers = np.random.default_rng(seed)
    a = numbers.normal(size=count)
    return a, 0.7 * a + numbers.normal(size=count) * 0.5 + 0.3


def test_icc_is_that_of_the_analysis_of_variance():
    # The first two of the four judges in Shrout & Fleiss 1979, table 2.
    a, b = np.array([9.0, 6, 8, 7, 10, 6]), np.array([2.0, 1, 4, 1, 5, 2])
    ratings = np.column_stack([a, b])
    rows, columns, grand = ratings.mean(1), ratings.mean(0), ratings.mean()
    between = 2 * ((rows - grand) ** 2).sum() / 5
    judges = 6 * ((columns - grand) ** 2).sum()
    residual = ((ratings - rows[:, None] - columns + grand) ** 2).sum() / 5
    total = values.sums(a, b)
    assert values.icc2(total) == pytest.approx(
        (between - residual) / (between + residual + 2 * (judges - residual) / 6)
    )
    assert values.icc3(total) == pytest.approx((between - residual) / (between + residual))


@pytest.mark.parametrize("seed", range(5))
def test_icc_is_that_of_pingouin(seed):
    pingouin = pytest.importorskip("pingouin", reason="compares with pingouin")
    pandas = pytest.importorskip("pandas", reason="compares with pingouin")
    a, b = curves(seed)
    table = pandas.DataFrame(
        {"target": np.tile(np.arange(len(a)), 2), "rater": np.repeat(["A", "B"], len(a)), "score": np.append(a, b)}
    )
    found = pingouin.intraclass_corr(table, targets="target", raters="rater", ratings="score").ICC.to_numpy()
    total = values.sums(a, b)
    # ICC1, ICC2, ICC3, ICC1k, ICC2k, ICC3k, in all versions; since 0.6 under other names.
    assert [values.icc2(total), values.icc3(total)] == pytest.approx(found[1:3], abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_others_are_as_they_are_defined(seed):
    a, b = curves(seed)
    total = values.sums(a, b)
    assert values.pearson(total) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert values.rmse(total) == pytest.approx(np.sqrt(np.mean((a - b) ** 2)))
    assert values.mean_difference(total) == pytest.approx((b - a).mean())
    covariance = np.cov(a, b, bias=True)[0, 1]
    assert values.ccc(total) == pytest.approx(2 * covariance / (a.var() + b.var() + (a.mean() - b.mean()) ** 2))


@given(BOTH)
def test_a_and_b_may_change_places(both):
    forth, back = values.sums(*both.T), values.sums(*both.T[::-1])
    for coefficient in SYMMETRIC:
        np.testing.assert_allclose(coefficient(forth), coefficient(back), atol=1e-9)
    np.testing.assert_allclose(values.mean_difference(forth), -values.mean_difference(back), atol=1e-12)


@given(BOTH)
def test_equal_curves_agree_fully(both):
    a = both[:, 0]
    assume(np.ptp(a) > 0)
    total = values.sums(a, a)
    for coefficient in (values.icc2, values.icc3, values.ccc, values.pearson):
        assert coefficient(total) == pytest.approx(1, abs=1e-9)
    assert values.rmse(total) == pytest.approx(0, abs=1e-7)


@given(BOTH, st.floats(-0.5, 0.5))
def test_a_constant_difference_lowers_the_agreement_but_not_the_consistency(both, offset):
    a = both[:, 0]
    assume(np.ptp(a) > 0.1 and abs(offset) > 0.01)
    total = values.sums(a, a + offset)
    assert values.icc3(total) == pytest.approx(1, abs=1e-9)
    assert values.icc2(total) < 1
    assert values.ccc(total) < 1


def test_pairs_without_a_value_do_not_count():
    a, b = np.array([1.0, np.nan, 2, 5, 4]), np.array([2.0, 3, 2, np.nan, 5])
    np.testing.assert_array_equal(values.sums(a, b), values.sums(a[[0, 2, 4]], b[[0, 2, 4]]))
    np.testing.assert_allclose(values.each_pair(a, b).sum(axis=0), values.sums(a, b))


def test_equal_numbers_have_no_correlation():
    same, other = np.full(50, 0.1), np.linspace(-1, 1, 50)
    total = values.sums(same, other)
    assert np.isnan(values.pearson(total))
    assert values.ccc(total) == 0
    nothing = values.sums(same, same)
    for coefficient in (values.pearson, values.ccc, values.icc2, values.icc3):
        assert np.isnan(coefficient(nothing))
    assert values.rmse(nothing) == 0


def test_without_pairs_nothing_is_defined():
    nothing = values.sums(np.array([np.nan]), np.array([1.0]))
    for coefficient in (*SYMMETRIC, values.mean_difference):
        assert np.isnan(coefficient(nothing))


def test_one_pair_has_no_ccc():
    assert np.isnan(values.ccc(values.sums(np.array([0.5]), np.array([0.4]))))


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=50))
def test_ccc_of_equal_values_is_never_above_one(samples):
    found = values.ccc(values.sums(np.array(samples), np.array(samples)))
    assert np.isnan(found) or found <= 1
