"""What the network says about a video, frame by frame: the one result that everything else is made from."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rbdm.errors import RbdmError
from rbdm.options import Options
from rbdm.stride import HELD_TRUST

if TYPE_CHECKING:
    import pandas

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Expressions, valence and arousal over the T frames of a video, and where they came from.

    Attributes:
        time: (T,) float64, seconds: each frame's own timestamp, strictly increasing, 0 or later.
        probabilities: (T, 8) float32, in the order of `rbdm.labels.EXPRESSIONS`, rows summing to 1; NaN where no face.
        valence: (T,) float32 in [-1, 1]; NaN where no face.
        arousal: (T,) float32 in [-1, 1]; NaN where no face.
        face_confidence: (T,) float32 in [0, 1]: how sure the face detector was; 0 where it found none.
        duration: seconds, the end of the last frame.
        sample_rate: Hz, the video's average frame rate.
        weights: name of the weights.
        weights_sha256: SHA-256 of the weights file.
        version: version of rbdm.
        inferred: (T,) bool: the frames that went through the network; with a `stride`, the other frames with a face
            are filled in from these.
        boxes: (T, 4) float32, `ymin, xmin, ymax, xmax` as fractions of the frame's height and width, origin top left,
            may leave [0, 1]; NaN where no face.
        width: pixels, of the video as displayed.
        height: pixels, likewise.
        video: the file, as it was named.
        options: how it was annotated, and what annotations made from this follow unless told otherwise.
        boxes_from: where the boxes are from: the stream's file name, or `found, <face>` as of `rbdm.tracking.Follower`.
        video_bytes: size of the video's file.
    """

    time: npt.NDArray[np.float64]
    probabilities: Floats
    valence: Floats
    arousal: Floats
    face_confidence: Floats
    duration: float
    sample_rate: float
    weights: str
    weights_sha256: str
    version: str
    inferred: npt.NDArray[np.bool_]
    boxes: Floats
    width: int
    height: int
    video: Path
    options: Options
    boxes_from: str = ""
    video_bytes: int = 0

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """(T,) bool: the frames whose face was good enough to be looked at."""
        return ~np.isnan(self.valence)

    @property
    def confidence(self) -> Floats:
        """(T,) float32: that of the face, halved where the values are filled in; 0 where there is no face."""
        trust = np.where(self.inferred, 1.0, HELD_TRUST)
        return np.where(self.has_face, self.face_confidence * trust, 0).astype(np.float32)

    def to_dataframe(self) -> "pandas.DataFrame":
        """A row per frame; the columns are those of `rbdm.export.table`, missing values are missing.

        >>> annotate("interview.mp4").to_dataframe().groupby("expression")["valence"].mean()  # doctest: +SKIP

        Raises:
            RbdmError: pandas is not installed.
        """
        from rbdm.export import table

        try:
            import pandas
        except ImportError:
            raise RbdmError("a data frame needs pandas: pip install pandas") from None
        frame = pandas.DataFrame(table(self))
        frame["expression"] = frame["expression"].where(self.has_face)
        return frame

    def save(self, folder: str | os.PathLike[str], name: str | None = None) -> dict[str, Path]:
        """Write expression, valence and arousal as annotations, as the command line does; those that are there go.

        Args:
            folder: made where it is not there.
            name: what the files' names begin with; else that of the video.

        Returns:
            The header files, by the annotation's name.

        Raises:
            OutputError: one cannot be written.
        """
        from rbdm.outputs import annotation_paths, check_writable, write_annotations

        place, stem = Path(folder), self.video.stem if name is None else name
        for path in annotation_paths(place, stem).values():
            check_writable(path)
        return write_annotations(self, self.options, place, stem)

    def __repr__(self) -> str:
        """The video, its frames and length, what was found, and the weights."""
        from rbdm.sketch import summary

        return summary(self)

    def _repr_html_(self) -> str:
        """The picture that notebooks show."""
        from rbdm.sketch import svg

        return svg(self)
