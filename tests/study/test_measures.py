"""The numbers about a stretch of time: weighted by time, cut at its ends, and never 0 where nothing is known."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.expressions import EXPRESSIONS
from rbdm.study.measures import (
    EXPRESSION_MEASURES,
    TIME_MEASURES,
    VALUE_MEASURES,
    changes,
    measure,
    unsure_intervals,
)
from rbdm.study.results import SEGMENT_DTYPE, Readings, Samples
from rbdm.study.times import select
from tests.support.builders import fast

NEUTRAL, HAPPY, SAD = 0, 1, 2
STEP = 0.01


def read(segments: Any = (), valence: Any = None, rate: float = 10, expressions=tuple(range(8))) -> Readings:
    """Segments are `start, end, expression`; samples are a score, or a score and a confidence."""
    rows = np.array([(*segment, 0.9) for segment in segments], SEGMENT_DTYPE) if segments is not None else None
    samples = {}
    if valence is not None:
        score, confidence = np.array([v if isinstance(v, tuple) else (v, 0.9) for v in valence], float).reshape(-1, 2).T
        samples["valence"] = Samples(rate, np.where(confidence > 0, score, np.nan), confidence)
    ends = [segment[1] for segment in segments or ()] + [found.duration for found in samples.values()]
    return Readings(rows, expressions, samples, max(ends, default=0), {}, {})


def window(*ends: float) -> Any:
    return select(np.array(ends, float).reshape(-1, 2))


def of(measures: Any, variable: str) -> dict[str, float]:
    return {what: value for (name, what), value in measures.items() if name == variable}


def test_every_number_of_a_short_video() -> None:
    found = measure(
        read([(0.2, 0.6, HAPPY), (0.6, 1.0, SAD), (1.5, 1.9, HAPPY)], [-1, 0, 0.5, 1, (0, 0)], rate=2), window(0, 2.5)
    )
    assert list(found) == [
        *TIME_MEASURES,
        *((expression.name, what) for expression in EXPRESSIONS for what in EXPRESSION_MEASURES),
        *((value, what) for value in ("valence", "arousal") for what in VALUE_MEASURES),
    ]
    assert of(found, "window") == {"seconds": 2.5}
    assert of(found, "face") == of(found, "used") == {"seconds": pytest.approx(1.2)}
    assert of(found, "excluded") == {"share": pytest.approx(1.3 / 2.5)}
    happy = {"seconds": 0.8, "share": 2 / 3, "segments": 2, "length": 0.4, "onset": 0.2}
    assert of(found, "Happy") == pytest.approx(happy)
    assert of(found, "Sad") == pytest.approx(
        {"seconds": 0.4, "share": 1 / 3, "segments": 1, "length": 0.4, "onset": 0.6}
    )
    assert of(found, "Fear") == pytest.approx(
        {"seconds": 0, "share": 0, "segments": 0, "length": math.nan, "onset": math.nan}, nan_ok=True
    )
    sd = float(np.std([-1, 0, 0.5, 1]))
    assert of(found, "valence") == pytest.approx({"mean": 0.125, "sd": sd, "min": -1, "max": 1, "seconds": 2})
    assert all(math.isnan(value) for value in of(found, "arousal").values())


def test_segments_and_samples_are_cut_at_the_ends_of_a_window() -> None:
    readings = read([(0, 1, HAPPY), (1, 2, SAD), (2, 4, HAPPY)], [0, 1, 0.5, -1], rate=1)
    found = measure(readings, window(0.5, 2.25))
    assert of(found, "Happy") == pytest.approx(
        {"seconds": 0.75, "share": 3 / 7, "segments": 2, "length": 0.375, "onset": 0}
    )
    assert of(found, "Sad")["onset"] == 0.5, "from the start of the window"
    assert of(found, "valence")["mean"] == pytest.approx((0.5 * 0 + 1 * 1 + 0.25 * 0.5) / 1.75)
    assert of(found, "valence")["min"] == 0, "the last sample is outside"


def test_the_onset_is_that_of_the_first_segment_in_the_window() -> None:
    readings = read([(0, 1, HAPPY), (2, 3, HAPPY)])
    assert of(measure(readings, window(1.5, 4)), "Happy")["onset"] == 0.5
    assert of(measure(readings, window(0.5, 4)), "Happy")["onset"] == 0, "it is shown already"


def test_a_window_includes_its_start_and_not_its_end() -> None:
    found = measure(read([(0, 1, HAPPY), (1, 2, SAD)], [0, 1], rate=1), window(0, 1))
    assert (of(found, "Sad")["segments"], of(found, "valence")["max"]) == (0, 0)
    found = measure(read([(0, 1, HAPPY), (1, 2, SAD)], [0, 1], rate=1), window(1, 2))
    assert (of(found, "Happy")["segments"], of(found, "valence")["min"]) == (0, 1)


@pytest.mark.parametrize("rate", [29.97, 30000 / 1001, 24000 / 1001, 59.94])
def test_ends_in_whole_milliseconds_do_not_bring_in_the_next_sample_or_segment(rate: float) -> None:
    for last in range(1, 200):
        readings = read([(0, last / rate, HAPPY), (last / rate, 9, SAD)], [0.0] * last + [1.0] * 9, rate)
        found = measure(readings, window(0, round(last / rate, 3)))
        assert (of(found, "valence")["max"], of(found, "Sad")["segments"]) == (0, 0)
        assert math.isnan(of(found, "Sad")["onset"])


def test_a_window_that_is_shorter_than_a_millisecond() -> None:
    found = measure(read([(0, 1, HAPPY)], [0.5] * 10), window(0.2, 0.2004))
    assert of(found, "Happy")["share"] == 1 and of(found, "valence")["max"] == 0.5


def test_without_a_face_nothing_is_known_and_nothing_is_zero() -> None:
    found = measure(read([(3, 4, HAPPY)], [(0, 0)] * 30 + [0.5] * 10), window(0, 2))
    assert (of(found, "face"), of(found, "excluded")) == ({"seconds": 0}, {"share": 1})
    for name in [expression.name for expression in EXPRESSIONS] + ["valence", "arousal"]:
        assert all(math.isnan(value) for value in of(found, name).values()), name


def test_a_window_outside_of_the_video() -> None:
    found = measure(read([(3, 4, HAPPY)], [0.5] * 40), window())
    assert of(found, "window") == {"seconds": 0}
    assert math.isnan(found["excluded", "share"]) and math.isnan(found["valence", "mean"])


def test_an_expression_that_could_not_be_chosen_is_unknown() -> None:
    found = measure(read([(0, 1, HAPPY)], expressions=(0, 1)), window(0, 1))
    assert of(found, "Neutral")["share"] == 0 and math.isnan(of(found, "Sad")["share"])


def test_without_segments_the_face_is_where_the_samples_are() -> None:
    found = measure(read(None, [0.5, (0, 0), 0.5, 0.5]), window(0, 0.4))
    assert of(found, "face")["seconds"] == pytest.approx(0.3)
    assert math.isnan(of(found, "Happy")["share"])


def test_segments_of_one_expression_that_touch_are_one() -> None:
    """Without `merge_segments`, each frame is a segment; at a cut a new one begins."""
    frames = [(frame / 30, (frame + 1) / 30, HAPPY) for frame in range(30)] + [(1.0004, 2, HAPPY), (2.1, 3, HAPPY)]
    assert of(measure(read(frames), window(0, 3)), "Happy")["segments"] == 2


def test_excluded_time_counts_for_nothing_but_the_seconds_with_a_face() -> None:
    readings = read([(0, 1, HAPPY), (1, 2, SAD)], [(0.5, 0.6)] * 5 + [(1, 0.95)] * 10 + [(0, 0.3)] * 5)
    excluded = unsure_intervals(readings, 0.6)
    assert excluded.tolist() == [[number / 10, (number + 1) / 10] for number in range(15, 20)], "0.6 is not below 0.6"
    found = measure(readings, window(0, 2), unsure_intervals(readings, 0.7))
    assert (found["face", "seconds"], found["used", "seconds"]) == pytest.approx((2, 1))
    assert found["excluded", "share"] == pytest.approx(0.5)
    assert of(found, "Happy") == pytest.approx(
        {"seconds": 0.5, "share": 0.5, "segments": 1, "length": 0.5, "onset": 0.5}
    )
    assert of(found, "valence") == pytest.approx({"mean": 1, "sd": 0, "min": 1, "max": 1, "seconds": 1})


def test_changes_from_a_baseline() -> None:
    readings = read([(0, 1, HAPPY), (1, 4, SAD)], [0.5] * 10 + [-0.5] * 30)
    base, task = measure(readings, window(0, 2)), measure(readings, window(1, 4))
    found = changes(task, base)
    assert found["Happy", "change"] == pytest.approx(-0.5) and found["Sad", "change"] == pytest.approx(0.5)
    assert found["valence", "change"] == pytest.approx(-0.5) and math.isnan(found["arousal", "change"])
    assert all(math.isnan(value) for value in changes(task, None).values())
    nobody = measure(read([], [(0, 0)] * 40), window(0, 2))
    assert all(math.isnan(value) for value in changes(task, nobody).values())


@st.composite
def readings_on_a_grid(draw):
    """Times are whole hundredths of a second, so that a grid of this step tells the truth."""
    # Drawn one by one, times and classes come out few and alike: too tame to tell right from wrong.
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    edges = np.sort(random.choice(401, draw(st.integers(2, 12)), replace=False))
    segments = [
        (start * STEP, end * STEP, random.choice([NEUTRAL, HAPPY, SAD]))
        for start, end in pairwise(edges)
        if random.random() < 0.7
    ]
    rate = draw(st.sampled_from([2, 4, 5, 10, 20, 25, 50]))
    count = 4 * rate
    confidence = np.where(random.random(count) < 0.3, 0, random.uniform(0.1, 1, count))
    return read(segments, list(zip(random.uniform(-1, 1, count), confidence, strict=True)), rate)


@st.composite
def ends_on_a_grid(draw):
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return tuple(np.sort(random.choice(401, 2, replace=False)).tolist())


@fast
@given(
    readings=readings_on_a_grid(),
    ends=ends_on_a_grid(),
    threshold=st.sampled_from([0.0, 0.5]),
)
def test_all_numbers_equal_those_of_a_fine_grid(readings, ends, threshold):
    start, end = (number * STEP for number in ends)
    found = measure(readings, window(start, end), unsure_intervals(readings, threshold))
    time = (np.arange(*ends) + 0.5) * STEP
    valence = readings.samples["valence"]
    number = (time * valence.rate).astype(int)
    confidence, score = valence.confidence[number], valence.score[number]
    used = ~((confidence > 0) & (confidence < threshold))
    shown = np.full(len(time), -1)
    for row in readings.segments:
        shown[(row["start"] <= time) & (time < row["end"])] = row["expression"]
    assert found["face", "seconds"] == pytest.approx((shown >= 0).sum() * STEP)
    assert found["used", "seconds"] == pytest.approx(((shown >= 0) & used).sum() * STEP)
    for index in (NEUTRAL, HAPPY, SAD):
        name, here = EXPRESSIONS[index].name, (shown == index) & used
        if not ((shown >= 0) & used).any():
            assert math.isnan(found[name, "seconds"])
            continue
        assert found[name, "seconds"] == pytest.approx(here.sum() * STEP, abs=1e-9)
        assert found[name, "share"] == pytest.approx(here.sum() / ((shown >= 0) & used).sum(), abs=1e-9)
        onset = time[here][0] - STEP / 2 - start if here.any() else math.nan
        assert found[name, "onset"] == pytest.approx(onset, abs=1e-9, nan_ok=True)
    known = score[used & (confidence > 0)]
    wanted = (known.mean(), known.std(), known.min(), known.max()) if len(known) else (math.nan,) * 4
    for what, value in zip(("mean", "sd", "min", "max"), wanted, strict=True):
        assert found["valence", what] == pytest.approx(value, abs=1e-9, nan_ok=True)


@fast
@given(readings=readings_on_a_grid(), seed=st.integers(0, 2**32 - 1))
def test_windows_add_up_to_the_whole(readings, seed):
    edges = [0, *np.sort(np.random.default_rng(seed).uniform(0, 4, seed % 6)), 4]
    whole = measure(readings, window(0, 4))
    parts = [measure(readings, window(*ends)) for ends in pairwise(edges)]

    def total(values):
        return sum(value for value in values if not math.isnan(value))

    for name in ("window", "face", "used", "Neutral", "Happy", "Sad", "valence"):
        whole_seconds = whole[name, "seconds"]
        assert total(part[name, "seconds"] for part in parts) == pytest.approx(total([whole_seconds]), abs=1e-6)
    weighted = total(part["valence", "mean"] * part["valence", "seconds"] for part in parts)
    assert weighted == pytest.approx(total([whole["valence", "mean"] * whole["valence", "seconds"]]), abs=1e-6)
    highest = [part["valence", "max"] for part in parts if not math.isnan(part["valence", "max"])]
    assert max(highest, default=math.nan) == pytest.approx(whole["valence", "max"], nan_ok=True)
