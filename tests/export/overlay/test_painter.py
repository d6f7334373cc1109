"""The painter draws any box into any picture, and gauges that point where the values are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.export.overlay.painter import Painter
from tests.support.builders import fast


@fast
@given(
    st.tuples(st.integers(2, 400), st.integers(2, 300)),
    st.tuples(st.floats(-3, 2), st.floats(-3, 2), st.floats(0.01, 4), st.floats(0.01, 4)),
    st.integers(0, 7),
    st.floats(-1, 1),
)
def test_any_box_can_be_painted_into_any_picture(size, box, expression, value):
    width, height = size
    ymin, xmin, tall, wide = box
    image = np.full((height, width, 3), 128, np.uint8)
    corners = np.array([ymin, xmin, ymin + tall, xmin + wide], np.float32)
    Painter(width, height).paint(image, corners, expression, 0.5, {"valence": value, "arousal": -value})
    assert image.shape == (height, width, 3) and (image != 128).any()


def test_gauges_point_where_the_values_are():
    def orange_and_blue(value):
        image = np.zeros((360, 640, 3), np.uint8)
        Painter(640, 360).paint(image, np.array([0, 0.8, 0.2, 0.9], np.float32), 0, 0.5, {"valence": value})
        panel = image[300:, :300].astype(int)
        return int((panel[..., 0] - panel[..., 2] > 80).sum()), int((panel[..., 2] - panel[..., 0] > 80).sum())

    little, much = orange_and_blue(0.25), orange_and_blue(0.75)
    assert little[1] == much[1] == 0 and much[0] / little[0] == pytest.approx(3, rel=0.2)
    assert orange_and_blue(-0.75)[1] == pytest.approx(much[0], rel=0.1) and orange_and_blue(-0.75)[0] == 0
