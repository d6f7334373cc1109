"""Finds the face that is explained: the same box in the same frame as in the annotation."""

from typing import NamedTuple

import numpy as np

from rbdm.errors import InputError
from rbdm.explain.layers import Floats
from rbdm.faces.boxes import is_face, overlap
from rbdm.faces.detector import Detector
from rbdm.faces.locator import FaceSource
from rbdm.faces.pose import key_points
from rbdm.faces.runs import SAME_PERSON_OVERLAP
from rbdm.media.frame import Frame

_TOLERANCE = 5e-4
"""Seconds. Times that a user copies from a table are rounded."""


class FaceAt(NamedTuple):
    """A face of a video.

    Attributes:
        number: of the frame, from 0.
        frame: the frame. Its pixels can be read only before the video is decoded further or closed.
        row: (5,) or (17,) float32, see `rbdm.faces.runs.LocatedFace`.
    """

    number: int
    frame: Frame
    row: Floats


def face_at(source: FaceSource, at: float, face_confidence: float, name: str) -> FaceAt:
    """The face in the frame that is shown at a time. All frames before it are decoded, as for the annotation.

    Args:
        source: gives the frames and the face of one person.
        at: seconds from the start of the video; may be rounded to milliseconds.
        face_confidence: the confidence from which on a face counts.
        name: the name of the video in messages.

    Raises:
        InputError: there is no frame at this time, or it has no face.
    """
    end = 0.0
    for number, (frame, faces) in enumerate(source):
        if frame.time > at + _TOLERANCE:
            break
        end = frame.end
        if frame.end <= at + _TOLERANCE:
            continue
        row = faces[0].row
        if not is_face(row[4:5], face_confidence)[0]:
            raise InputError(f"{name}: no face at {at:g} s, so there is nothing to explain")
        return FaceAt(number, frame, row)
    raise InputError(f"{name}: no frame at {at:g} s: the frames before it end at {end:.3f} s")


def points_of(face: FaceAt, detector: Detector) -> Floats | None:
    """(6, 2) float32: `y, x` of the key points as fractions of the frame's height and width.

    If the box comes from a stream, which has no key points, the detector looks for this face. None if it finds none.
    """
    points = key_points(face.row[None])
    if points is None:
        found = detector.detect(face.frame)
        overlaps = overlap(face.row, found) if len(found) else np.zeros(0, np.float32)
        if not len(overlaps) or overlaps.max() < SAME_PERSON_OVERLAP:
            return None
        points = key_points(found[overlaps.argmax()][None])
    return None if points is None or not np.isfinite(points).all() else points[0]
