"""Which row of a box stream belongs to which frame, and what is said where they do not fit."""

from dataclasses import replace

import numpy as np
import pytest

from rbdm.faces.alignment import BoxAlignment
from tests.faces.box_rows import FACE, boxes
from tests.support import clips


def paired(stream, times, frame_rate=30.0):
    """The rows of frames at `times`, and the warnings."""
    pairing = BoxAlignment(stream, len(times), frame_rate)
    return [pairing.row(index, time) for index, time in enumerate(times)], pairing.warnings()


def test_as_many_rows_as_frames_pair_by_index_whatever_the_times():
    assert paired(boxes([FACE] * 4, 25.0), [0, 0.5, 0.51, 7.0]) == ([0, 1, 2, 3], [])
    assert paired(boxes([FACE], 30.0), [0.0], frame_rate=1) == ([0], [])


def test_other_counts_pair_by_time():
    rows, warnings = paired(boxes([FACE] * 10, 10.0), [0.0, 0.05, 0.1, 0.19, 0.55, 0.9, 0.99])
    assert rows == [0, 0, 1, 1, 5, 9, 9]
    assert warnings == []
    assert paired(boxes([FACE] * 5, 10.0, start=1.0), [1.0, 1.25, 1.4])[0] == [0, 2, 4]


@pytest.mark.parametrize("rate", [24000 / 1001, 25, 30000 / 1001, 30, 60, 26.39784, 120000 / 1001])
def test_rounded_rates_and_timestamps_stay_in_step_for_hours(rate):
    index = np.arange(0, int(4 * 3600 * rate), 997)
    times = np.round(index / rate, 3)
    pairing = BoxAlignment(boxes(np.tile(FACE, (index[-1] + 5, 1)), round(rate, 3)), int(index[-1]), rate)
    assert [pairing.row(int(i), float(time)) for i, time in zip(index, times, strict=True)] == index.tolist()


def test_frames_that_the_stream_does_not_reach_have_no_face_and_one_warning():
    rows, warnings = paired(boxes([FACE] * 3, 10.0, start=0.1), clips.constant(8, 10.0))
    assert rows == [None, 0, 1, 2, 2, None, None, None], "one row of tolerance after the last"
    (warning,) = warnings
    assert warning.startswith("faces.stream: it does not cover 4 of 8 frames")


def test_a_stream_of_another_video_is_noticed():
    _, warnings = paired(boxes([FACE] * 300), clips.constant(60))
    assert len(warnings) == 1
    assert "another video" in warnings[0]


def test_frames_that_could_not_be_decoded_are_noticed():
    pairing = BoxAlignment(boxes([FACE] * 5), 5, 30.0)
    for index in range(3):
        pairing.row(index, index / 30)
    assert pairing.warnings() == ["faces.stream: 5 rows, but only 3 frames could be decoded"]


@pytest.mark.parametrize("rows", [899, 901, 895, 905])
def test_a_few_rows_too_many_or_missing_do_not_shift_the_others(rows):
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.06, 900))
    pairs, warnings = paired(boxes([FACE] * rows), times)
    assert pairs == [min(row, rows) if row < rows else None for row in range(900)]
    assert any(f"{rows} rows for 900 frames" in warning for warning in warnings)


def test_many_rows_too_few_for_their_rate_are_paired_by_time_and_it_is_said():
    stream = boxes([FACE] * 870)
    pairs, warnings = paired(stream, clips.constant(900)[:870:1] + clips.constant(30, 30, start=28.99))
    assert pairs[:800] == list(range(800))
    assert "paired by time" in warnings[-1] or "does not cover" in warnings[-1]


def test_evenly_spaced_rows_are_paired_by_the_nearest_time():
    stream = replace(boxes([FACE] * 10, 10.0), evenly_spaced=True)
    assert paired(stream, [0.0, 0.04, 0.06, 0.44, 0.47, 0.9], 10.0)[0] == [0, 0, 1, 4, 5, 9]
