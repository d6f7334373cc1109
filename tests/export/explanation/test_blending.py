"""Colours say the sign of a map, their strength its size; where it is 0, the picture stays grey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.export.explanation.blending import blend
from tests.support.builders import fast


@fast
@given(st.tuples(*[st.integers(0, 255)] * 3), st.floats(-1, 1))
def test_orange_is_for_blue_is_against(color, value):
    found = blend(np.full((2, 2, 3), color, np.uint8), np.array([[value, 0], [1, -1]]))
    assert found.dtype == np.uint8
    red, blue = (found[..., channel].astype(int) for channel in (0, 2))
    assert abs(red[0, 1] - blue[0, 1]) <= 1
    assert red[1, 0] - blue[1, 0] > 100 and blue[1, 1] - red[1, 1] > 60
    assert value <= 0.01 or red[0, 0] > blue[0, 0]
    assert value >= -0.01 or red[0, 0] < blue[0, 0]


@pytest.mark.parametrize("strongest", [None, 2.0])
def test_the_strength_is_that_of_the_strongest_place_or_of_a_given_one(strongest):
    relevance = np.array([[0.0, 0.5, 1.0, 2.0]])
    found = blend(np.full((1, 4, 3), 128, np.uint8), relevance, strongest).astype(int)
    colour = found[0, :, 0] - found[0, :, 2]
    assert (np.diff(colour) > 0).all()
    np.testing.assert_array_equal(found, blend(np.full((1, 4, 3), 128, np.uint8), 3 * relevance, strongest and 6.0))


def test_a_map_of_zeros_leaves_a_grey_picture():
    found = blend(np.full((2, 2, 3), (200, 10, 90), np.uint8), np.zeros((2, 2)))
    assert (found == found[0, 0, 0]).all()
