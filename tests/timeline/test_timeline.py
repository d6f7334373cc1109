"""A timeline knows which frames have a face, how far to trust them, and when the last frame ends."""

from dataclasses import replace

import numpy as np
import pytest

from rbdm.options import Options
from rbdm.timeline.annotations import expression_segments, value_samples
from tests.support.builders import make, steady


def test_the_confidence_is_halved_where_values_are_filled_in_and_0_without_a_face():
    prediction = steady([True, True, False], confidence=[0.8, 0.6, 0.3])
    prediction = replace(prediction, inferred=np.array([True, False, False]))
    assert prediction.has_face.tolist() == [True, True, False]
    np.testing.assert_allclose(prediction.confidence, [0.8, 0.3, 0], atol=1e-6)


def test_a_duration_that_is_too_short_does_not_lose_the_last_frame():
    prediction = make(np.arange(5) / 10, np.ones(5), duration=0.35, sample_rate=10)
    assert prediction.end == pytest.approx(0.5)
    assert expression_segments(prediction, Options())["to"][-1] == pytest.approx(0.5)
    assert len(value_samples(prediction, "valence", Options())) == 5
