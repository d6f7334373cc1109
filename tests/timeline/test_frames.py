"""The frames as annotations show them: the most probable class, and probabilities of 8 or 5 classes with the sum 1."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from rbdm.options import Options
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.frames import NO_CLASS, expression_probabilities, smoothed_frames, with_gaps
from tests.support.builders import fast, make, options_, predictions, steady


@fast
@given(predictions(), options_)
def test_probabilities_add_up_to_one(prediction, options):
    probabilities = expression_probabilities(prediction, options)
    assert probabilities.shape == (len(prediction.time), options.num_expressions)
    face = prediction.has_face
    np.testing.assert_allclose(probabilities[face].sum(axis=1), 1, atol=1e-12)
    assert (probabilities[face] >= 0).all() and np.isnan(probabilities[~face]).all()


def test_five_classes_are_the_first_five_renormalised():
    probabilities = np.array([[0.1, 0.2, 0, 0, 0.1, 0, 0.6, 0], [0, 0, 0, 0, 0, 0, 1, 0]])
    prediction = steady([True, True], probabilities=probabilities)
    five = expression_probabilities(prediction, Options(num_expressions=5))
    np.testing.assert_allclose(five[0], [0.25, 0.5, 0, 0, 0.25], atol=1e-7)
    np.testing.assert_allclose(five[1], 0.2)
    rows = expression_segments(prediction, Options(num_expressions=5))
    assert rows.tolist() == [(0, 0.04, 1, pytest.approx(0.5)), (0.04, 0.08, 0, pytest.approx(0.2))]


def test_frames_without_a_face_have_no_class_and_filled_frames_are_marked():
    probabilities = np.eye(8)[[1, 0, 3, 3]] * 0.9 + 0.1 / 8
    prediction = steady([True, False, True, True], probabilities=probabilities)
    frames = smoothed_frames(replace(prediction, inferred=np.array([True, False, True, False])))
    assert frames.classes.tolist() == [1, NO_CLASS, 3, 3]
    assert frames.filled_in.tolist() == [False, False, False, True]
    np.testing.assert_allclose(frames.certainty, [0.9125, np.nan, 0.9125, 0.9125], atol=1e-6)


def test_a_gap_of_the_video_is_drawn_as_a_frame_without_a_face():
    time = np.array([0.0, 0.04, 5.0, 5.04])
    prediction = make(time, [True] * 4, frame_end=[0.04, 0.08, 5.04, 5.08])
    frames, gaps = with_gaps(smoothed_frames(prediction))
    assert gaps.tolist() == [2]
    np.testing.assert_allclose(frames.time, [0, 0.04, 0.08, 5, 5.04])
    assert (frames.classes == NO_CLASS).tolist() == [False, False, True, False, False]
    assert np.isnan(frames.valence[2]) and np.isnan(frames.probabilities[2]).all()
    whole, none = with_gaps(smoothed_frames(steady([True] * 4)))
    assert len(whole.time) == 4 and not len(none)
