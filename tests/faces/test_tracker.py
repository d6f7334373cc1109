"""One person's face is followed through a video with several faces, and the user is told where that is uncertain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.errors import OptionError
from rbdm.faces.tracker import FaceTracker

RATE = 25.0


def face(x: float, y: float = 0.5, size: float = 0.2, confidence: float = 0.9) -> list[float]:
    """A face around a point, as a detector gives it."""
    return [y - size / 2, x - size / 2, y + size / 2, x + size / 2, confidence]


def follow(frames: list[list[list[float]]], whom: str = "largest") -> tuple[list[float | None], FaceTracker]:
    """The x of the followed face in each frame, None where it is not there."""
    tracker = FaceTracker(whom)
    rows = [tracker.row(np.float32(faces).reshape(-1, 5), index / RATE) for index, faces in enumerate(frames)]
    assert all(row.dtype == np.float32 and row.shape == (5,) for row in rows)
    return [round(float(row[1] + row[3]) / 2, 3) if row[4] else None for row in rows], tracker


LEFT, RIGHT = face(0.25), face(0.75, size=0.22)


def test_without_a_face_the_last_box_is_repeated_with_confidence_0_and_the_first_is_the_frame():
    tracker = FaceTracker()
    rows = [tracker.row(np.float32(faces).reshape(-1, 5), i / RATE) for i, faces in enumerate([[], [LEFT], []])]
    assert rows[0].tolist() == [0, 0, 1, 1, 0]
    assert rows[1].tolist() == np.float32(LEFT).tolist()
    assert rows[2].tolist() == [*np.float32(LEFT[:4]).tolist(), 0]


def test_the_largest_at_first_is_followed_though_another_grows():
    frames = [[LEFT, RIGHT], [face(0.25, size=0.5), RIGHT], [face(0.25, size=0.5), face(0.76, size=0.1)]]
    assert follow(frames)[0] == [0.75, 0.75, 0.76]


def test_a_face_that_moves_is_followed_through_another_ones_place():
    frames = [[face(0.1 + 0.02 * i, size=0.3), face(0.9, y=0.2)] for i in range(40)]
    assert follow(frames)[0] == [round(0.1 + 0.02 * i, 3) for i in range(40)]


def test_it_does_not_jump_to_somebody_else_while_it_is_missing():
    found, tracker = follow([[LEFT, RIGHT]] + [[LEFT]] * 40 + [[LEFT, RIGHT]])
    assert found == [0.75] + [None] * 40 + [0.75]
    assert not any("lost" in line for line in tracker.warnings("a.mp4"))


def test_after_two_seconds_another_is_taken_and_that_is_said():
    found, tracker = follow([[LEFT, RIGHT]] + [[LEFT]] * 60)
    assert found[:50] == [0.75] + [None] * 49
    assert found[52:] == [0.25] * 9
    assert any("lost" in line and "2.0 s" in line for line in tracker.warnings("a.mp4"))


def test_after_a_cut_the_new_face_is_followed_at_once():
    assert follow([[LEFT]] * 3 + [[RIGHT]] * 3)[0] == [0.25] * 3 + [0.75] * 3


def test_back_after_a_cut_the_first_is_followed_again():
    assert follow([[LEFT]] * 3 + [[RIGHT]] * 3 + [[LEFT, RIGHT]] * 3)[0] == [0.25] * 3 + [0.75] * 3 + [0.25] * 3


def test_after_a_cut_that_lasts_the_new_scene_counts():
    found, tracker = follow([[LEFT]] * 3 + [[RIGHT]] * 60 + [[face(0.3, size=0.5), RIGHT]] * 5)
    assert found == [0.25] * 3 + [0.75] * 65
    assert any("lost" in line for line in tracker.warnings("a.mp4"))


@pytest.mark.parametrize(
    ("whom", "x"), [("leftmost", 0.2), ("rightmost", 0.8), ("1", 0.2), ("2", 0.5), ("3", 0.8), ("4", None)]
)
def test_places_count_from_the_left(whom, x):
    people = [face(0.8), face(0.2, size=0.1), face(0.5, size=0.3)]
    assert follow([people] * 5, whom)[0] == [x] * 5


def test_who_is_left_stays_so_while_missing_for_as_long_as_they_were_there():
    found, _ = follow([[LEFT, RIGHT]] * 250 + [[RIGHT]] * 240 + [[LEFT, RIGHT]] * 5, "leftmost")
    assert found == [0.25] * 250 + [None] * 240 + [0.25] * 5


def test_a_false_face_of_a_moment_does_not_take_the_place():
    found, _ = follow([[RIGHT]] * 25 + [[face(0.1), RIGHT]] * 5 + [[RIGHT]] * 25, "leftmost")
    assert found == [0.75] * 55


def test_who_comes_later_and_stays_takes_the_place():
    found, _ = follow([[RIGHT]] * 25 + [[LEFT, RIGHT]] * 50, "leftmost")
    assert found[:25] == [0.75] * 25
    assert found[-36:] == [0.25] * 36


@pytest.mark.parametrize(("people", "whom"), [([LEFT, RIGHT], "3"), ([LEFT], "2")])
def test_a_place_that_never_was_is_said(people, whom):
    found, tracker = follow([people] * 5, whom)
    assert found == [None] * 5
    assert any(f"face {whom}" in line for line in tracker.warnings("a.mp4"))
    assert follow([[]] * 5, whom)[1].warnings("a.mp4") == []


def test_several_faces_are_said_unless_one_was_chosen():
    assert any("--face" in line for line in follow([[LEFT, RIGHT]] * 5)[1].warnings("a.mp4"))
    assert follow([[LEFT, RIGHT]] * 5, "leftmost")[1].warnings("a.mp4") == []
    assert follow([[LEFT]] * 5)[1].warnings("a.mp4") == []


@pytest.mark.parametrize("whom", ["", "0", "-1", "left", "1.5", "largest "])
def test_whom_must_be_known(whom):
    with pytest.raises(OptionError, match="face"):
        FaceTracker(whom)


faces = st.lists(
    st.builds(face, st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(0.02, 0.5), st.floats(0.5, 1)), max_size=4
)


@given(st.lists(faces, min_size=1, max_size=60), st.sampled_from(["largest", "leftmost", "rightmost", "2"]))
def test_a_row_is_one_of_the_faces_or_the_last_box_with_confidence_0(frames, whom):
    tracker, last = FaceTracker(whom), [0.0, 0.0, 1.0, 1.0]
    for index, found in enumerate(frames):
        array = np.float32(found).reshape(-1, 5)
        row = tracker.row(array, index / RATE).tolist()
        assert row in array.tolist() if row[4] else row[:4] == last
        last = row[:4]


@given(st.lists(st.booleans(), min_size=1, max_size=100), st.floats(0.2, 0.8))
def test_a_single_face_is_followed_whenever_it_is_there(present, x):
    found, _ = follow([[face(x)] if here else [] for here in present])
    assert [where is not None for where in found] == present


def test_key_points_follow_their_face_and_are_missing_where_it_is_missing():
    points = np.arange(12, dtype=np.float32)
    seen = np.float32([[*LEFT, *points], [*RIGHT, *-points]])
    tracker = FaceTracker("leftmost")
    rows = np.array([tracker.row(faces, index / RATE) for index, faces in enumerate([seen[:0], seen, seen[1:], seen])])
    np.testing.assert_array_equal(rows[[1, 3]], [seen[0]] * 2)
    np.testing.assert_array_equal(rows[0], [0, 0, 1, 1, 0] + [np.nan] * 12)
    np.testing.assert_array_equal(rows[2], [*np.float32(LEFT[:4]), 0] + [np.nan] * 12)


def test_who_moves_while_unseen_is_not_remembered_in_their_old_place():
    frames = [[LEFT, RIGHT]] * 250 + [[RIGHT]] * 25 + [[face(0.45), RIGHT]] * 500
    right, tracker = follow(frames, "2")
    assert right == [0.75] * 775
    left, tracker = follow(frames, "leftmost")
    assert left[:250] == [0.25] * 250
    assert set(left[250:275]) == {None}
    assert left[-480:] == [0.45] * 480
    assert any("another person" in line for line in tracker.warnings("a.mp4"))


def test_a_reaction_shot_is_said():
    found, tracker = follow([[LEFT]] * 50 + [[RIGHT]] * 30 + [[LEFT]] * 50)
    assert found == [0.25] * 50 + [0.75] * 30 + [0.25] * 50
    assert any("another person" in line and "2.0 s" in line for line in tracker.warnings("a.mp4"))


def test_another_face_after_a_pause_is_said_and_the_same_is_not():
    assert any("another person" in line for line in follow([[LEFT]] * 50 + [[]] * 75 + [[RIGHT]] * 9)[1].warnings("a"))
    assert follow([[LEFT]] * 50 + [[]] * 75 + [[LEFT]] * 9)[1].warnings("a.mp4") == []
