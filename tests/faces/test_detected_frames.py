"""The detector runs on few frames of a calm video, on all that may be different, and on all if that is wanted."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.faces.detected_frames import DetectedFrames
from tests.faces.drawn_video import DrawnFrame, DrawnVideo, KnowingDetector, face, film


def find(frames: list[DrawnFrame], every_frame: bool = False) -> tuple[list[np.ndarray], list[bool]]:
    """The faces of each frame, and whether the detector ran on it."""
    detector = KnowingDetector()
    results = list(DetectedFrames(DrawnVideo(frames), detector, every_frame))
    assert [frame for frame, _ in results] == frames, "each frame comes once, in order"
    assert len(set(detector.seen)) == len(detector.seen), "the detector runs at most once on a frame"
    seen = set(detector.seen)
    return [faces for _, faces in results], [frame in seen for frame in frames]


@st.composite
def films(draw: st.DrawFn) -> list[DrawnFrame]:
    """Two people, who may be still, move evenly or jump about, come and go; gaps, cuts, and a rate that varies."""
    count = draw(st.integers(1, 70))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    speed, shaking = draw(st.sampled_from([0, 0.001, 0.01, 0.05])), draw(st.sampled_from([0, 0.002, 0.05]))
    absent = {draw(st.integers(0, 70)) for _ in range(draw(st.integers(0, 4)))}
    confidence = draw(st.sampled_from([0.9, 0.66, 0.6]))
    second = draw(st.integers(0, 70))
    times = np.cumsum(random.choice(draw(st.sampled_from([[0.04], [0.02, 0.2], [0.5]])), count))

    def faces(i: int) -> list[tuple[float, ...]]:
        people = [] if i in absent else [face(0.2 + speed * i + shaking * random.normal(), confidence)]
        return people + [face(0.8, 0.8 + 0.001 * i)] * (i >= second)

    frames = film(count, faces, list(times))
    for place in (draw(st.integers(1, 70)) for _ in range(draw(st.integers(0, 2)))):
        for frame in frames[place : place + 1]:
            frame.after_gap = True
    cut = draw(st.integers(1, 140))
    for frame in frames[cut:]:
        frame.scene = 1
    return frames


@settings(deadline=None)
@given(films())
def test_rows_are_detected_or_on_the_line_between_two_detections(frames):
    found, seen = find(frames)
    places = np.flatnonzero(seen)
    for i in places:
        expected = frames[i].faces[np.argsort(-frames[i].faces[:, 4], kind="stable")]
        np.testing.assert_array_equal(found[i], expected, err_msg="a detected row is the detector's")
    assert places[0] == 0 and places[-1] == len(frames) - 1
    for start, end in pairwise(places):
        between = range(start + 1, end)
        if not between:
            continue
        assert not any(frame.after_gap or frame.scene != frames[start].scene for frame in frames[start + 1 : end + 1])
        assert frames[end].time - frames[start].time <= 0.7
        assert end - start <= 16
        assert {len(found[i]) for i in range(start, end + 1)} == {len(found[start])}
        first, last = (frames[i].faces.astype(np.float64) for i in (start, end))
        for i in between:
            share = (frames[i].time - frames[start].time) / (frames[end].time - frames[start].time)
            expected = first + share * (last - first)
            expected = expected[np.argsort(-expected[:, 4], kind="stable")]
            np.testing.assert_allclose(found[i], expected, atol=2e-6)


@settings(deadline=None)
@given(films())
def test_a_face_that_comes_or_goes_is_never_missed(frames):
    assert [len(faces) for faces in find(frames)[0]] == [len(frame.faces) for frame in frames]


@settings(deadline=None)
@given(films())
def test_the_detector_runs_on_every_frame_if_that_is_wanted(frames):
    found, seen = find(frames, every_frame=True)
    assert all(seen)
    for faces, frame in zip(found, frames, strict=True):
        np.testing.assert_array_equal(faces, frame.faces[np.argsort(-frame.faces[:, 4], kind="stable")])


def test_a_face_that_hardly_moves_needs_one_detection_in_16_frames():
    _, seen = find(film(161, lambda i: [face(0.5 + 0.0001 * i)]))
    assert np.flatnonzero(seen).tolist() == list(range(0, 161, 16))


def test_a_face_that_moves_evenly_needs_one_more_in_the_middle():
    _, seen = find(film(161, lambda i: [face(0.3 + 0.002 * i)]))
    assert np.flatnonzero(seen).tolist() == list(range(0, 161, 8))


def test_a_face_that_leaves_the_line_by_a_small_part_of_its_width_is_detected_more_often():
    _, seen = find(film(161, lambda i: [face(0.3 + 0.002 * i + 0.003 * (i % 16 == 8))]))
    assert np.flatnonzero(seen).tolist() == list(range(0, 161, 4))


@pytest.mark.parametrize(
    "faces",
    [
        lambda i: [face(0.5 + 0.1 * (i % 2))],
        lambda i: [face(0.5, 0.64)],
        lambda i: [face(0.5)] * (i % 16 < 8),
    ],
    ids=["jumps", "low confidence", "comes and goes"],
)
def test_the_detector_runs_on_every_frame_where_its_answers_disagree(faces):
    _, seen = find(film(97, faces))
    assert all(seen)


def test_a_face_that_shakes_is_detected_in_most_frames():
    random = np.random.default_rng(0)
    assert np.mean(find(film(97, lambda i: [face(0.5 + 0.05 * random.normal())]))[1]) > 0.8


@pytest.mark.parametrize("absent", [(40,), (41, 42), (45, 46, 47)])
def test_a_face_that_is_away_for_a_moment_is_missed_in_these_frames_only(absent):
    found, seen = find(film(97, lambda i: [] if i in absent else [face(0.5)]))
    assert [i for i, faces in enumerate(found) if not len(faces)] == list(absent)
    assert np.mean(seen) < 0.3, "only the frames around are looked at"


def test_a_still_picture_without_faces_needs_few_detections_but_a_moving_one_needs_all():
    assert np.mean(find(film(97, lambda i: []))[1]) < 0.1
    moving = film(97, lambda i: [])
    for number, frame in enumerate(moving):
        frame.scene = 1 + number
    assert all(find(moving)[1])


def test_two_faces_that_change_their_order_of_confidence_stay_two_people():
    found, _ = find(film(33, lambda i: [face(0.2, 0.8 + 0.004 * i), face(0.8, 0.9 - 0.004 * i)]))
    for faces in found:
        assert faces[0, 4] >= faces[1, 4]
        np.testing.assert_allclose(sorted(faces[:, 1] + 0.1), [0.2, 0.8], atol=1e-6)


@pytest.mark.parametrize(("height", "most"), [(1080, 42), (4320, 2)])
def test_few_frames_of_a_large_video_wait_in_memory(height, most):
    taken = 0

    class Counted(DrawnVideo):
        def __iter__(self):
            nonlocal taken
            for frame in self.frames:
                taken += 1
                yield frame

    frames = film(97, lambda i: [face(0.5)])
    ahead = []
    for done, _ in enumerate(DetectedFrames(Counted(frames, height * 16 // 9, height), KnowingDetector())):
        ahead.append(taken - done)
    assert max(ahead) <= most + 8, "64 MiB twice, and the frames that the search for cuts looks ahead"


def test_a_picture_is_a_video_of_one_frame():
    found, seen = find(film(1, lambda i: [face(0.5)]))
    assert seen == [True] and len(found[0]) == 1
