"""Finds the faces in frames with BlazeFace, for users who have no box stream.

The network and its post-processing are those of Bazarevsky et al., *BlazeFace: Sub-millisecond Neural Face Detection on
Mobile GPUs* (2019, arXiv 1907.05047). The model is the published one for back cameras.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import overlap
from rbdm.files.resources import BUNDLED
from rbdm.media.frame import Frame
from rbdm.runtime.litert import LiteRTPool

Floats = npt.NDArray[np.float32]

MODEL = BUNDLED / "face_detection_back.tflite"
THRESHOLD = 0.5
"""The lowest confidence that counts as a face, as in the server's *blazeface* module."""

_SIZE = 256
"""Height and width of the network's input in pixels."""
_COORDINATES = 16
"""Values per anchor in the output that has the boxes: 4 for the box, and 2 for each of 6 key points."""
_CONFIDENCE = 4
"""The column of a row that has the confidence."""
_GRIDS = ((16, 2), (8, 6))
"""For each of the network's two grids: cells per side, and anchors per cell. Each anchor is as large as the input."""
_SAME_FACE_OVERLAP = 0.3
"""Boxes that overlap more than this (intersection over union) belong to the same face."""
_PICTURES_PER_RUN = 1
"""The model takes one picture per run. With several, it mixes up its outputs, and it is not faster."""
_PICTURES_PER_COPY = 2
"""Pictures per copy of the model in one batch."""


class Detector:
    """Detects faces with BlazeFace. It is loaded once for many videos.

    Args:
        threshold: the lowest confidence that counts as a face, in (0, 1].

    Attributes:
        threshold: the lowest confidence that counts as a face.
        batch_size: the number of frames for which `submit` is fastest.

    Raises:
        WeightsError: the model is damaged.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        """Load the model."""
        self.threshold = threshold
        self._networks = LiteRTPool(MODEL, (_SIZE, _SIZE, 3), _PICTURES_PER_RUN)
        self._boxes = self._networks.widths.index(_COORDINATES)
        self.batch_size = self._networks.at_once * _PICTURES_PER_COPY

    def submit(self, frames: list[Frame]) -> Callable[[], list[Floats]]:
        """Start to detect the faces in some frames, at least one.

        Returns:
            A function that blocks until the faces are found, and returns an (M, 17) float32 array for each frame: one
            row for each of its M faces, the most confident face first. A row is `ymin, xmin, ymax, xmax`, as fractions
            of the frame's height and width (may leave [0, 1]; the box is square in pixels), and the confidence; then
            `y, x` of six key points in the same fractions: right eye, left eye, tip of the nose, centre of the mouth,
            right ear, left ear. Right and left are the person's own.
        """
        pictures = np.full((len(frames), _SIZE, _SIZE, 3), -1, np.float32)
        for frame, picture in zip(frames, pictures, strict=True):
            _paint(frame.scaled(_SIZE), picture)
        sizes = [(frame.width, frame.height) for frame in frames]
        outputs = self._networks.submit(pictures)

        def result() -> list[Floats]:
            values = outputs()
            boxes, logits = values[self._boxes], values[1 - self._boxes][:, :, 0]
            return [self._faces(*frame_outputs) for frame_outputs in zip(boxes, logits, sizes, strict=True)]

        return result

    def detect(self, frame: Frame) -> Floats:
        """Detect the faces of one frame: an (M, 17) float32 array, as from `submit`."""
        return self.submit([frame])()[0]

    def _faces(self, raw: Floats, logits: Floats, size: tuple[int, int]) -> Floats:
        confidences = _sigmoid(logits)
        likely = np.flatnonzero(confidences >= self.threshold)
        # The network gives each pair as x and y, in pixels of its input: a centre, a size, and the key points.
        pairs = (raw[likely] / _SIZE).reshape(-1, _COORDINATES // 2, 2)[:, :, ::-1]
        centres, sides = _ANCHORS[likely] + pairs[:, 0], pairs[:, 1]
        points = (_ANCHORS[likely, None] + pairs[:, 2:]).reshape(-1, _COORDINATES - 4)
        faces = _merge(np.hstack([centres - sides / 2, centres + sides / 2, points]), confidences[likely])
        return _to_frame_fractions(faces, *size)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))), np.float32)


def _anchor_centres() -> Floats:
    """(896, 2) float32: y and x of the anchors' centres as fractions of the input, in the order of the outputs."""
    centres = [
        ((row + 0.5) / cells, (column + 0.5) / cells)
        for cells, count in _GRIDS
        for row in range(cells)
        for column in range(cells)
        for _ in range(count)
    ]
    return np.array(centres, np.float32)


_ANCHORS = _anchor_centres()


def _paint(image: npt.NDArray[np.uint8], picture: Floats) -> None:
    """Write a scaled frame into the middle of the network's input, in [-1, 1]; the rest stays black (-1)."""
    height, width = image.shape[:2]
    top, left = (_SIZE - height) // 2, (_SIZE - width) // 2
    middle = picture[top : top + height, left : left + width]
    np.multiply(image, np.float32(1 / 127.5), out=middle)
    middle -= 1


def _merge(found: Floats, confidences: Floats) -> Floats:
    """Merge what was found of each face into one row: the mean, weighted by confidence, and the highest confidence.

    This is the blending of the BlazeFace paper. Compared to non-maximum suppression, it reduces jitter in videos.

    Args:
        found: (N, 16) float32: the corners of a box, and the key points.
        confidences: (N,) float32.

    Returns:
        (M, 17) float32, the most confident face first; the confidence is between the corners and the key points.
    """
    faces = []
    left = np.argsort(-confidences, kind="stable")
    while len(left):
        same = overlap(found[left[0]], found[left]) > _SAME_FACE_OVERLAP
        same[0] = True
        group = left[same]
        mean = np.average(found[group], axis=0, weights=confidences[group])
        faces.append(np.insert(mean, _CONFIDENCE, confidences[left[0]]))
        left = left[~same]
    return np.array(faces, np.float32).reshape(-1, _COORDINATES + 1)


def _to_frame_fractions(faces: Floats, width: int, height: int) -> Floats:
    """Convert rows, in place, from fractions of the square input to fractions of the frame in its middle."""
    sides = np.array([height, width] * (_COORDINATES // 2), np.float32)
    places = np.arange(_COORDINATES + 1) != _CONFIDENCE
    faces[:, places] = (faces[:, places] - 0.5) * (max(width, height) / sides) + 0.5
    return faces
