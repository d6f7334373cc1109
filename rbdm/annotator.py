"""Annotates a video: takes a video and the boxes of its face, and returns a `Prediction`."""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from rbdm.errors import OptionError
from rbdm.explain.explainer import Explainer, Method, load_explainer
from rbdm.explain.explanation import Explanation, check_choice, explain_face
from rbdm.explain.face_at import face_at, points_of
from rbdm.faces.detector import Detector
from rbdm.faces.locator import EveryFace, FaceSource, found_boxes, locate
from rbdm.faces.people.names import check_names
from rbdm.media.video import Video
from rbdm.network.engine import FaceScores, load_engine
from rbdm.network.weights import Weights, find_weights
from rbdm.options import Options
from rbdm.prediction import Prediction, PredictionBuilder
from rbdm.progress import OnProgress
from rbdm.scoring import Scorer
from rbdm.types import Image, Notify, StrPath

_NO_BOX = np.full(4, np.nan, np.float32)
_LOWEST_THRESHOLD = 0.1


class FrameResult(NamedTuple):
    """The results for one frame. The box and the values are NaN if the frame has no face.

    Attributes:
        time: seconds, the frame's own timestamp.
        box: (4,) float32 `ymin, xmin, ymax, xmax` as fractions of the frame's height and width.
        face_confidence: 0 to 1, the face detector's confidence.
        probabilities: (8,) float32 in the order of `rbdm.expressions.EXPRESSIONS`.
        valence: -1 to 1.
        arousal: -1 to 1.
    """

    time: float
    box: npt.NDArray[np.float32]
    face_confidence: float
    probabilities: npt.NDArray[np.float32]
    valence: float
    arousal: float


