"""Makes a table with one row per frame, and writes it as a CSV file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS
from rbdm.files.atomic import atomic_write
from rbdm.timeline.frames import smoothed_frames
from rbdm.timeline.quality import flags
from rbdm.timeline.timeline import Timeline

_ROWS_AT_ONCE = 4096


def table(timeline: Timeline) -> dict[str, npt.NDArray[Any]]:
    """The columns of a table with one row per frame. The values are those of the annotations.

    That means: they have the classes and the smoothing of the options of the timeline.

    Returns:
        Columns of T rows, in this order: `person` (only if every person was annotated); `frame` (int, from 0), `time`
        (float64, seconds), `xmin`, `ymin`, `xmax`, `ymax` (float32, the box of the face in pixels of the frame as
        displayed), `face_confidence` (0 to 1); the probability of each class (float32), by the name of the class;
        `expression` (the most probable class), `valence`, `arousal` (float32, -1 to 1); `inferred` (int): 1 if the
        frame went through the network, 0 if it was filled in (option `stride`) or has no face; `face_size` (float32,
        pixels), `roll`, `yaw` (float32, degrees) and `flags` (text), see `rbdm.timeline.quality.flags`. In a frame
        without a face, `expression` and `flags` are empty, and the box, the probabilities, `valence`, `arousal`,
        `face_size`, `roll` and `yaw` are NaN. With boxes from a stream, `roll` and `yaw` are NaN and `flags` is empty
        in all frames.
    """
    frames = smoothed_frames(timeline)
    probabilities = frames.probabilities
    names = [expression.name for expression in EXPRESSIONS[: probabilities.shape[1]]]
    ymin, xmin, ymax, xmax = timeline.boxes.astype(np.float64).T
    width, height = timeline.frame_size.T
    corners = {"xmin": xmin * width, "ymin": ymin * height, "xmax": xmax * width, "ymax": ymax * height}
    person = {"person": np.full(len(timeline.time), timeline.person)} if timeline.person else {}
    return {
        **person,
        "frame": np.arange(len(timeline.time)),
        "time": timeline.time,
        **{name: corner.astype(np.float32) for name, corner in corners.items()},
        "face_confidence": timeline.face_confidence,
        **{name: probabilities[:, index].astype(np.float32) for index, name in enumerate(names)},
        "expression": np.array([*names, ""])[frames.classes],
        "valence": frames.valence.astype(np.float32),
        "arousal": frames.arousal.astype(np.float32),
        "inferred": timeline.inferred.astype(np.int64),
        "face_size": timeline.face_size,
        "roll": timeline.roll,
        "yaw": timeline.yaw,
        "flags": flags(timeline),
    }


def write_csv(people: Sequence[Timeline], path: Path) -> None:
    """Write `table` as comma-separated values with a header line, one person after the other.

    A cell without a value is empty.

    Times have six decimals. Other numbers have as many digits as are needed to read back the same float32.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for number, timeline in enumerate(people):
            columns = table(timeline)
            if number == 0:
                file.write(",".join(columns) + "\n")
            for first in range(0, len(timeline.time), _ROWS_AT_ONCE):
                rows = slice(first, first + _ROWS_AT_ONCE)
                cells = [_cells(name, column[rows]) for name, column in columns.items()]
                file.writelines(",".join(row) + "\n" for row in zip(*cells, strict=True))


def _cells(name: str, column: npt.NDArray[Any]) -> list[str]:
    if name == "time":
        return [f"{time:.6f}" for time in column.tolist()]
    texts = [str(value) for value in column]
    return ["" if text == "nan" else text for text in texts]
