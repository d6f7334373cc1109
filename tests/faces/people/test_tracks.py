"""Everybody is followed at the same time; where two people may be confused, the time is noted."""

import numpy as np
import pytest

from rbdm.faces.people.people import People
from rbdm.faces.people.tracks import PeopleTracker

RATE = 25.0


def face(x, y=0.5, size=0.2):
    return [y - size / 2, x - size / 2, y + size / 2, x + size / 2, 0.9, 0.1, 0.2]


def follow(frames, names=None, cuts=None):
    """For each person by name the x in each frame (None where they are not there), and the warnings."""
    tracker = PeopleTracker()
    rows = [
        tracker.rows(np.float32(faces).reshape(-1, 7), index / RATE, (index + 1) / RATE)
        for index, faces in enumerate(frames)
    ]
    assert all(row.shape == (7,) for found in rows for row in found.values()), "a row stays as it is"
    people = People(tracker, cuts or {}, len(frames) / RATE, names or {})
    found = {
        person.name: [round(float(row[person.track][1] + 0.1), 2) if person.track in row else None for row in rows]
        for person in people.all()
    }
    return found, people.warnings("a.mp4"), people.all()


def test_people_are_numbered_from_the_left_and_later_ones_follow():
    frames = [[face(0.8), face(0.2)]] * 30 + [[face(0.8), face(0.2), face(0.5)]] * 40
    found, warnings, _ = follow(frames)
    assert {name: places[-1] for name, places in found.items()} == {"1": 0.2, "2": 0.8, "3": 0.5}
    assert found["3"][:30] == [None] * 30
    assert warnings == []


def test_whoever_is_detected_a_little_later_was_there_from_the_start():
    found, _, _ = follow([[face(0.8)]] * 10 + [[face(0.8), face(0.2)]] * 60)
    assert found["1"][-1] == 0.2


def test_names_go_to_sides_and_numbers():
    frames = [[face(0.2), face(0.5), face(0.8)]] * 30
    found, warnings, _ = follow(frames, {"left": "guest", "right": "host", "7": "nobody"})
    assert list(found) == ["guest", "2", "host"]
    assert warnings == ["a.mp4: there is no person 7 who could be called nobody"]


def test_short_tracks_are_left_out_and_counted():
    found, warnings, _ = follow([[face(0.2)]] * 40 + [[face(0.2), face(0.7)]] * 20 + [[face(0.2)]] * 40)
    assert list(found) == ["1"]
    assert warnings == ["a.mp4: 1 face seen for less than a second and left out: at 1.6 s"]


def test_all_faces_of_a_picture_and_of_a_short_video_count():
    assert list(follow([[face(0.2), face(0.7)]])[0]) == ["1", "2"]


@pytest.mark.parametrize("gap", [0, 3])
def test_two_who_cross_keep_their_identity_and_it_is_doubted(gap):
    """The one behind is not detected for a while."""
    frames = []
    for index in range(100):
        x = 0.2 + 0.006 * index
        front, behind = face(x), face(1 - x, 0.52)
        frames.append([front] if abs(2 * x - 1) < 0.05 * gap else [front, behind])
    found, warnings, people = follow(frames)
    assert found["1"][-1] == pytest.approx(0.79, abs=0.02) and found["2"][-1] == pytest.approx(0.21, abs=0.02)
    assert any(line.startswith("a.mp4: people 1 and 2 come close at 1.") for line in warnings)
    assert all(person.doubts for person in people)


def test_who_comes_back_to_the_same_place_is_the_same_and_that_is_doubted():
    frames = [[face(0.2), face(0.8)]] * 40 + [[face(0.2)]] * 50 + [[face(0.2), face(0.78)]] * 40
    found, warnings, people = follow(frames)
    assert list(found) == ["1", "2"] and found["2"][-1] == 0.78
    assert len(warnings) == 1 and "person 2 was lost" in warnings[0] and "3.6 s" in warnings[0]
    assert people[0].doubts == () and people[1].doubts[0][0] == pytest.approx(3.6)


def test_a_detector_that_misses_a_face_for_a_moment_raises_no_doubt():
    found, warnings, _ = follow([[face(0.2)]] * 40 + [[]] * 8 + [[face(0.22)]] * 40)
    assert list(found) == ["1"] and warnings == []


def test_who_comes_back_elsewhere_is_somebody_new_and_that_is_doubted():
    frames = [[face(0.2), face(0.8)]] * 40 + [[face(0.2)]] * 50 + [[face(0.2), face(0.5)]] * 40
    found, warnings, _ = follow(frames)
    assert list(found) == ["1", "2", "3"]
    assert len(warnings) == 1 and "person 3 is first seen at 3.6 s, while 2 cannot be seen" in warnings[0]


def test_after_half_a_minute_a_person_is_somebody_new():
    found, _, _ = follow([[face(0.2)]] * 40 + [[]] * round(31 * RATE) + [[face(0.2)]] * 40)
    assert list(found) == ["1", "2"]


def test_who_goes_on_after_a_cut_is_doubted():
    _, warnings, people = follow([[face(0.2), face(0.8)]] * 60, cuts={0: [1.2]})
    assert warnings == [
        "a.mp4: person 1 goes on after a cut at 1.2 s, recognised only by place and size: it may be somebody else"
    ]
    assert [len(person.doubts) for person in people] == [1, 0]
