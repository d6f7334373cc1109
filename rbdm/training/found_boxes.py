"""Finds the faces in images that show more than a face and have no box."""

from dataclasses import replace

import av
import numpy as np

from rbdm.faces.detector import Detector
from rbdm.media.decoder import Decoded
from rbdm.media.frame import Display, Frame
from rbdm.media.picture.pixels import Converter
from rbdm.media.timestamps import TimedFrame
from rbdm.training.data.tables import FIND
from rbdm.training.labelled_faces import LabelledFaces


def with_found_boxes(faces: LabelledFaces, everywhere: bool) -> LabelledFaces:
    """The faces with the boxes that the detector finds, as in a video: of the largest face of each image.

    Args:
        faces: the faces.
        everywhere: look in all images without a box; otherwise only in those whose row says `find_face`.

    Returns:
        The faces without the images in which no face is found; `left_out` counts these.

    Raises:
        InputError: an image cannot be read.
    """
    unknown = np.isnan(faces.boxes).any(axis=1)
    asked = [bool(row.get(FIND)) for row in faces.rows] or [False] * len(faces)
    wanted = np.flatnonzero(unknown & (everywhere | np.array(asked)))
    if not len(wanted):
        return faces
    detector, boxes, converter = Detector(), faces.boxes.copy(), Converter()
    is_found = np.ones(len(faces), bool)
    for first in range(0, len(wanted), detector.batch_size):
        indices = wanted[first : first + detector.batch_size]
        frames = [_frame(faces.rgb(index), converter) for index in indices]
        for index, frame, found in zip(indices, frames, detector.submit(frames)(), strict=True):
            is_found[index] = len(found) > 0
            if len(found):
                areas = (found[:, 2] - found[:, 0]) * (found[:, 3] - found[:, 1])
                top, left, bottom, right = found[areas.argmax(), :4]
                box = (
                    left * frame.width,
                    top * frame.height,
                    (right - left) * frame.width,
                    (bottom - top) * frame.height,
                )
                boxes[index] = box
    left_out = int((~is_found).sum())
    return replace(faces, boxes=boxes, left_out=left_out).take(np.flatnonzero(is_found))


def _frame(image: np.ndarray, converter: Converter) -> Frame:
    decoded = Decoded(av.VideoFrame.from_ndarray(image, format="rgb24"), 0.0, None, False)
    return Frame(TimedFrame(decoded, 0.0, 1.0, False), Display(), converter)
