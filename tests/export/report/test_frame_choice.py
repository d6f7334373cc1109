"""The frames that a page shows: the most uncertain ones, and a strip over the whole video."""

from dataclasses import replace

import numpy as np

from rbdm.export.report.frame_choice import strip_frames, uncertain_frames
from rbdm.timeline.frames import smoothed_frames
from tests.support.builders import random_prediction


def test_uncertain_frames_are_inferred_a_second_apart_and_most_uncertain_first():
    prediction = random_prediction(3000, seed=3)
    prediction = replace(prediction, inferred=np.arange(3000) % 2 == 0)
    series = smoothed_frames(prediction)
    chosen = uncertain_frames(series, 3, 12)
    assert len(chosen) == 12
    assert all(frame % 2 == 0 for frame in chosen)
    assert np.diff(np.sort(series.time[chosen])).min() >= 1
    assert (np.diff(series.certainty[chosen]) >= 0).all()
    assert series.certainty[chosen[0]] == series.certainty[::2].min()


def test_a_sure_network_has_few_uncertain_frames():
    sure = np.full((3000, 8), 0.001, np.float32)
    sure[:, 1] = 0.993
    assert len(uncertain_frames(smoothed_frames(replace(random_prediction(3000), probabilities=sure)), 3, 12)) == 3


def test_the_strip_has_a_frame_with_a_face_from_each_part_and_prefers_key_frames():
    face = np.arange(3000) < 1500
    frames = smoothed_frames(random_prediction(3000, face=face))
    chosen = strip_frames(frames, np.arange(0, 3000, 100), 10)
    assert [frame // 300 for frame in chosen] == [0, 1, 2, 3, 4]
    assert all(frame % 100 == 0 for frame in chosen)


def test_without_any_face_the_strip_shows_frames_without_one():
    frames = smoothed_frames(random_prediction(300, face=[False] * 300))
    assert len(strip_frames(frames, np.array([0]), 10)) == 10
