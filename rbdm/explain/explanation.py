"""The explanation of one face: a map of the parts that a class, valence or arousal rests on, and where they are."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import OptionError
from rbdm.explain.explainer import METHODS, Explainer, Method
from rbdm.explain.face_at import FaceAt
from rbdm.explain.regions import Share, shares
from rbdm.explain.target import Target, find_target, target_name
from rbdm.faces.crop import crop_frame, crop_matrix
from rbdm.network.engine import Engine
from rbdm.types import Image

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Which parts of a face one number of the network rests on.

    The numbers are those of this one frame, as the network gives them: without `smoothing_ms`.

    Attributes:
        video: the path of the video.
        time: seconds, the frame's own timestamp.
        frame: the number of the frame, from 0.
        target: what is explained: the name of an expression, `valence` or `arousal`.
        method: how, see `rbdm.explain.explainer.Explainer.maps`.
        value: the number that is explained: the probability of the class among the classes of the option
            `num_expressions`, 0 to 1; or valence or arousal, -1 to 1.
        probabilities: (8,) float32 in the order of `rbdm.expressions.EXPRESSIONS`.
        valence: -1 to 1.
        arousal: -1 to 1.
        picture: (H, W, 3) uint8 RGB: the whole frame, as players show it.
        crop: (size, size, 3) uint8 RGB: the face as the network sees it.
        map: (size, size) float32, in the pixels of the crop: positive where the face speaks for the class, or raises
            valence or arousal; negative where it speaks against it. Only compare values within one map.
        matrix: (2, 3) float64: maps positions in `picture` to positions in `crop`, see `rbdm.faces.crop.crop_matrix`.
        points: (6, 2) float32: x and y of the key points in pixels of the crop: right eye, left eye, tip of the nose,
            centre of the mouth, right ear, left ear, the person's own right and left. None if they were not found.
    """

    video: Path
    time: float
    frame: int
    target: str
    method: Method
    value: float
    probabilities: Floats
    valence: float
    arousal: float
    picture: Image
    crop: Image
    map: Floats
    matrix: npt.NDArray[np.float64]
    points: Floats | None
    _explainer: Explainer = field(repr=False)

    @property
    def frame_map(self) -> Floats:
        """(H, W) float32: the map in the pixels of `picture`; 0 outside of the crop."""
        size = self.picture.shape[1], self.picture.shape[0]
        inverse = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        # OpenCV writes the crop's pixel at `matrix · position` to each position of the frame.
        return np.asarray(cv2.warpAffine(self.map, self.matrix, size, flags=inverse), np.float32)

    @property
    def shares(self) -> list[Share] | None:
        """The shares of brows and eyes, nose, mouth and rest, see `rbdm.explain.regions`; None without key points."""
        return None if self.points is None else shares(self.map, self.points)

    def of(self, target: str | None = None, method: Method | None = None) -> "Explanation":
        """Explain another number of the same face.

        Args:
            target: see `rbdm.Annotator.explain`.
            method: see `rbdm.Annotator.explain`; the same as here if it is None.

        Raises:
            OptionError: there is no such target or method.
        """
        count = self._explainer.count
        method = check_choice(target, method or self.method, count)
        shown = self.probabilities[:count] / self.probabilities[:count].sum()
        wanted: Target = int(shown.argmax()) if target is None else find_target(target, count)
        value = getattr(self, wanted) if isinstance(wanted, str) else float(shown[wanted])
        found = self._explainer.maps(self.crop[None], [wanted], method)[0]
        return replace(self, target=target_name(wanted), method=method, value=value, map=found)


def check_choice(target: str | None, method: str, count: int) -> Method:
    """Check what is to be explained, and how.

    Args:
        target: see `rbdm.Annotator.explain`.
        method: the name of a method.
        count: the option `num_expressions`.

    Raises:
        OptionError: there is no such target or method.
    """
    if target is not None:
        find_target(target, count)
    for known in METHODS:
        if method == known:
            return known
    raise OptionError(f"method is {method!r}: it must be one of {', '.join(METHODS)}")


def explain_face(
    face: FaceAt,
    points: Floats | None,
    video: Path,
    target: str | None,
    method: Method,
    engine: Engine,
    explainer: Explainer,
) -> Explanation:
    """Explain a face of a video.

    Args:
        face: the face.
        points: (6, 2) float32 `y, x` as fractions of the frame, see `rbdm.explain.face_at.points_of`.
        video: the path of the video.
        target: see `rbdm.Annotator.explain`.
        method: likewise.
        engine: gives the scores, as for the annotation.
        explainer: has the same weights.
    """
    frame, entry = face.frame, explainer.entry
    crop = crop_frame(frame, face.row[:4], entry.input_size, entry.crop_scale, entry.color == "grey")
    matrix = crop_matrix(face.row[:4], frame.width, frame.height, entry.crop_scale, entry.input_size)
    scores = engine.predict(crop[None])
    if points is not None:
        places = points[:, ::-1] * (frame.width, frame.height)
        points = (places @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    seen = Explanation(
        video=video,
        time=frame.time,
        frame=face.number,
        target="",
        method=method,
        value=np.nan,
        probabilities=scores.probabilities[0],
        valence=float(scores.valence[0]),
        arousal=float(scores.arousal[0]),
        picture=frame.rgb(),
        crop=crop,
        map=np.zeros(crop.shape[:2], np.float32),
        matrix=matrix,
        points=points,
        _explainer=explainer,
    )
    return seen.of(target)
