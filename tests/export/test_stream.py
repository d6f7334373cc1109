"""The probability stream has a constant rate that does not drift; DISCOVER reads it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from rbdm.export.stream import probability_stream
from rbdm.expressions import EXPRESSIONS
from rbdm.ssi import read_stream, write_stream
from rbdm.timeline.frames import smoothed_frames
from tests.support.builders import fast, make, options_, predictions, steady

NAMES = [expression.name for expression in EXPRESSIONS]


@fast
@given(predictions(), options_)
def test_stream_has_probabilities_at_a_constant_rate(tmp_path_factory, prediction, options):
    prediction = replace(prediction, options=options)
    path = tmp_path_factory.mktemp("stream") / "a.stream"
    write_stream(path, probability_stream(prediction))
    stream = read_stream(path)
    assert stream.data.dtype == np.float32 and stream.data.shape[1] == options.num_expressions
    assert stream.sample_rate == prediction.sample_rate and stream.start == 0
    assert stream.media_type == "feature;face;expression;rbdm"
    assert stream.meta["dim_labels"].split(";") == NAMES[: options.num_expressions]
    assert stream.meta["weights_sha256"] == "ab" * 32
    total = stream.data.sum(axis=1)
    assert (np.isclose(total, 1, atol=1e-5) | (total == 0)).all()
    assert (stream.data >= 0).all()
    length = len(stream.data) / stream.sample_rate
    assert length == pytest.approx(prediction.duration, abs=1 / prediction.sample_rate)


def test_stream_rows_are_the_frames_of_a_steady_video():
    prediction = steady(np.arange(100) % 30 < 25, 24000 / 1001)
    probabilities = smoothed_frames(prediction).probabilities
    stream = probability_stream(prediction)
    np.testing.assert_allclose(stream.data, np.nan_to_num(probabilities), atol=1e-6)


def test_stream_of_a_variable_rate_does_not_drift():
    random = np.random.default_rng(3)
    time = np.cumsum(random.uniform(0.01, 0.07, 5000))
    # One class until the middle of the time, which is not the middle of the frames.
    half = time[-1] / 2
    probabilities = np.where((time < half)[:, None], np.eye(8)[1], np.eye(8)[2])
    stream = probability_stream(make(time, np.ones(5000, bool), probabilities=probabilities))
    at = np.arange(len(stream.data)) / stream.sample_rate
    inside = (at > time[0]) & (np.abs(at - half) > 0.1)
    np.testing.assert_array_equal(stream.data[inside, 1] > 0.5, (at < half)[inside])


def test_discover_reads_the_stream(tmp_path):
    handler = pytest.importorskip("discover_utils.data.handler.file_handler")
    prediction = steady([True] * 50)
    write_stream(tmp_path / "a.stream", probability_stream(prediction))
    read = handler.FileHandler().load(tmp_path / "a.stream")
    np.testing.assert_array_equal(read.data, probability_stream(prediction).data)
    assert read.meta_data.sample_rate == 25
