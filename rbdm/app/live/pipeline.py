"""Annotates the frames of a camera at once, with the parts that annotate a video."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.annotator import load_detector
from rbdm.faces.people.people import People
from rbdm.faces.people.tracks import PeopleTracker
from rbdm.media.frame import Frame
from rbdm.network.engine import load_engine
from rbdm.network.weights import Weights, find_weights
from rbdm.options import Options
from rbdm.scoring import Scorer

Floats = npt.NDArray[np.float32]

LIVE_OPTIONS = Options(every_frame=True)
"""A camera gives frames one by one, so nothing can be interpolated between them: the detector runs on every frame."""


class LiveFace(NamedTuple):
    """A face in a frame of the camera.

    Attributes:
        person: the number of the person, counted from the left as in `rbdm.faces.people.people.People`; empty while
            nobody knows whether the face stays.
        row: (17,) float32, see `rbdm.faces.detector.Detector.submit`.
        values: (10,) float32: the probabilities of the eight classes, valence, arousal.
    """

    person: str
    row: Floats
    values: Floats


class LivePipeline:
    """Annotates frames as they come: all faces of each frame, each with the number of the person.

    The boxes, probabilities, valence and arousal of a frame are those of `rbdm annotate --face all --every-frame` for a
    video of these frames. The numbers of people may differ: the end of a video can tell more than its beginning.

    Args:
        options: `weights`, `device` and `face_confidence` are used.

    Attributes:
        weights: the weights.

    Raises:
        WeightsError: the weights cannot be found or read.
    """

    def __init__(self, options: Options = LIVE_OPTIONS) -> None:
        self.weights: Weights = find_weights(options.weights, lambda text: None)
        engine = load_engine(self.weights, options.device, options.batch_size)
        self._scorer = Scorer(engine, self.weights.entry, options)
        self._detector = load_detector(options)
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all people: from the next frame on, they are numbered from 1."""
        self._tracker = PeopleTracker()
        self._start: float | None = None

    def faces(self, frame: Frame) -> list[LiveFace]:
        """The faces in the next frame. Must be called in the order of time."""
        if self._start is None:
            self._start = frame.time
        rows = self._tracker.rows(self._detector.detect(frame), frame.time, frame.end)
        if not rows:
            return []
        people = People(self._tracker, {}, frame.end - self._start, {})
        numbers = {person.track: person.name for person in people.all()}
        boxes = np.stack(list(rows.values()))
        values = self._scorer.score_frame(frame, boxes)
        return [LiveFace(numbers.get(track, ""), *found) for track, *found in zip(rows, boxes, values, strict=True)]
