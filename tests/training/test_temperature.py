"""The temperature is the one that makes probabilities frequencies."""

import numpy as np
import pytest

from rbdm.training.temperature import fit_temperature


def drawn(count: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `sharpness` times too large, and one-hot labels that were drawn from the right ones."""
    rng = np.random.default_rng(0)
    right = rng.normal(0, 2, (count, 4))
    shares = np.exp(right) / np.exp(right).sum(axis=1, keepdims=True)
    labels = np.eye(4)[[rng.choice(4, p=row) for row in shares]]
    return right * sharpness, labels


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 1.7])
def test_it_undoes_logits_that_are_too_large_or_too_small(sharpness: float) -> None:
    assert fit_temperature(*drawn(8000, sharpness)) == pytest.approx(sharpness, abs=0.05)


def test_a_row_that_counts_twice_is_as_two_rows() -> None:
    logits, labels = drawn(300, 1.4)
    weight = np.ones(300)
    weight[:40] = 3
    repeated = np.concatenate([np.arange(300), *[np.arange(40)] * 2])
    assert fit_temperature(logits, labels, weight) == fit_temperature(logits[repeated], labels[repeated])


def test_a_class_that_is_not_possible_does_not_count() -> None:
    logits, labels = drawn(2000, 1.3)
    more = np.column_stack([logits, np.full(2000, -np.inf)])
    assert fit_temperature(more, np.column_stack([labels, np.zeros(2000)])) == fit_temperature(logits, labels)
