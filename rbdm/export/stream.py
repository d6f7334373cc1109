"""The probabilities of the classes as an SSI stream."""

from pathlib import Path

import numpy as np

from rbdm.expressions import EXPRESSIONS
from rbdm.ssi import Stream, write_stream
from rbdm.timeline.frames import smoothed_frames
from rbdm.timeline.provenance import provenance
from rbdm.timeline.resampling import sample
from rbdm.timeline.timeline import Timeline

MEDIA_TYPE = "feature;face;expression;rbdm"


def probability_stream(timeline: Timeline) -> Stream:
    """The probabilities of the classes as an SSI stream at the video's average rate.

    See `rbdm.timeline.resampling.sample`.

    Returns:
        (N, C) float32, sample i at i / sample rate seconds; zeros where no face. SSI's header has no field for the
        names of dimensions: the meta's `dim_labels` has them, in order, separated by `;`.
    """
    rate = timeline.sample_rate
    samples = [sample(timeline, column, rate)[0] for column in smoothed_frames(timeline).probabilities.T]
    data = np.clip(np.nan_to_num(np.column_stack(samples)), 0, 1).astype(np.float32)
    names = ";".join(expression.name for expression in EXPRESSIONS[: data.shape[1]])
    return Stream(data, rate, media_type=MEDIA_TYPE, meta={"dim_labels": names, **provenance(timeline)})


def write_probability_stream(timeline: Timeline, path: Path) -> None:
    """Write `probability_stream` to the header `path` and its data file.

    Raises:
        OutputError: a file cannot be written.
    """
    write_stream(path, probability_stream(timeline))
