"""Finding the faces in frames: BlazeFace, for people who have no box stream.

The network and its post-processing are those of Bazarevsky et al., *BlazeFace: Sub-millisecond Neural Face Detection on
Mobile GPUs* (2019, arXiv 1907.05047), in the published model for back cameras.
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
"""Lowest confidence of a face, as in the server's *blazeface* module."""

_SIZE = 256
_COORDINATES = 16
# Anchors per cell of the two grids that the last two layers see; all are squares as large as the picture.
_GRIDS = ((16, 2), (8, 6))
_SAME_FACE = 0.3
# The model is fixed to one picture; more at once come out shuffled, and are no faster.
_RUN = 1
_RUNS_AHEAD = 2


class Detector:
    """BlazeFace, loaded once for many videos.

    Args:
        threshold: lowest confidence of a face, in (0, 1].

    Raises:
        WeightsError: the model is damaged.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        """Load the model onto every core."""
        self._threshold = threshold
        self._networks = LiteRTPool(MODEL, (_SIZE, _SIZE, 3), _RUN)
        self._boxes = self._networks.widths.index(_COORDINATES)
        self.batch_size = self._networks.at_once * _RUNS_AHEAD
        """Frames for which `submit` is fastest."""

    def submit(self, frames: list[Frame]) -> Callable[[], list[Floats]]:
        """Begin to look for the faces in some frames.

        Returns:
            What waits for them and gives, for each frame, an (M, 5) float32 of its M faces, surest first:
            `ymin, xmin, ymax, xmax` as fractions of the frame's height and width, may leave [0, 1], square in pixels;
            and the confidence.
        """
        pictures = np.full((len(frames), _SIZE, _SIZE, 3), -1, np.float32)
        for frame, picture in zip(frames, pictures, strict=True):
            _paint(frame.scaled(_SIZE), picture)
        sizes = [(frame.width, frame.height) for frame in frames]
        outputs = self._networks.submit(pictures)

        def result() -> list[Floats]:
            found = outputs()
            boxes, logits = found[self._boxes], found[1 - self._boxes][:, :, 0]
            return [self._faces(*one) for one in zip(boxes, logits, sizes, strict=True)]

        return result

    def detect(self, frame: Frame) -> Floats:
        """The faces of one frame, as of `submit`."""
        return self.submit([frame])()[0]

    def _faces(self, raw: Floats, logits: Floats, size: tuple[int, int]) -> Floats:
        confidences = _sigmoid(logits)
        likely = np.flatnonzero(confidences >= self._threshold)
        centres, sides = _ANCHORS[likely] + raw[likely, 1::-1] / _SIZE, raw[likely, 3:1:-1] / _SIZE
        boxes: Floats = np.hstack([centres - sides / 2, centres + sides / 2])
        faces = _merged(boxes, confidences[likely])
        return _of_frame(faces, *size)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))), np.float32)


def _anchor_centres() -> Floats:
    """(896, 2) float32: y and x of each anchor as fractions of the picture, in the order of the network's outputs."""
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
    """Put a frame into the middle of the network's black input, in [-1, 1]."""
    height, width = image.shape[:2]
    top, left = (_SIZE - height) // 2, (_SIZE - width) // 2
    middle = picture[top : top + height, left : left + width]
    np.multiply(image, np.float32(1 / 127.5), out=middle)
    middle -= 1


def _merged(boxes: Floats, confidences: Floats) -> Floats:
    """(M, 5): boxes of one face become their mean, weighted by confidence, with the highest of their confidences.

    The paper's blending, instead of non-maximum suppression: it takes the jitter out of videos.
    """
    faces = []
    left = np.argsort(-confidences, kind="stable")
    while len(left):
        same = overlap(boxes[left[0]], boxes[left]) > _SAME_FACE
        same[0] = True
        group = left[same]
        mean = np.average(boxes[group], axis=0, weights=confidences[group])
        faces.append([*mean, confidences[left[0]]])
        left = left[~same]
    return np.array(faces, np.float32).reshape(-1, 5)


def _of_frame(faces: Floats, width: int, height: int) -> Floats:
    """Faces whose boxes are fractions of the square picture, as fractions of the frame in its middle."""
    scale = np.array([max(width, height) / height, max(width, height) / width] * 2, np.float32)
    faces[:, :4] = (faces[:, :4] - 0.5) * scale + 0.5
    return faces
