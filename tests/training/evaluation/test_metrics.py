"""The figures of an evaluation, against hand-computed cases, other ways to compute them, and their bounds."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rbdm.expressions import EXPRESSIONS
from rbdm.training.evaluation.metrics import affect_metrics, calibration_error, expression_metrics, wilson_interval

Floats = npt.NDArray[np.float64]
UNIT = {"min_value": -1.0, "max_value": 1.0, "allow_nan": False, "width": 32}


def answers(*classes: int, confidence: float = 0.65) -> Floats:
    """(N, 8) probabilities: `confidence` for each of `classes`, the others share the rest."""
    rows = np.full((len(classes), 8), (1 - confidence) / 7)
    rows[np.arange(len(classes)), classes] = confidence
    return rows


def labels(*classes: int) -> Floats:
    return np.eye(8)[list(classes)]


@st.composite
def judged(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Predicted distributions and label distributions of 1 to 60 faces."""
    count = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharpness = draw(st.sampled_from([0.05, 0.5, 5.0]))
    return rng.dirichlet([sharpness] * 8, count), rng.dirichlet([sharpness] * 8, count)


@st.composite
def rated(draw: st.DrawFn) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    count = draw(st.integers(1, 40))
    column = hnp.arrays(np.float32, count, elements=st.floats(**UNIT))
    return draw(column), draw(column)


def error_of(probabilities: npt.NDArray[np.floating], truth: npt.NDArray[np.integer]) -> float:
    """The calibration error of the most probable class."""
    return calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == truth)


