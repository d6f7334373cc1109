"""The result of an annotation: a timeline with methods to save it, to show it and to convert it into a table."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rbdm.errors import RbdmError
from rbdm.export.annotations import write_annotations
from rbdm.export.notebook import summary, svg
from rbdm.export.table import table
from rbdm.files.atomic import check_writable
from rbdm.files.naming import annotation_paths
from rbdm.timeline.timeline import Timeline
from rbdm.types import AnnotationName

if TYPE_CHECKING:
    import pandas


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
