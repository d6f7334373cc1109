"""A face is drawn the more often, the rarer its expression is. (The processes: tests/integration/test_batches.py.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.training.batches import rarity


class TestRarity:
    @given(st.lists(st.integers(0, 7), min_size=1, max_size=50), st.floats(0, 1))
    def test_class_weight_is_inverse_frequency_to_the_power(self, of: list[int], power: float) -> None:
        weight = rarity(np.eye(8, dtype=np.float32)[of], power)
        assert weight.shape == (len(of),) and weight.sum() == pytest.approx(1)
        expected = np.array([(of.count(i) / len(of)) ** -power for i in of])
        np.testing.assert_allclose(weight, expected / expected.sum(), rtol=1e-5)

    @given(st.lists(st.integers(0, 7), min_size=1, max_size=50))
    def test_extremes(self, of: list[int]) -> None:
        """0: every face equally often; 1: every class that is there."""
        labels = np.eye(8, dtype=np.float32)[of]
        np.testing.assert_allclose(rarity(labels, 0), 1 / len(of))
        by_class = np.bincount(of, rarity(labels, 1), minlength=8)
        np.testing.assert_allclose(by_class[by_class > 0], 1 / len(set(of)), rtol=1e-5)

    def test_soft_label_lies_between(self) -> None:
        labels = np.array([[1, 0, 0, 0, 0, 0, 0, 0]] * 9 + [[0.5, 0.5, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]])
        weight = rarity(labels.astype(np.float32), 1)
        assert weight[9] == pytest.approx((weight[0] + weight[10]) / 2)

    def test_unknown_is_drawn_as_often_as_the_mean(self) -> None:
        labels = np.eye(8, dtype=np.float32)[[0, 0, 0, 1, 1]]
        labels[4] = np.nan
        weight = rarity(labels, 1)
        assert weight.sum() == pytest.approx(1) and weight[4] == pytest.approx(weight[:4].mean())

    def test_nothing_is_known(self) -> None:
        np.testing.assert_allclose(rarity(np.full((4, 8), np.nan, np.float32), 1), 0.25)
