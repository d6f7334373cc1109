"""Coefficients of classes, against scikit-learn, krippendorff and published examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rbdm.study.agreement import classes

TABLES = arrays(float, (4, 4), elements=st.integers(0, 30).map(float))


def pairs_of(table):
    """The units of a table one by one: A's and B's class of each."""
    a, b = np.nonzero(table)
    times = table[a, b].astype(int)
    return np.repeat(a, times), np.repeat(b, times)


def test_kappa_of_a_worked_example():
    # 50 proposals, two readers: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no.
    assert classes.kappa(np.array([[20.0, 5], [10, 15]])) == pytest.approx(0.4)


def test_alpha_of_krippendorffs_example():
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability", B: two observers, five values, twelve units.
    a = ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"]
    b = ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"]
    table = np.zeros((5, 5))
    for first, second in zip(a, b, strict=True):
        table["abcde".index(first), "abcde".index(second)] += 1
    assert classes.alpha(table) == pytest.approx(0.692, abs=0.0005)


@settings(deadline=None)  # the first case imports the package
@given(TABLES)
def test_kappa_precision_and_recall_are_those_of_scikit_learn(table):
    metrics = pytest.importorskip("sklearn.metrics", reason="compares with scikit-learn")
    a, b = pairs_of(table)
    if not len(a):
        return
    labels = np.arange(4)
    if np.unique(np.concatenate([a, b])).size > 1:
        assert classes.kappa(table) == pytest.approx(metrics.cohen_kappa_score(a, b, labels=labels), abs=1e-12)
    scores = metrics.precision_recall_fscore_support(a, b, labels=labels, zero_division=np.nan)[:3]
    for coefficient, expected in zip((classes.precision, classes.recall, classes.f1), scores, strict=True):
        np.testing.assert_allclose(coefficient(table), expected, atol=1e-12)
    assert classes.agreed_share(table) == pytest.approx(metrics.accuracy_score(a, b))


@settings(deadline=None)  # the first case imports the package
@given(TABLES)
def test_alpha_is_that_of_krippendorff(table):
    krippendorff = pytest.importorskip("krippendorff", reason="compares with krippendorff")
    a, b = pairs_of(table)
    if np.unique(np.concatenate([a, b])).size > 1:
        expected = krippendorff.alpha(np.array([a, b]), value_domain=np.arange(4), level_of_measurement="nominal")
        assert classes.alpha(table) == pytest.approx(expected, abs=1e-9)


@given(TABLES)
def test_a_and_b_may_change_places(table):
    for coefficient in (classes.kappa, classes.alpha, classes.agreed_share, classes.f1):
        np.testing.assert_array_equal(coefficient(table), coefficient(table.T))
    np.testing.assert_array_equal(classes.precision(table), classes.recall(table.T))


def test_equal_annotations_agree_fully():
    table = np.diag([3.0, 0, 5, 1])
    assert classes.kappa(table) == classes.alpha(table) == classes.agreed_share(table) == 1
    np.testing.assert_array_equal(classes.recall(table), [1, np.nan, 1, 1])


@pytest.mark.parametrize("table", [np.zeros((3, 3)), np.diag([7.0, 0, 0])], ids=["no units", "one class only"])
def test_what_is_not_defined_is_nan(table):
    assert np.isnan(classes.kappa(table))
    assert np.isnan(classes.alpha(table))


def test_many_tables_at_once():
    tables = np.random.default_rng(0).integers(0, 9, (6, 4, 4)).astype(float)
    for coefficient in (classes.kappa, classes.alpha, classes.precision, classes.recall, classes.f1):
        np.testing.assert_array_equal(coefficient(tables), [coefficient(table) for table in tables])
