"""The result of an annotation: a timeline that can be saved, shown and turned into a table."""

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
    """Expressions, valence and arousal over the T frames of a video, and where they came from.

    The arrays and all other attributes are those of `rbdm.timeline.timeline.Timeline`.
    """

    def to_dataframe(self) -> "pandas.DataFrame":
        """A row per frame; the columns are those of `rbdm.export.table.table`; missing values are missing.

        >>> annotate("interview.mp4").to_dataframe().groupby("expression")["valence"].mean()  # doctest: +SKIP

        Raises:
            RbdmError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise RbdmError("a data frame needs pandas: pip install pandas") from None
        frame = pandas.DataFrame(table(self))
        frame["expression"] = frame["expression"].where(self.has_face)
        return frame

    def save(self, folder: str | os.PathLike[str], name: str | None = None) -> dict[AnnotationName, Path]:
        """Write expression, valence and arousal as annotations, as the command line does; those that are there go.

        Args:
            folder: made where it is not there.
            name: what the files' names begin with; else that of the video.

        Returns:
            The header files, by the annotation's name.

        Raises:
            OutputError: one cannot be written.
        """
        place, stem = Path(folder), self.video.stem if name is None else name
        for path in annotation_paths(place, stem).values():
            check_writable(path)
        return write_annotations(self, self.options, place, stem)

    def __repr__(self) -> str:
        """The video, its frames and length, what was found, and the weights."""
        return summary(self)

    def _repr_html_(self) -> str:
        """The picture that notebooks show."""
        return svg(self)