class Annotator:
    """Annotates videos. The network and its weights are loaded once for many videos.

    Attributes:
        options: the options of the annotation.
        weights: the loaded weights.
    """

    def __init__(
        self,
        options: Options = Options(),
        say: Notify = lambda text: None,
        *,
        download: bool = False,
        found: Weights | None = None,
    ) -> None:
        """Find and load the weights.

        Args:
            options: `weights`, `batch_size`, `device`, `face_confidence`, `stride` and `every_frame` are used here.
            say: called with one line of text about the choice of the weights, see `rbdm.network.weights.find_weights`.
            download: whether the official weights may be downloaded if they are not on this machine, as in a server.
            found: weights that `find_weights` has found already; then the option `weights` is not looked at again.

        Raises:
            WeightsError: the weights cannot be found, downloaded or read, or belong to another network.
            OptionError: the device does not exist.
        """
        self.options = options
        self.weights = found or find_weights(options.weights, say, download)
        self._engine = load_engine(self.weights, options.device, options.batch_size)
        self._scorer = Scorer(self._engine, self.weights.entry, options)
        self._detector: Detector | None = None
        self._explainer: Explainer | None = None

    # "all" is also a str: mypy cannot know that the second variant is never called with it.
    @overload
    def annotate(  # type: ignore[overload-overlap]
        self,
        video: StrPath,
        faces: None = None,
        *,
        face: Literal["all"],
        names: Mapping[str, str] = ...,
        progress: OnProgress = ...,
        warn: Notify = ...,
    ) -> list[Prediction]: ...

    @overload
    def annotate(
        self,
        video: StrPath,
        faces: StrPath | None = None,
        *,
        face: str = ...,
        names: Mapping[str, str] = ...,
        progress: OnProgress = ...,
        warn: Notify = ...,
    ) -> Prediction: ...

    def annotate(
        self,
        video: StrPath,
        faces: StrPath | None = None,
        *,
        face: str = "largest",
        names: Mapping[str, str] = {},
        progress: OnProgress = lambda progress: None,
        warn: Notify = warnings.warn,
    ) -> Prediction | list[Prediction]:
        """Annotate the face in a video, or with `face="all"` every face.

        Args:
            video: a video of any container, or an image.
            faces: the header file of the SSI stream with the box of the face in each frame (blazeface). If None, the
                face is detected while the video is decoded.
            face: which person to follow if there is no box stream: `largest`, `leftmost`, `rightmost`, or a number
                counted from the left (`1` is the leftmost); see `rbdm.faces.tracker.FaceTracker`. `all` follows
                everybody, see `rbdm.faces.people.tracks.PeopleTracker`.
            names: only for `all`: names by person, e.g. `{"left": "guest", "2": "host"}`; see
                `rbdm.faces.people.names.check_names`. People without a name get their number as name.
            progress: called after each batch.
            warn: called with one line of text for each problem that did not stop the work, and with `all` for each
                doubt about who is who.

        Returns:
            The prediction. With `all`, a list: one prediction of all T frames for each person, from the left to the
            right as they were first seen, then those who came later than one second after the first. It is empty if
            there is no face. `Timeline.person` is the name, `Timeline.doubts` are the doubts.

        Raises:
            InputError: the video or the stream cannot be used.
            OptionError: `face` or `names` cannot be used, or cannot be used together with `faces`.
        """
        if face == "all":
            return self._annotate_all(video, faces, names, progress, warn)
        if names:
            raise OptionError("names are only used with face='all'")
        builder = PredictionBuilder()
        with Video(video) as opened:
            source, total = self._locate(opened, faces, face)
            for batch, values in self._scorer.score(source, total, progress):
                builder.add(batch, values)
            warned = (*opened.warnings, *source.warnings())
            for warning in warned:
                warn(warning)
            origin = boxes_origin(faces, face, self.options)
            return replace(builder.prediction(opened, self.weights, self.options, origin), warnings=warned)

    def _annotate_all(
        self, video: StrPath, faces: StrPath | None, names: Mapping[str, str], progress: OnProgress, warn: Notify
    ) -> list[Prediction]:
        if faces is not None:
            raise OptionError("face='all' detects the faces: it cannot be used with a box stream, which has one face")
        builder, names = PredictionBuilder(), check_names(names)
        with Video(video) as opened:
            source = EveryFace(opened, self._loaded_detector(), names, self.options.every_frame)
            for batch, values in self._scorer.score(source, opened.expected_frames, progress):
                builder.add(batch, values)
            warned = (*opened.warnings, *source.warnings())
            for warning in warned:
                warn(warning)
            people = source.people.all()
            origin = boxes_origin(None, "all", self.options)
            made = builder.predictions(opened, self.weights, self.options, origin, people)
            return [replace(one, warnings=warned) for one in made]

    def stream(
        self, video: StrPath, faces: StrPath | None = None, *, face: str = "largest", warn: Notify = warnings.warn
    ) -> Iterator[FrameResult]:
        """Annotate frame by frame, and yield each result as soon as it is ready: for long videos, or to stop early.

        The values are the unchanged output of the network: the options `smoothing_ms` and `num_expressions` have no
        effect on them. In frames that the option `stride` skips, the box is set but the values are NaN.

        Args:
            video: see `annotate`.
            faces: see `annotate`.
            face: see `annotate`.
            warn: see `annotate`.

        Raises:
            InputError: the video or the stream cannot be used.
            OptionError: `face` is not one of the values that `annotate` lists.
        """
        with Video(video) as opened:
            source, total = self._locate(opened, faces, face)
            for batch, values in self._scorer.score(source, total, lambda progress: None):
                for time, row, has_face, found in zip(batch.times, batch.rows, batch.has_face, values, strict=True):
                    box = row[:4] if has_face else _NO_BOX
                    yield FrameResult(time, box, float(row[4]), found[:8], float(found[8]), float(found[9]))
            for warning in (*opened.warnings, *source.warnings()):
                warn(warning)

    def explain(
        self,
        video: StrPath,
        faces: StrPath | None = None,
        *,
        at: float,
        target: str | None = None,
        method: Method = "relevance",
        face: str = "largest",
        warn: Notify = warnings.warn,
    ) -> Explanation:
        """Show which parts of a face its class, valence or arousal rests on.

        The video is decoded up to this frame, so that it is the same face, with the same box, as in `annotate`.

        Args:
            video: see `annotate`.
            faces: see `annotate`.
            at: seconds from the start of the video.
            target: `Happy` or another expression, `valence` or `arousal`; None for the face's most probable class.
            method: `relevance` or `activation`; see `docs/explanations.md` and `Explainer.maps`.
            face: see `annotate`; not `all`.
            warn: see `annotate`.

        Returns:
            The explanation. Its method `of` explains other numbers of the same face.

        Raises:
            InputError: the video or the stream cannot be used, or there is no face at this time.
            OptionError: `face`, `target` or `method` cannot be used.
            WeightsError: the weights are 8-bit weights.
        """
        check_choice(target, method, self.options.num_expressions)
        if self._explainer is None:
            self._explainer = load_explainer(self.weights, self.options.num_expressions)
        with Video(video) as opened:
            source, _ = self._locate(opened, faces, face)
            found = face_at(source, at, self.options.face_confidence, str(opened.path))
            for warning in source.warnings() if faces is None else ():
                warn(warning)
            points = points_of(found, self._loaded_detector())
            return explain_face(found, points, opened.path, target, method, self._engine, self._explainer)

    def predict(self, frames: Image | Sequence[Image], boxes: npt.NDArray[np.float32]) -> FaceScores:
        """Score one face in each of N pictures.

        Args:
            frames: (N, H, W, 3) uint8 RGB, or a sequence of N (H, W, 3).
            boxes: (N, 4) or (N, 5): `ymin, xmin, ymax, xmax` as fractions of H and W, then the confidence (1 if it is
                missing).

        Returns:
            The scores of the N faces; NaN where the confidence is below the option `face_confidence`.

        Raises:
            InputError: a frame has another shape or type, the number of boxes and of frames differ, or a box that
                counts as a face is empty or not finite.
        """
        return self._scorer.predict(frames, boxes)

    def _locate(self, video: Video, faces: StrPath | None, face: str) -> tuple[FaceSource, int]:
        return locate(video, self.options, self._loaded_detector, faces, face)

    def _loaded_detector(self) -> Detector:
        if self._detector is None:
            self._detector = load_detector(self.options)
        return self._detector