class TestExpressions:
    def test_hand_computed(self) -> None:
        """Neutral: 2 of 3 right; Happy: 1 of 2, once called Neutral; Sad: 0 of 1, called Happy."""
        figures = expression_metrics(answers(0, 0, 1, 1, 0, 1), labels(0, 0, 0, 1, 1, 2))
        assert figures["count"] == 6
        assert figures["accuracy"] == pytest.approx(3 / 6)
        assert figures["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
        neutral = figures["classes"]["Neutral"]
        assert [neutral[key] for key in ("precision", "recall", "f1", "count")] == pytest.approx([2 / 3] * 3 + [3])
        assert neutral["recall_interval"] == wilson_interval(2, 3)
        assert figures["accuracy_interval"] == wilson_interval(3, 6)
        happy, sad, fear = (figures["classes"][name] for name in ("Happy", "Sad", "Fear"))
        assert [happy[key] for key in ("precision", "recall", "f1", "count")] == pytest.approx([1 / 3, 1 / 2, 2 / 5, 2])
        assert [sad[key] for key in ("precision", "recall", "f1", "count")] == [0, 0, 0, 1]
        assert [fear[key] for key in ("precision", "recall", "f1", "count")] == [0, 0, 0, 0]
        assert fear["recall_interval"] is None
        assert [row[:3] for row in figures["confusion"][:3]] == [[2, 1, 0], [1, 1, 0], [0, 1, 0]]
        assert figures["cross_entropy"] == pytest.approx(-(3 * math.log(0.65) + 3 * math.log(0.05)) / 6)

    def test_rows_of_the_confusion_are_labels(self) -> None:
        confusion = np.array(expression_metrics(answers(6), labels(2))["confusion"])
        assert confusion[2, 6] == confusion.sum() == 1

    def test_balanced_accuracy_50_leaves_rare_classes_out(self) -> None:
        truth = [0] * 50 + [1] * 100 + [2] * 49
        guess = [0] * 25 + [1] * 25 + [1] * 100 + [0] * 49
        figures = expression_metrics(answers(*guess), labels(*truth))
        assert figures["balanced_accuracy_50"] == pytest.approx((0.5 + 1.0) / 2)
        assert figures["balanced_accuracy"] == pytest.approx((0.5 + 1.0 + 0.0) / 3)

    def test_majority_accuracy_counts_faces_with_more_than_half_of_the_votes(self) -> None:
        split = np.array([[0.5, 0.5, 0, 0, 0, 0, 0, 0], [0.6, 0.4, 0, 0, 0, 0, 0, 0], [0.1, 0.9, 0, 0, 0, 0, 0, 0]])
        figures = expression_metrics(answers(1, 0, 0), split)
        assert figures["majority_count"] == 2 and figures["majority_accuracy"] == pytest.approx(0.5)

    def test_first_of_equal_labels_is_the_class(self) -> None:
        tied = np.array([[0, 0.5, 0, 0.5, 0, 0, 0, 0]])
        assert expression_metrics(answers(1), tied)["accuracy"] == 1
        assert expression_metrics(answers(3), tied)["accuracy"] == 0

    def test_perfect(self) -> None:
        everything = labels(*range(8))
        figures = expression_metrics(everything, everything)
        assert figures["accuracy"] == figures["balanced_accuracy"] == figures["majority_accuracy"] == 1
        assert figures["cross_entropy"] == figures["calibration_error"] == 0
        assert figures["confusion"] == np.eye(8, dtype=int).tolist()

    def test_certain_and_wrong_costs_much_but_not_infinitely(self) -> None:
        assert 20 < expression_metrics(labels(0), labels(1))["cross_entropy"] < math.inf

    @given(judged())
    def test_bounds(self, case: tuple[Floats, Floats]) -> None:
        figures = expression_metrics(*case)
        for name in ("accuracy", "balanced_accuracy", "calibration_error"):
            assert 0 <= figures[name] <= 1 + 1e-12
        assert figures["cross_entropy"] >= -1e-9
        assert np.sum(figures["confusion"]) == figures["count"] == len(case[0])
        for row in figures["classes"].values():
            assert 0 <= row["f1"] <= 1
            assert (
                min(row["precision"], row["recall"]) - 1e-9 <= row["f1"] <= max(row["precision"], row["recall"]) + 1e-9
            )

    @given(judged())
    def test_independent_formulas(self, case: tuple[Floats, Floats]) -> None:
        """Class by class, from sets of faces, not from a confusion matrix."""
        probabilities, distribution = case
        figures = expression_metrics(probabilities, distribution)
        truth = [int(np.argmax(row)) for row in distribution]
        guess = [int(np.argmax(row)) for row in probabilities]
        recalls = []
        for i, expression in enumerate(EXPRESSIONS):
            of_class = {n for n, t in enumerate(truth) if t == i}
            of_guess = {n for n, g in enumerate(guess) if g == i}
            hits = len(of_class & of_guess)
            row = figures["classes"][expression.name]
            assert row["count"] == len(of_class)
            assert row["f1"] == pytest.approx(2 * hits / max(len(of_class) + len(of_guess), 1))
            if of_class:
                recalls.append(hits / len(of_class))
                assert row["recall"] == pytest.approx(recalls[-1])
        assert figures["balanced_accuracy"] == pytest.approx(np.mean(recalls))
        right = [t == g for t, g in zip(truth, guess, strict=True)]
        assert figures["accuracy"] == pytest.approx(np.mean(right))

    @given(judged(), st.randoms(use_true_random=False))
    def test_order_of_faces_does_not_matter(self, case: tuple[Floats, Floats], random: Any) -> None:
        order = random.sample(range(len(case[0])), len(case[0]))
        before, after = expression_metrics(*case), expression_metrics(case[0][order], case[1][order])
        assert after["confusion"] == before["confusion"]
        for name in ("accuracy", "cross_entropy", "calibration_error"):
            assert after[name] == pytest.approx(before[name])


class TestCalibration:
    def test_as_right_as_confident(self) -> None:
        """Of ten answers with probability 0.7 seven are right."""
        assert error_of(answers(*[0] * 10, confidence=0.7), np.array([0] * 7 + [1] * 3)) == pytest.approx(0)

    def test_always_wrong(self) -> None:
        assert error_of(answers(0, 0, confidence=0.9), np.array([1, 2])) == pytest.approx(0.9)

    def test_too_modest(self) -> None:
        assert error_of(answers(0, 1, confidence=0.4), np.array([0, 1])) == pytest.approx(0.6)

    def test_errors_of_different_bins_do_not_cancel(self) -> None:
        """Two right at 0.5, two wrong at 0.5 + 1/15: the mean confidence is about the accuracy, yet it is off."""
        probabilities = np.concatenate([answers(0, 0, confidence=0.5), answers(0, 0, confidence=0.5667)])
        error = error_of(probabilities, np.array([0, 0, 1, 1]))
        assert error == pytest.approx((0.5 * 2 + 0.5667 * 2) / 4)

    def test_errors_of_one_bin_cancel(self) -> None:
        probabilities = np.concatenate([answers(0, confidence=0.48), answers(0, confidence=0.52)])
        assert error_of(probabilities, np.array([0, 1])) == pytest.approx(0)

    def test_bins_are_weighted_by_their_faces(self) -> None:
        probabilities = np.concatenate([answers(0, 0, 0, confidence=1.0), answers(0, confidence=0.3)])
        assert error_of(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(0.3 / 4)

    @given(judged())
    def test_independent_formula(self, case: tuple[Floats, Floats]) -> None:
        probabilities, truth = case[0], case[1].argmax(axis=1)
        top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
        expected = 0.0
        for low in range(15):
            inside = (top * 15 >= low) & ((top * 15 < low + 1) | (low == 14))
            if inside.any():
                expected += inside.mean() * abs(right[inside].mean() - top[inside].mean())
        assert error_of(probabilities, truth) == pytest.approx(expected)


class TestAffect:
    def test_hand_computed(self) -> None:
        figures = affect_metrics(np.array([0.2, 0.4, -0.6]), np.array([0.0, 0.8, -0.2]))
        assert figures["rmse"] == pytest.approx(math.sqrt((0.04 + 0.16 + 0.16) / 3))
        assert figures["sagr"] == 1 and figures["count"] == 3
        # means 0 and 0.2; covariance 0.44/3; variances 0.56/3 and 0.56/3
        assert figures["pearson"] == pytest.approx(0.44 / 0.56)
        assert figures["ccc"] == pytest.approx(2 * 0.44 / 3 / (1.12 / 3 + 0.04))

    def test_perfect(self) -> None:
        labels = np.array([-0.5, 0.1, 0.9], np.float32)
        assert affect_metrics(labels, labels) == pytest.approx(
            {"rmse": 0, "pearson": 1, "ccc": 1, "sagr": 1, "count": 3}
        )

    def test_opposite(self) -> None:
        labels = np.array([-0.5, 0.5, 0.25, -0.25])
        figures = affect_metrics(-labels, labels)
        assert figures["pearson"] == pytest.approx(-1) and figures["ccc"] == pytest.approx(-1)
        assert figures["sagr"] == 0

    def test_ccc_sees_an_offset_that_pearson_does_not(self) -> None:
        labels = np.array([-0.5, 0.0, 0.5])
        figures = affect_metrics(labels + 0.5, labels)
        assert figures["pearson"] == pytest.approx(1)
        variance = 1 / 6
        assert figures["ccc"] == pytest.approx(2 * variance / (2 * variance + 0.25))

    def test_ccc_sees_a_scale_that_pearson_does_not(self) -> None:
        labels = np.array([-0.8, 0.0, 0.8])
        figures = affect_metrics(labels / 2, labels)
        assert figures["pearson"] == pytest.approx(1) and figures["ccc"] == pytest.approx(2 * 0.5 / (1 + 0.25))

    def test_sign_agreement_leaves_zero_labels_out(self) -> None:
        figures = affect_metrics(np.array([0.3, -0.3, 0.3, 0.0]), np.array([0.0, -0.1, -0.9, 0.5]))
        assert figures["sagr"] == pytest.approx(1 / 3)

    @pytest.mark.parametrize("value", [0.0, 0.1, 0.3, -0.7])
    @pytest.mark.parametrize("kind", [np.float32, np.float64])
    def test_correlation_with_a_constant_is_0(self, value: float, kind: type[np.floating]) -> None:
        constant, varied = np.full(10, value, kind), np.linspace(-1, 1, 10, dtype=kind)
        for case in ((constant, varied), (varied, constant), (constant, constant)):
            figures = affect_metrics(*case)
            assert figures["pearson"] == pytest.approx(0, abs=1e-9), "pearson"
            assert figures["ccc"] == pytest.approx(0, abs=1e-9), "ccc"

    @given(rated())
    def test_bounds(self, case: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]) -> None:
        figures = affect_metrics(*case)
        assert 0 <= figures["rmse"] <= 2 + 1e-9
        assert -1 - 1e-6 <= figures["pearson"] <= 1 + 1e-6
        assert abs(figures["ccc"]) <= abs(figures["pearson"]) + 1e-6
        assert not case[1].any() or 0 <= figures["sagr"] <= 1

    @given(rated())
    def test_independent_formulas(self, case: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]) -> None:
        """The mean squared difference is the CCC's denominator − 2·cov, so the CCC follows from the RMSE."""
        predicted, labels = (values.astype(float) for values in case)
        figures = affect_metrics(*case)
        assert figures["rmse"] == pytest.approx(np.linalg.norm(predicted - labels) / math.sqrt(len(labels)))
        distance = predicted.var() + labels.var() + (predicted.mean() - labels.mean()) ** 2
        if distance > 1e-9:
            assert figures["ccc"] == pytest.approx(1 - figures["rmse"] ** 2 / distance, abs=1e-6)
        if min(predicted.std(), labels.std()) > 1e-6:
            assert figures["pearson"] == pytest.approx(np.corrcoef(predicted, labels)[0, 1], abs=1e-6)

    @given(rated())
    def test_symmetric(self, case: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]) -> None:
        one, other = affect_metrics(*case), affect_metrics(*case[::-1])
        for name in ("rmse", "pearson", "ccc"):
            assert one[name] == pytest.approx(other[name], abs=1e-9)


