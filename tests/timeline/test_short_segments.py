"""Short segments are removed, and gaps are closed only where the network saw a face."""

import numpy as np
import pytest

from rbdm.ssi import DISCRETE_DTYPE, Rows
from rbdm.timeline.short_segments import tidy

Segment = tuple[float, float, int, float]


def segments(*rows: Segment) -> Rows:
    return np.array(list(rows), DISCRETE_DTYPE)


def kept(rows: Rows, min_gap: float, min_duration: float) -> list[tuple[float, float, int]]:
    found: list[tuple[float, float, int]] = tidy(rows, min_gap, min_duration).rows[["from", "to", "id"]].tolist()
    return found


A_B_A = segments((0, 1, 0, 0.9), (1, 1.1, 1, 0.5), (1.1, 4.1, 0, 0.5))


def test_the_gap_of_a_removed_segment_is_closed() -> None:
    tidied = tidy(A_B_A, 0.5, 0.15)
    assert tidied.rows.tolist() == [(0, 4.1, 0, pytest.approx(0.6))], "the confidences count by their durations"
    assert (tidied.removed, tidied.joined) == (1, 1)


def test_a_gap_that_is_too_long_stays() -> None:
    assert kept(A_B_A, 0.05, 0.15) == [(0, 1, 0), (1.1, 4.1, 0)]


def test_a_segment_that_is_long_enough_stays() -> None:
    """Its duration is exactly the limit, apart from rounding."""
    assert kept(segments((0.3, 0.3 + 0.15, 1, 1)), 0.5, 0.15) == [(0.3, 0.3 + 0.15, 1)]


def test_a_gap_without_a_face_is_never_closed() -> None:
    assert kept(segments((0, 1, 0, 1), (1.1, 2, 0, 1)), 9, 0.15) == [(0, 1, 0), (1.1, 2, 0)]
    beside_removed = segments((0, 1, 0, 1), (1, 1.1, 1, 1), (1.2, 2, 0, 1))
    assert kept(beside_removed, 9, 0.15) == [(0, 1, 0), (1.2, 2, 0)]


def test_segments_of_different_classes_are_not_joined() -> None:
    assert kept(segments((0, 1, 0, 1), (1, 1.1, 1, 1), (1.1, 2, 2, 1)), 9, 0.15) == [(0, 1, 0), (1.1, 2, 2)]


def test_segments_of_single_frames_count_together_and_stay_apart() -> None:
    """With `merge_segments=False`, each frame has a segment of its own, which is always short."""
    frames = segments(*((i / 10, (i + 1) / 10, 1 if i == 4 else 0, 1.0) for i in range(8)))
    found = kept(frames, 0, 0.15)
    assert found == [(i / 10, (i + 1) / 10, 0) for i in range(8) if i != 4]
    assert kept(frames, 0.5, 0.15) == [*found[:3], (0.3, 0.6, 0), *found[5:]], "the gap is closed by its neighbours"


def test_nothing_is_changed_without_limits() -> None:
    assert tidy(A_B_A, 0, 0).rows.tolist() == A_B_A.tolist()
    assert tidy(A_B_A, 9, 0).joined == 0, "only what touches: there is no gap"
    assert len(tidy(A_B_A[:0], 0.5, 0.15).rows) == 0


def test_all_can_be_too_short() -> None:
    assert tidy(A_B_A, 0.5, 10)[1:] == (3, 0)


def test_many_random_segments_against_the_definition() -> None:
    """Each remaining moment keeps its class; each moment that is added lies between two segments that were seen."""
    rng = np.random.default_rng(7)
    for _ in range(200):
        ids, steps = rng.integers(0, 3, 40), rng.integers(0, 4, 40)  # in frames; steps of 3 are gaps without a face
        time = np.cumsum(np.append(0, np.where(steps == 3, 2, 1))) / 25
        rows = segments(*((time[i], time[i + 1], ids[i], 1.0) for i in range(40) if steps[i] != 3))
        tidied = tidy(rows, 0.2, 0.08).rows
        assert (tidied["from"][1:] >= tidied["to"][:-1]).all()
        for a in time[:-1][steps == 3] + 0.01:
            assert not ((tidied["from"] <= a) & (a < tidied["to"])).any(), "a moment without a face got a class"
        for row in tidied:
            inside = rows[(rows["from"] >= row["from"]) & (rows["to"] <= row["to"])]
            assert inside["id"][0] == inside["id"][-1] == row["id"]
