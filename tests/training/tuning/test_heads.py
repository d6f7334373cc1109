"""The fitted heads are the minimum that a general optimiser finds, and move as far as the penalty lets them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from rbdm.network.constants import Layer
from rbdm.training.tuning.base import logits
from rbdm.training.tuning.heads import PENALTIES, Targets, fit_path
from tests.training.tuning.made_up import WIDTH, faces, start_head

FACES = faces(4)
EXPRESSION = Targets(FACES.expression, FACES.possible, np.linspace(1, 2, len(FACES)))
VALENCE = Targets(FACES.affect[:, :1], None, np.linspace(1, 2, len(FACES)))


def objective(targets: Targets, start: Layer, head: Layer, penalty: float) -> float:
    weight = targets.weight / targets.weight.sum()
    moved = ((head.kernel - start.kernel) ** 2).sum() + ((head.bias - start.bias) ** 2).sum()
    return float(weight @ targets.losses(logits(FACES.values, head)) + penalty / 2 * moved)


@pytest.mark.parametrize("targets", [EXPRESSION, VALENCE], ids=["expression", "valence"])
@pytest.mark.parametrize("penalty", [1.0, 0.03])
def test_it_is_the_minimum_that_scipy_finds(targets: Targets, penalty: float) -> None:
    outputs = targets.values.shape[1]
    start = start_head(outputs)

    def of(vector: np.ndarray) -> float:
        change = vector.reshape(WIDTH + 1, outputs)
        return objective(targets, start, Layer(start.kernel + change[:-1], start.bias + change[-1]), penalty)

    best = minimize(of, np.zeros((WIDTH + 1) * outputs), method="L-BFGS-B").fun
    (head,) = fit_path(FACES.values, targets, start, [penalty])
    found = objective(targets, start, head, penalty)
    assert found == pytest.approx(best, rel=2e-3)
    assert found < 0.98 * objective(targets, start, start, penalty)


@pytest.mark.parametrize("targets", [EXPRESSION, VALENCE], ids=["expression", "valence"])
def test_the_slope_is_the_derivative_of_the_loss_and_bounded(targets: Targets) -> None:
    z = np.random.default_rng(3).normal(0, 2, targets.values.shape)
    small = 1e-5
    for column in range(z.shape[1]):
        step = np.zeros_like(z)
        step[:, column] = small
        slope = (targets.losses(z + step) - targets.losses(z - step)) / (2 * small)
        np.testing.assert_allclose(targets.slope(z)[:, column], slope, atol=1e-6)
        second = (targets.slope(z + step) - targets.slope(z - step))[:, column] / (2 * small)
        assert (second <= targets.curvature + 1e-6).all()


def test_a_smaller_penalty_moves_further_and_an_infinite_one_not_at_all() -> None:
    start = start_head()
    heads = list(fit_path(FACES.values, EXPRESSION, start, PENALTIES))
    assert np.array_equal(heads[0].kernel, start.kernel) and np.array_equal(heads[0].bias, start.bias)
    moved = [float(((head.kernel - start.kernel) ** 2).sum()) for head in heads]
    assert moved == sorted(moved) and moved[0] == 0
    losses = [float(EXPRESSION.losses(logits(FACES.values, head)).mean()) for head in heads]
    assert losses == sorted(losses, reverse=True)


def test_expressions_that_were_not_possible_keep_their_weights() -> None:
    possible = FACES.possible.copy()
    possible[:, 5:] = False
    known = FACES.expression[:, :5].any(axis=1)
    targets = Targets(FACES.expression, possible, np.ones(len(FACES))).take(np.flatnonzero(known))
    start = start_head()
    *_, head = fit_path(FACES.values[known], targets, start, PENALTIES)
    assert np.array_equal(head.kernel[:, 5:], start.kernel[:, 5:]) and np.array_equal(head.bias[5:], start.bias[5:])
    assert not np.array_equal(head.kernel[:, :5], start.kernel[:, :5])


@settings(max_examples=20)
@given(st.integers(2, 40), st.integers(0, 5), st.sampled_from(PENALTIES[1:]))
def test_a_face_that_is_there_twice_counts_twice(count: int, seed: int, penalty: float) -> None:
    one = faces(1, count, seed=seed)
    weight = np.random.default_rng(seed).integers(1, 4, count)
    repeated = np.repeat(np.arange(count), weight)
    targets = Targets(one.expression, one.possible, weight.astype(float))
    (head,) = fit_path(one.values, targets, start_head(), [penalty])
    again = Targets(one.expression[repeated], one.possible[repeated], np.ones(len(repeated)))
    (other,) = fit_path(one.values[repeated], again, start_head(), [penalty])
    np.testing.assert_allclose(head.kernel, other.kernel, atol=5e-3)
