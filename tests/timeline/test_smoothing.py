"""Smoothing is a mean over a window of time that never reaches over a gap without a face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.timeline.smoothing import smooth
from tests.support.builders import fast, predictions


@fast
@given(predictions(), st.floats(0, 5000), st.floats(-1, 1))
def test_smoothing_of_a_constant_is_the_constant(prediction, window, value):
    values = np.where(prediction.has_face, value, np.nan)
    np.testing.assert_allclose(smooth(values, prediction.time, prediction.has_face, window), values, atol=1e-12)


@fast
@given(predictions(), st.sampled_from([1.0, 33.0, 80.0, 500.0]))
def test_smoothing_is_the_mean_over_the_window_within_the_run(prediction, window):
    time, face = prediction.time, prediction.has_face
    smoothed = smooth(prediction.valence, time, face, window)
    for i in np.flatnonzero(face):
        near = [
            j
            for j in range(len(time))
            if abs(time[j] - time[i]) <= window / 2000 + 1e-6 and face[min(i, j) : max(i, j) + 1].all()
        ]
        assert smoothed[i] == pytest.approx(prediction.valence[near].astype(float).mean(), abs=1e-9)


def test_smoothing_never_reaches_over_a_gap():
    has_face = np.array([True, True, False, True, True])
    smoothed = smooth(np.array([0, 1, np.nan, 10, 20]), np.arange(5) / 25, has_face, 60_000)
    np.testing.assert_array_equal(smoothed, [0.5, 0.5, np.nan, 15, 15])


def test_smoothing_takes_as_many_frames_before_as_after():
    time = 1000 + np.arange(200) / 30
    smoothed = smooth(np.arange(200.0), time, np.ones(200, bool), 200)
    np.testing.assert_allclose(smoothed[3:-3], np.arange(3, 197), atol=1e-9)
