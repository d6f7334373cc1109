"""Flags name the frames whose face is too small, turned too far, or perhaps none; without key points there are none."""

from dataclasses import replace

import numpy as np

from rbdm.timeline.quality import flagged, flags
from tests.support.builders import steady

FINE = {"size": 200, "roll": 0, "yaw": 0, "confidence": 0.9}


def made_of(*faces, **more):
    """A timeline with a frame for each face: what differs from `FINE`, or None for a frame without a face."""
    values = [FINE | (face or {}) for face in faces]
    timeline = steady([face is not None for face in faces], confidence=[value["confidence"] for value in values])
    sides = np.array([value["size"] for value in values]) / np.array([[360], [640], [360], [640]])
    boxes = np.where(timeline.has_face, sides * [[0], [0], [1], [1]], np.nan).T.astype(np.float32)
    pose = np.array([(value["roll"], value["yaw"]) for value in values], np.float32)
    pose[~timeline.has_face] = np.nan
    return replace(timeline, boxes=boxes, **({"head_pose": pose} | more))


def test_each_rule_has_its_own_flag_and_flags_are_joined():
    timeline = made_of(
        {},
        {"size": 39},
        {"size": 41},
        {"yaw": -46},
        {"yaw": 44},
        {"roll": 31},
        {"roll": -29},
        {"confidence": 0.69},
        {"size": 10, "yaw": 80, "confidence": 0.1},
        None,
    )
    expected = ["ok", "small", "ok", "turned", "ok", "turned", "ok", "unsure", "small+turned+unsure", ""]
    assert flags(timeline).tolist() == expected
    assert {name: np.flatnonzero(frames).tolist() for name, frames in flagged(timeline).items()} == {
        "small": [1, 8],
        "turned": [3, 5, 8],
        "unsure": [7, 8],
    }


def test_boxes_from_a_stream_have_no_flags():
    assert flags(made_of({}, {"size": 10}, None, head_pose=None)).tolist() == ["", "", ""]


def test_a_video_without_a_face_has_no_flags():
    assert flags(made_of(None)).tolist() == [""]
