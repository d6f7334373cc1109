"""Types that many modules share."""

import os
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

StrPath = str | os.PathLike[str]

Image = npt.NDArray[np.uint8]
"""(height, width, 3) uint8 RGB, unless the code that uses it says otherwise."""

Notify = Callable[[str], None]
"""Called with one line of text for the user: a warning, or a choice that the program made."""

AnnotationName = Literal["expression", "valence", "arousal"]
Value = Literal["valence", "arousal"]
VALUES: tuple[Value, ...] = ("valence", "arousal")

ANNOTATION_KINDS: dict[AnnotationName, Literal["discrete", "continuous"]] = {
    "expression": "discrete",
    "valence": "continuous",
    "arousal": "continuous",
}
"""The three annotations of a video, in the order in which they are written, with the kind of their scheme."""
ANNOTATIONS: tuple[AnnotationName, ...] = tuple(ANNOTATION_KINDS)
