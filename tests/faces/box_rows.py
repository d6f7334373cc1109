"""Rows of box streams: `ymin, xmin, ymax, xmax` as fractions of the frame, and the confidence."""

import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import BoxStream, check_boxes
from rbdm.ssi import Stream

FACE = (0.2, 0.3, 0.8, 0.7, 0.9)
PART_OUTSIDE = (-0.3, 0.8, 0.4, 1.4, 0.9)
NO_FACE = (0.0, 0.0, 1.0, 1.0, 0.0)


def boxes(
    rows: npt.ArrayLike, sample_rate: float = 30.0, start: float = 0.0, face_confidence: float = 0.5
) -> BoxStream:
    """`rows` as a checked stream."""
    return check_boxes(Stream(np.array(rows), sample_rate, start), face_confidence, "faces.stream")
