"""The penalty is chosen on held-out sessions: what does not help there is not learned."""

import numpy as np
import pytest

from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.constants import Layer
from rbdm.training.tuning.base import logits, softmax
from rbdm.training.tuning.choice import Choice, joined, separate, tune_head
from tests.training.tuning.made_up import faces, start_head


def recognised(head: Layer, seed: int, **more: float) -> float:
    """The share of new faces that a head recognises."""
    new = faces(4, seed=seed, **more)
    return float((logits(new.values, head).argmax(axis=1) == new.expression.argmax(axis=1)).mean())


def test_what_can_be_learned_is_learned() -> None:
    start = start_head()
    head, choice = tune_head(faces(8), "expression", start)
    assert choice.penalty < np.inf
    assert recognised(head, 77) > recognised(start, 77) + 0.3


def test_labels_by_chance_are_not_learned() -> None:
    start = start_head()
    head, _ = tune_head(faces(8, truth=start, noise=1.0), "expression", start)
    p = softmax(logits(faces(4, seed=5).values, head))
    assert p.max(axis=1).mean() < 0.35, "it is as unsure as it has to be"


def test_the_temperature_makes_probabilities_frequencies() -> None:
    start = start_head()
    sharp = Layer(start.kernel * 3, start.bias)
    data = faces(10, each=60, truth=start, noise=0.5)
    head, choice = tune_head(data, "expression", sharp)
    new = faces(10, each=60, seed=4, truth=start, noise=0.5)
    p = softmax(logits(new.values, head))
    right = p.argmax(axis=1) == new.expression.argmax(axis=1)
    assert p.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.06)
    assert choice.temperature != 1


def test_with_one_session_there_is_nothing_to_choose_by() -> None:
    _, choice = tune_head(faces(1), "expression", start_head())
    assert choice == Choice(1.0)


def test_valence_has_a_head_of_one_column() -> None:
    data, start = faces(6), start_head(1)
    head, choice = tune_head(data, "valence", start)
    new = faces(2, seed=8)
    before, after = (np.tanh(logits(new.values, one)[:, 0]) for one in (start, head))
    assert np.abs(after - new.affect[:, 0]).mean() < np.abs(before - new.affect[:, 0]).mean() / 2
    assert str(choice) == f"penalty {choice.penalty:g}"


def test_separated_heads_are_joined_again() -> None:
    heads = {EMOTIONS: start_head(8), VALENCE_AROUSAL: start_head(2)}
    apart = separate(heads)
    assert list(apart) == ["expression", "valence", "arousal"]
    for name, head in joined(apart).items():
        assert np.array_equal(head.kernel, heads[name].kernel) and np.array_equal(head.bias, heads[name].bias)
