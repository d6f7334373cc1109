"""A timeline knows which frames have a face, how far to trust them, and when the last frame ends."""

from dataclasses import replace

import numpy as np

from tests.support.builders import steady


def test_the_confidence_is_halved_where_values_are_filled_in_and_0_without_a_face():
    prediction = steady([True, True, False], confidence=[0.8, 0.6, 0.3])
    prediction = replace(prediction, inferred=np.array([True, False, False]))
    assert prediction.has_face.tolist() == [True, True, False]
    np.testing.assert_allclose(prediction.confidence, [0.8, 0.3, 0], atol=1e-6)
