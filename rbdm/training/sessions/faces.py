"""The faces at labelled moments of videos, cropped exactly as for an annotation, and what the network makes of them."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.annotator import load_detector
from rbdm.errors import InputError
from rbdm.faces.detector import Detector
from rbdm.faces.locator import locate
from rbdm.media.frame import Frame
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.progress import OnProgress, Progress
from rbdm.scoring import Batch, Scorer
from rbdm.training.sessions.labels import Labels
from rbdm.training.sessions.people import Person
from rbdm.types import Image, Notify

Arrays = npt.NDArray[Any]
Submit = Callable[[Image], Callable[[], Arrays]]
"""Starts to compute an array with a row for each crop, and returns a function that waits for it."""
_BATCHES_SUBMITTED = 2


@dataclass(frozen=True, eq=False)
class LabelledMoments:
    """The labelled moments of one person in one video at which there is a face.

    Attributes:
        person: the person.
        labels: of N moments.
        values: (N, …) what was computed of the crop of each.
        without_face: number of moments that are left out, because the frame has no face.
    """

    person: Person
    labels: Labels
    values: Arrays
    without_face: int


class FaceReader:
    """Reads the faces of labelled moments, with one detector for many videos.

    Args:
        scorer: makes the crops.
        options: only `face_confidence` and `every_frame` are used.
        submit: computes a row for each crop.
    """

    def __init__(self, scorer: Scorer, options: Options, submit: Submit) -> None:
        self._scorer, self._options, self._submit = scorer, options, submit
        self._detector: Detector | None = None

    def read(self, person: Person, labels: Labels, progress: OnProgress, warn: Notify) -> LabelledMoments:
        """Decode the video of a person, find the face, and compute a row for each labelled moment with a face.

        Raises:
            InputError: the video or the box stream cannot be used, or no labelled moment has a face.
        """
        moments, started, values = Moments(labels.time), time.monotonic(), list[Arrays]()
        frames, chosen = 0, list[int]()
        with Video(person.video) as opened:
            source, total = locate(opened, self._options, self._loaded_detector, person.boxes, "largest")
            for batch, rows in self._computed(self._scorer.crops(source, moments)):
                for face, row in zip(batch.cropped, rows, strict=True):
                    of_frame = moments.of_frame[batch.frames[face]]
                    chosen += of_frame
                    values += [row] * len(of_frame)
                frames += len(batch.times)
                progress(Progress(frames, max(frames, total), time.monotonic() - started))
            for warning in (*opened.warnings, *source.warnings()):
                warn(warning)
        if not chosen:
            raise InputError(
                f"{person.video}: no annotated moment has a face: do the annotations belong to this video?"
            )
        return LabelledMoments(person, labels.take(np.array(chosen)), np.stack(values), len(labels) - len(chosen))

    def _computed(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, Sequence[Arrays]]]:
        """Yields each batch with its rows. The next batches are computed before this one is used."""
        submitted: deque[tuple[Batch, Callable[[], Sequence[Arrays]]]] = deque()
        for next_batch in batches:
            result: Callable[[], Any] = list if next_batch.crops is None else self._submit(next_batch.crops)
            submitted.append((next_batch, result))
            if len(submitted) > _BATCHES_SUBMITTED:
                batch, result = submitted.popleft()
                yield batch, result()
        for batch, result in submitted:
            yield batch, result()

    def _loaded_detector(self) -> Detector:
        if self._detector is None:
            self._detector = load_detector(self._options)
        return self._detector


class Moments:
    """Tells which frames of a video are shown at given moments; called for every frame, in the order of the video.

    Args:
        time: (N,) seconds, increasing.

    Attributes:
        of_frame: for each frame so far, the indices of the moments at which it is shown.
    """

    def __init__(self, time: npt.NDArray[np.float64]) -> None:
        self._time, self._next = time, 0
        self.of_frame: list[list[int]] = []

    def __call__(self, frame: Frame) -> bool:
        """Whether the frame is shown at one of the moments. Moments in a gap without frames belong to no frame."""
        first, last = np.searchsorted(self._time, (frame.time, frame.end), side="left")
        self.of_frame.append(list(range(max(int(first), self._next), int(last))))
        self._next = max(self._next, int(last))
        return bool(self.of_frame[-1])
