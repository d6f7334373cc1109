"""Before and after: figures as defined elsewhere, and no difference is called real that chance explains."""

from itertools import product

import numpy as np
import pytest

from rbdm.study.agreement import values
from rbdm.training.evaluation.metrics import affect_metrics, expression_metrics
from rbdm.training.tuning.estimate import Comparison, compare_expression, compare_value, exchange_test
from rbdm.training.tuning.frames import Faces
from tests.training.tuning.made_up import faces


def guesses(data: Faces, right: float, seed: int) -> np.ndarray:
    """Probabilities whose top class is right in this share of the faces."""
    rng = np.random.default_rng(seed)
    truth = data.expression.argmax(axis=1)
    shown = np.where(rng.random(len(data)) < right, truth, (truth + rng.integers(1, 8, len(data))) % 8)
    return np.full((len(data), 8), 0.3 / 7) + np.eye(8)[shown] * (0.7 - 0.3 / 7)


def compared(units: int, before: float, after: float) -> Comparison:
    data = faces(units, each=40)
    return compare_expression(data, guesses(data, before, 1), guesses(data, after, 2))


def test_the_figures_are_those_of_an_evaluation() -> None:
    data = faces(6)
    before, after = guesses(data, 0.5, 1), guesses(data, 0.8, 2)
    found = {figure.name: figure for figure in compare_expression(data, before, after).figures}
    for side, predicted in (("before", before), ("after", after)):
        expected = expression_metrics(predicted, data.expression)
        assert getattr(found["mean recall"], side).value == pytest.approx(expected["balanced_accuracy"])
        assert getattr(found["accuracy"], side).value == pytest.approx(expected["accuracy"])
        assert getattr(found["cross-entropy"], side).value == pytest.approx(expected["cross_entropy"])
        assert getattr(found["calibration error"], side).value == pytest.approx(expected["calibration_error"])
        assert getattr(found["recall of Sad"], side).value == pytest.approx(expected["classes"]["Sad"]["recall"])


def test_a_real_difference_is_better_or_worse() -> None:
    better, worse = compared(12, 0.4, 0.8), compared(12, 0.8, 0.4)
    assert (better.verdict, worse.verdict) == ("better", "worse")
    first = better.figures[0]
    assert first.difference.low > 0 and first.p < 0.01
    assert first.difference.value == pytest.approx(first.after.value - first.before.value)
    assert better.units == 12 and better.faces == 480


def test_no_difference_is_no_better() -> None:
    assert compared(12, 0.6, 0.6).verdict == "no better"


@pytest.mark.parametrize("units", [2, 4, 5])
def test_fewer_than_six_sessions_show_nothing(units: int) -> None:
    found = compared(units, 0.1, 0.9)
    assert found.verdict == "no better" and found.figures[0].p >= 2 / 2**units
    assert np.isnan(found.figures[0].difference.low) == (units < 5)


def test_the_same_predictions_are_called_better_in_at_most_one_of_twenty_cases() -> None:
    """Both sides vary from session to session, as sessions do, but not on average."""
    called, cases = 0, 60
    for seed in range(cases):
        rng, data = np.random.default_rng(seed), faces(8, each=20, seed=seed)
        sides = []
        for _ in range(2):
            good = np.clip(rng.normal(0.5, 0.2, 8), 0, 1)[data.unit]
            sides.append(np.where(rng.random(len(data)) < good, 1.0, 0.0)[:, None])
        truth = data.expression
        wrong = np.roll(truth, 1, axis=1)
        before, after = (side * truth + (1 - side) * wrong for side in sides)
        called += compare_expression(data, before, after).verdict != "no better"
    assert called <= 0.05 * cases + 3


def test_time_on_which_annotators_differ_counts_in_shares() -> None:
    data = faces(2, each=1)
    half = Faces(
        data.values,
        np.array([[0.5, 0.5, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]], float),
        data.possible,
        data.affect,
        np.array([4.0, 1.0]),
        data.unit,
    )
    smile = np.tile(np.eye(8)[1], (2, 1))
    found = compare_expression(half, smile, smile)
    assert found.seconds == {"Neutral": 2.0, "Happy": 3.0}
    assert [figure.after.value for figure in found.figures if figure.name == "accuracy"] == [pytest.approx(3 / 5)]


def test_an_expression_of_one_session_is_not_in_the_mean() -> None:
    data = faces(8, each=40)
    sad = data.expression[:, 2] > 0
    alone = data.take(~sad | (data.unit == 3))
    predicted = np.where(alone.expression[:, [2]] > 0, np.eye(8)[0], alone.expression)
    found = compare_expression(alone, alone.expression, predicted)
    assert found.alone == ("Sad",)
    named = {figure.name: figure.after.value for figure in found.figures}
    assert named["mean recall"] == 1 and named["recall of Sad"] == 0


def test_valence_has_the_coefficients_of_an_evaluation() -> None:
    data, rng = faces(8), np.random.default_rng(2)
    before, after = (np.clip(data.affect[:, 0] + rng.normal(0, size, len(data)), -1, 1) for size in (0.8, 0.2))
    found = compare_value("valence", data, before, after)
    expected = affect_metrics(after, data.affect[:, 0])
    assert [figure.after.value for figure in found.figures] == pytest.approx(
        [expected["ccc"], expected["pearson"], expected["rmse"]]
    )
    assert found.verdict == "better" and found.figures[0].name == "CCC"


def test_p_is_the_share_of_exchanges() -> None:
    data, rng = faces(5), np.random.default_rng(3)
    sides = [np.clip(data.affect[:, 0] + rng.normal(0, 0.5, len(data)), -1, 1) for _ in range(2)]
    sums = np.zeros((5, 2, values.SUMS))
    for side, predicted in enumerate(sides):
        np.add.at(sums[:, side], data.unit, values.each_pair(data.affect[:, 0], predicted))
    gains = []
    for exchanged in product((False, True), repeat=5):
        mixed = np.array([one[::-1] if swap else one for one, swap in zip(sums, exchanged, strict=True)]).sum(axis=0)
        gains.append(float(values.ccc(mixed[1]) - values.ccc(mixed[0])))
    expected = np.mean(np.abs(gains) >= abs(gains[0]) - 1e-12)
    assert exchange_test(sums, values.ccc) == pytest.approx(expected)
