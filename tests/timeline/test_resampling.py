"""Samples at a constant rate are true to the frames, at any rate, and are never made from the faces beside a gap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.options import Options
from rbdm.timeline.annotations import value_samples
from rbdm.timeline.schemes import value_scheme
from tests.support.builders import fast, make, predictions, steady


@pytest.mark.parametrize("rate", [25.0, 30.0, 30000 / 1001, 23.976, 59.94, 240.0])
@pytest.mark.parametrize("rounding", [None, 3])
def test_at_the_videos_own_rate_samples_are_the_frames(rate, rounding):
    random = np.random.default_rng(1)
    has_face = random.random(1000) < 0.8
    time = np.arange(1000) / rate
    if rounding:
        time = np.round(time, rounding)
    prediction = make(time, has_face, duration=1000 / rate, sample_rate=rate)
    samples = value_samples(prediction, "valence", Options())
    np.testing.assert_array_equal(samples["score"], np.nan_to_num(prediction.valence))
    np.testing.assert_array_equal(samples["conf"], np.where(has_face, prediction.face_confidence, 0))


@fast
@given(predictions(), st.floats(0.5, 200), st.sampled_from(["valence", "arousal"]))
def test_samples_cover_the_video_and_never_reach_into_a_gap(prediction, rate, value):
    samples = value_samples(prediction, value, Options(), value_scheme(value, rate))
    assert prediction.duration - 1 / rate <= len(samples) / rate + 0.002
    assert (len(samples) - 1) / rate < prediction.duration
    starts = np.arange(len(samples)) / rate
    ends = np.append(prediction.time[1:], prediction.duration)
    stops = starts + 1 / rate if 2 * rate <= prediction.sample_rate else starts
    for sample, start, stop in zip(samples, starts, stops, strict=True):
        frames = (prediction.time <= stop + 0.001) & (ends >= start - 0.001)
        if not (frames & prediction.has_face).any():
            assert sample["score"] == 0 and sample["conf"] == 0
        if sample["conf"] == 0:
            assert sample["score"] == 0
    known = getattr(prediction, value)[prediction.has_face]
    if len(known):
        assert samples["score"].min() >= min(0, known.min()) - 1e-6
        assert samples["score"].max() <= max(0, known.max()) + 1e-6
    assert ((samples["conf"] >= 0) & (samples["conf"] <= 1)).all()


@fast
@given(predictions(), st.floats(0.5, 200))
def test_a_face_that_never_changes_gives_the_same_sample_everywhere(prediction, rate):
    count = len(prediction.time)
    still = make(
        prediction.time - prediction.time[0],
        np.ones(count),
        duration=prediction.duration - prediction.time[0],
        sample_rate=prediction.sample_rate,
        valence=np.full(count, 0.25),
        confidence=np.full(count, 0.75),
    )
    samples = value_samples(still, "valence", Options(), value_scheme("valence", rate))
    np.testing.assert_allclose(samples["score"], 0.25, atol=1e-6)
    np.testing.assert_allclose(samples["conf"], 0.75, atol=1e-6)


def test_between_frames_samples_are_interpolated_but_not_beside_a_gap():
    valence = np.array([0, 0.5, 1, 0])
    prediction = steady([1, 1, 0, 1], rate=10, valence=valence, confidence=[0.9, 0.8, 0.3, 0.7])
    samples = value_samples(prediction, "valence", Options(), value_scheme("valence", 20))
    assert samples["score"].tolist() == [0, 0.25, 0.5, 0.5, 0, 0, 0, 0]
    np.testing.assert_allclose(samples["conf"], [0.9, 0.9, 0.8, 0.8, 0, 0, 0.7, 0.7], atol=1e-6)


def test_at_low_rates_samples_are_means_over_their_own_time():
    has_face = [1] * 10 + [1] * 5 + [0] * 15
    valence = [0.1, 0.3] * 5 + [0.8] * 5 + [0] * 15
    prediction = steady(has_face, rate=10, valence=np.array(valence), confidence=np.ones(30))
    samples = value_samples(prediction, "valence", Options(), value_scheme("valence", 1))
    np.testing.assert_allclose(samples["score"], [0.2, 0.8, 0], atol=1e-6)
    np.testing.assert_allclose(samples["conf"], [1, 0.5, 0], atol=1e-6)