class TestWilson:
    @given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_bounds_solve_the_equation_that_defines_them(self, counts: tuple[int, int]) -> None:
        """The bounds are the shares p for which |hits / n - p| is 1.96 standard errors of p, unless they are 0 or 1."""
        hits, count = counts
        bounds = wilson_interval(hits, count)
        assert bounds is not None and 0 <= bounds[0] <= hits / count <= bounds[1] <= 1
        for bound in bounds:
            error = (bound * (1 - bound) / count) ** 0.5
            assert abs(hits / count - bound) == pytest.approx(1.959964 * error, abs=1e-6)

    def test_a_published_example(self) -> None:
        """Newcombe 1998 (Statistics in Medicine 17, 857–872), table I, method 3: 81 of 263."""
        assert wilson_interval(81, 263) == pytest.approx([0.2553, 0.3662], abs=1e-4)

    def test_no_trials(self) -> None:
        assert wilson_interval(0, 0) is None


def test_calibration_of_one_class() -> None:
    probabilities = np.full((4, 8), 0.1)
    probabilities[:, 1] = 0.3
    figures = expression_metrics(probabilities, np.eye(8)[[1, 2, 2, 2]])
    assert figures["classes"]["Happy"]["calibration_error"] == pytest.approx(0.05)


def test_share_of_clear_faces() -> None:
    probabilities = np.full((4, 8), 0.05)
    probabilities[:2, 1], probabilities[2:, 1] = 0.71, 0.7
    assert expression_metrics(probabilities, np.eye(8)[[1] * 4])["clear_share"] == 0.5
