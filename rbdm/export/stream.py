"""Writes the probabilities of the classes as an SSI stream."""

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

    `rbdm.timeline.resampling.sample` computes the samples.

    Returns:
        (N, C) float32 for C classes, 8 or 5; sample i is at i / sample rate seconds. Samples without a face are zeros.
        The SSI header has no field for the names of the dimensions. Therefore `dim_labels` in the meta lists them in
        order, separated by `;`.
    """
    rate = timeline.sample_rate
    samples = [sample(timeline, column, rate)[0] for column in smoothed_frames(timeline).probabilities.T]
    data = np.clip(np.nan_to_num(np.column_stack(samples)), 0, 1).astype(np.float32)
    names = ";".join(expression.name for expression in EXPRESSIONS[: data.shape[1]])
    role = {"role": timeline.person} if timeline.person else {}
    meta = {"dim_labels": names, **role, **provenance(timeline)}
    return Stream(data, rate, media_type=MEDIA_TYPE, meta=meta)


def write_probability_stream(timeline: Timeline, path: Path) -> None:
    """Write `probability_stream` to the header file `path` and to the data file beside it (`path` with a `~`).

    Raises:
        OutputError: a file cannot be written.
    """
    write_stream(path, probability_stream(timeline))
