"""The result of an annotation: a timeline with methods to save it, to show it and to convert it; and how it is made."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rbdm.errors import RbdmError
from rbdm.export.annotations import write_annotations
from rbdm.export.notebook import summary, svg
from rbdm.export.table import table
from rbdm.faces.pose import head_pose
from rbdm.files.atomic import check_writable
from rbdm.files.naming import annotation_paths
from rbdm.options import Options
from rbdm.timeline.runs import run_numbers
from rbdm.timeline.stride import fill
from rbdm.timeline.timeline import Timeline
from rbdm.types import AnnotationName
from rbdm.version import __version__

if TYPE_CHECKING:
    import pandas

    # They load the decoder and the network, which a prediction does not need.
    from rbdm.faces.people.people import Person
    from rbdm.media.video import Video
    from rbdm.network.weights import Weights
    from rbdm.scoring import Batch, Values


@dataclass(frozen=True, eq=False)
class Prediction(Timeline):
    """Expressions, valence and arousal in the T frames of a video, and their provenance.

    The arrays and all other attributes are those of `rbdm.timeline.timeline.Timeline`.
    """

    def to_dataframe(self) -> "pandas.DataFrame":
        """A table with one row per frame, and with the columns of `rbdm.export.table.table`.

        In a frame without a face, pandas shows the box, the probabilities, the expression, valence, arousal, the size
        and the pose of the face and the flags as missing.

        >>> annotate("interview.mp4").to_dataframe().groupby("expression")["valence"].mean()  # doctest: +SKIP

        Raises:
            RbdmError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise RbdmError("a data frame needs pandas: pip install pandas") from None
        frame = pandas.DataFrame(table(self))
        for name in ("expression", "flags"):
            frame[name] = frame[name].where(frame[name] != "")
        return frame

    def save(self, folder: str | os.PathLike[str], name: str | None = None) -> dict[AnnotationName, Path]:
        """Write expression, valence and arousal as annotation files, as the command line does; replaces existing files.

        Args:
            folder: the folder for the files; it is created if it does not exist.
            name: the beginning of the file names; None for the name of the video without its ending.

        Returns:
            The path of each header file, by the name of its annotation.

        Raises:
            OutputError: a file cannot be written.
        """
        place, stem = Path(folder), self.video.stem if name is None else name
        for path in annotation_paths(place, stem).values():
            check_writable(path)
        return write_annotations(self, self.options, place, stem)

    def __repr__(self) -> str:
        """One line: the video, its frames and duration, its faces, the most frequent class, and the weights."""
        return summary(self)

    def _repr_html_(self) -> str:
        """The SVG picture that notebooks show."""
        return svg(self)


class PredictionBuilder:
    """Collects the results of all frames, batch by batch. It keeps a few numbers per face, and no pictures."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._ends: list[float] = []
        self._sizes: list[tuple[int, int]] = []
        self._frames: list[int] = []
        self._tracks: list[int] = []
        self._starts_run: list[bool] = []
        self._has_face: list[bool] = []
        self._rows: list[npt.NDArray[np.float32]] = []
        self._values: list[Values] = []

    def add(self, batch: "Batch", values: "Values") -> None:
        """Add the next frames.

        Args:
            batch: the frames and their faces.
            values: (faces, 10) float32, see `rbdm.scoring.Scorer.score`.
        """
        self._times += batch.times
        self._ends += batch.ends
        self._sizes += batch.sizes
        self._frames += batch.frames
        self._tracks += batch.tracks
        self._starts_run += batch.starts_run
        self._has_face += batch.has_face
        if batch.rows:
            self._rows.append(np.array(batch.rows))
            self._values.append(values)

    def prediction(self, video: "Video", weights: "Weights", options: Options, boxes_from: str) -> Prediction:
        """The prediction of all frames that were added, if one person was followed.

        Frames that the option `stride` skipped get values from their neighbours, see `rbdm.timeline.stride.fill`.
        """
        from rbdm.faces.people.people import Person

        return self.predictions(video, weights, options, boxes_from, [Person(0)])[0]

    def predictions(
        self, video: "Video", weights: "Weights", options: Options, boxes_from: str, people: Sequence["Person"]
    ) -> list[Prediction]:
        """The predictions of some people, each with all frames that were added."""
        if not people:
            return []
        rows, values, tracks = np.concatenate(self._rows), np.concatenate(self._values), np.array(self._tracks)
        frames, has_face, starts_run = np.array(self._frames), np.array(self._has_face), np.array(self._starts_run)
        count, time = len(self._times), np.array(self._times, np.float64)
        frame_end, sizes = np.array(self._ends, np.float64), np.array(self._sizes, np.int32)

        def of_person(person: "Person") -> Prediction:
            of, values_of, rows_of = tracks == person.track, _missing(count, values), _missing(count, rows)
            face_of, starts_of = np.zeros(count, bool), np.zeros(count, bool)
            face_of[frames[of]], starts_of[frames[of]] = has_face[of], starts_run[of]
            values_of[frames[of]], rows_of[frames[of]] = values[of], rows[of]
            inferred = ~np.isnan(values_of[:, 0])
            run, seen = run_numbers(face_of, starts_of), np.where(face_of[:, None], rows_of, np.float32(np.nan))
            fill(time, face_of, inferred, run, held=values_of[:, :8], linear=values_of[:, 8:])
            return Prediction(
                time=time,
                probabilities=values_of[:, :8],
                valence=values_of[:, 8],
                arousal=values_of[:, 9],
                face_confidence=np.nan_to_num(rows_of[:, 4], nan=0),
                duration=video.duration,
                sample_rate=video.sample_rate,
                weights=weights.entry.name,
                weights_sha256=weights.sha256,
                version=__version__,
                inferred=inferred,
                boxes=seen[:, :4],
                frame_end=frame_end,
                starts_run=starts_of,
                frame_size=sizes,
                width=video.width,
                height=video.height,
                video=video.path,
                options=options,
                boxes_from=boxes_from,
                video_bytes=video.path.stat().st_size,
                weights_licence=weights.entry.licence,
                affect_is_derived=weights.entry.affect_is_derived,
                person=person.name,
                doubts=person.doubts,
                head_pose=head_pose(seen, sizes),
            )

        return [of_person(person) for person in people]


def _missing(count: int, like: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(count, columns) NaN, with the columns of another array."""
    return np.full((count, like.shape[1]), np.nan, np.float32)
