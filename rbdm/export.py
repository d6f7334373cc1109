"""A prediction as other programs read it: a table, a CSV file, and the probabilities as an SSI stream."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.labels import EXPRESSIONS
from rbdm.prediction import Prediction
from rbdm.sampling import sample
from rbdm.smoothing import smooth
from rbdm.ssi import Stream
from rbdm.timeline import Value, expression_probabilities, provenance
from rbdm.whole import written_whole

MEDIA_TYPE = "feature;face;expression;rbdm"
NO_CLASS = -1
"""The class of a frame without a face."""

_ROWS_AT_ONCE = 4096


def frame_expressions(prediction: Prediction) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int_]]:
    """Probabilities of each frame as the annotation `expression` has them, and the class of the frame's segment.

    Returns:
        (T, C) probabilities of the C classes of the prediction's options, smoothed, NaN where no face; and
        (T,) the index of the likeliest in `rbdm.labels.EXPRESSIONS`, `NO_CLASS` where no face.
    """
    probabilities = expression_probabilities(prediction, prediction.options)
    classes = np.full(len(prediction.time), NO_CLASS)
    face = prediction.has_face
    classes[face] = probabilities[face].argmax(axis=1)
    return probabilities, classes


def frame_values(prediction: Prediction, value: Value) -> npt.NDArray[np.float32]:
    """(T,) `valence` or `arousal` of each frame in [-1, 1], smoothed as in its annotation; NaN where no face."""
    values: npt.NDArray[np.float32] = getattr(prediction, value)
    smoothed = smooth(values, prediction.time, prediction.has_face, prediction.options.smoothing_ms)
    return np.clip(smoothed, -1, 1).astype(np.float32)


def table(prediction: Prediction) -> dict[str, npt.NDArray[Any]]:
    """A row per frame; what the prediction's options say about smoothing and classes holds as in the annotations.

    Returns:
        Columns of T rows, in this order: `frame` (int, from 0), `time` (float64, seconds), `xmin`, `ymin`, `xmax`,
        `ymax` (float32, the face's box in pixels of the frame as displayed), `face_confidence`; the probability of
        each class, by its name; `expression` (the likeliest class), `valence`, `arousal`; `inferred`, 1 where the frame
        went through the network, 0 where it was filled in (`stride`) or has no face. Where a frame has no face, numbers
        are NaN and texts empty, but for frame, time, confidence and inferred.
    """
    probabilities, classes = frame_expressions(prediction)
    names = [expression.name for expression in EXPRESSIONS[: probabilities.shape[1]]]
    ymin, xmin, ymax, xmax = prediction.boxes.astype(np.float64).T
    width, height = prediction.width, prediction.height
    corners = {"xmin": xmin * width, "ymin": ymin * height, "xmax": xmax * width, "ymax": ymax * height}
    return {
        "frame": np.arange(len(prediction.time)),
        "time": prediction.time,
        **{name: corner.astype(np.float32) for name, corner in corners.items()},
        "face_confidence": prediction.face_confidence,
        **{name: probabilities[:, index].astype(np.float32) for index, name in enumerate(names)},
        "expression": np.array([*names, ""])[classes],
        "valence": frame_values(prediction, "valence"),
        "arousal": frame_values(prediction, "arousal"),
        "inferred": prediction.inferred.astype(np.int64),
    }


def write_csv(prediction: Prediction, path: Path) -> None:
    """Write `table` as comma-separated values with a header; a cell without a value is empty.

    Times have six decimals, other numbers the digits that read back as the same float32.

    Raises:
        OutputError: the file cannot be written.
    """
    columns = table(prediction)
    with written_whole(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(columns) + "\n")
        for first in range(0, len(prediction.time), _ROWS_AT_ONCE):
            rows = slice(first, first + _ROWS_AT_ONCE)
            cells = [_cells(name, column[rows]) for name, column in columns.items()]
            file.writelines(",".join(row) + "\n" for row in zip(*cells, strict=True))


def probability_stream(prediction: Prediction) -> Stream:
    """The probabilities of the classes as an SSI stream at the video's average rate; see `rbdm.sampling.sample`.

    Returns:
        (N, C) float32, sample i at i / sample rate seconds; zeros where no face. SSI's header has no field for the
        names of dimensions: the meta's `dim_labels` has them, in order, separated by `;`.
    """
    probabilities, _ = frame_expressions(prediction)
    rate = prediction.sample_rate
    samples = [sample(prediction, column, rate)[0] for column in probabilities.T]
    data = np.clip(np.nan_to_num(np.column_stack(samples)), 0, 1).astype(np.float32)
    names = ";".join(expression.name for expression in EXPRESSIONS[: data.shape[1]])
    return Stream(data, rate, media_type=MEDIA_TYPE, meta={"dim_labels": names, **provenance(prediction)})


def _cells(name: str, column: npt.NDArray[Any]) -> list[str]:
    if name == "time":
        return [f"{time:.6f}" for time in column.tolist()]
    texts = [str(value) for value in column]
    return ["" if text == "nan" else text for text in texts]
