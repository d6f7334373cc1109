"""People and faces are paired, the most alike first."""

import numpy as np

from rbdm.faces.matching import best_pairs


def test_the_greatest_likeness_is_paired_first_and_nothing_twice():
    assert best_pairs(np.array([[0.5, 0.9], [0.4, 0.8]]), 0.2) == {0: 1, 1: 0}


def test_what_is_not_alike_is_not_paired():
    assert best_pairs(np.array([[0.1, 0.9], [0.19, 0.8]]), 0.2) == {0: 1}