def boxes_origin(faces: StrPath | None, face: str, options: Options) -> str:
    """The text of `Prediction.boxes_from` for these arguments of `Annotator.annotate` and these options."""
    return found_boxes(face, options.every_frame) if faces is None else Path(faces).name


def load_detector(options: Options) -> Detector:
    """A face detector with the option `face_confidence` as its threshold, or 0.1 if the option is lower."""
    return Detector(max(options.face_confidence, _LOWEST_THRESHOLD))


@overload
def annotate(  # type: ignore[overload-overlap]
    video: StrPath,
    faces: None = None,
    options: Options = ...,
    *,
    face: Literal["all"],
    names: Mapping[str, str] = ...,
    warn: Notify = ...,
) -> list[Prediction]: ...


@overload
def annotate(
    video: StrPath,
    faces: StrPath | None = None,
    options: Options = ...,
    *,
    face: str = ...,
    names: Mapping[str, str] = ...,
    warn: Notify = ...,
) -> Prediction: ...


def annotate(
    video: StrPath,
    faces: StrPath | None = None,
    options: Options = Options(),
    *,
    face: str = "largest",
    names: Mapping[str, str] = {},
    warn: Notify = warnings.warn,
) -> Prediction | list[Prediction]:
    """Annotate the face in one video, or with `face="all"` every face; for many videos, make one `Annotator`.

    >>> prediction = annotate("single_face.mp4")  # doctest: +SKIP
    >>> prediction.valence[prediction.has_face].mean()  # doctest: +SKIP

    Args:
        video: see `Annotator.annotate`.
        faces: see `Annotator.annotate`.
        options: how to annotate.
        face: see `Annotator.annotate`.
        names: see `Annotator.annotate`.
        warn: see `Annotator.annotate`.

    Returns:
        See `Annotator.annotate`.

    Raises:
        InputError: the video or the stream cannot be used.
        WeightsError: the weights cannot be found, downloaded or read.
        OptionError: the device does not exist, or `Annotator.annotate` refuses `face` or `names`.
    """
    annotator = Annotator(options, logging.getLogger(__name__).info)
    return annotator.annotate(video, faces, face=face, names=names, warn=warn)
