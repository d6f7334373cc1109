"""Nothing of a timeline mixes the values of two runs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rbdm.options import Options
from rbdm.ssi import ContinuousScheme
from rbdm.timeline.annotations import expression_segments, value_samples
from rbdm.timeline.frames import smoothed_frames
from rbdm.timeline.runs import run_numbers
from rbdm.timeline.stride import Stride, fill
from tests.support.builders import steady

Flags = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(Flags)
def test_a_run_ends_where_there_is_no_face_and_where_one_starts(flags):
    has_face, starts = (np.array(column) for column in zip(*flags, strict=True))
    run = run_numbers(has_face, starts)
    for frame in range(1, len(run)):
        same = has_face[frame] and not starts[frame]
        assert (run[frame] == run[frame - 1]) == same


def two_people(**more):
    """Ten frames of a person with valence -1, ten of another one with valence 1; both are Happy all the time."""
    valence = np.where(np.arange(20) < 10, -1.0, 1.0)
    probabilities = np.tile(np.eye(8)[1], (20, 1))
    starts = np.isin(np.arange(20), [0, 10])
    return steady([True] * 20, valence=valence, probabilities=probabilities, starts_run=starts, **more)


def test_smoothing_and_resampling_do_not_mix_two_people():
    prediction = two_people()
    options = Options(smoothing_ms=400)
    assert set(value_samples(prediction, "valence", options)["score"]) == {-1, 1}
    fine = value_samples(prediction, "valence", options, ContinuousScheme("valence", 400.0, -1.0, 1.0, "", ""))
    assert set(fine["score"]) == {-1, 1}
    assert set(smoothed_frames(prediction).valence) == {-1, 1}


def test_segments_of_two_people_are_not_joined():
    assert expression_segments(two_people(), Options())["from"].tolist() == [0, 0.4]


def test_the_first_frame_of_a_person_is_inferred_and_the_others_are_filled_in_from_it():
    starts = np.isin(np.arange(20), [0, 10])
    stride = Stride(7)
    inferred = np.array([stride.infers(True, bool(start)) for start in starts])
    assert np.flatnonzero(inferred).tolist() == [0, 7, 10, 17]
    valence = np.where(inferred, np.where(np.arange(20) < 10, -1, 1), np.nan).astype(np.float32)[:, None]
    held = valence.copy()
    fill(np.arange(20) / 25, np.ones(20, bool), inferred, run_numbers(np.ones(20, bool), starts), held, valence)
    assert valence[:, 0].tolist() == held[:, 0].tolist() == [-1] * 10 + [1] * 10


def test_in_a_gap_of_the_video_there_is_no_face():
    time = np.array([*np.arange(10) / 25, *(np.arange(10) / 25 + 5)])
    ends = time + 1 / 25
    prediction = two_people(frame_end=ends)
    prediction = type(prediction)(**{**vars(prediction), "time": time, "duration": float(ends[-1])})
    segments = expression_segments(prediction, Options())
    np.testing.assert_allclose([segments["from"], segments["to"]], [[0, 5], [0.4, 5.4]])
    for rate in (25.0, 400.0, 5.0):
        samples = value_samples(prediction, "valence", Options(), ContinuousScheme("v", rate, -1.0, 1.0, "", ""))
        at = np.arange(len(samples)) / rate
        assert len(samples) == round(5.4 * rate)
        gap = (at >= 0.4) & (at + 1 / rate <= 5.0 + 1e-9)
        assert set(samples["conf"][gap]) == {0}
        face = (at < 0.4 - 1e-9) | (at >= 5)
        assert (samples["conf"][face] > 0).all() and set(samples["score"][face]) == {-1, 1}
