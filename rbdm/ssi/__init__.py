"""Reads and writes the files of NOVA and DISCOVER, in formats of the Social Signal Interpretation framework (SSI)."""

from rbdm.ssi.annotation import (
    CONTINUOUS_DTYPE,
    DISCRETE_DTYPE,
    FREE_DTYPE,
    GARBAGE_ID,
    Annotation,
    ContinuousScheme,
    DiscreteScheme,
    FreeScheme,
    Rows,
    Scheme,
    SchemeClass,
    read_annotation,
    read_annotation_header,
    write_annotation,
)
from rbdm.ssi.stream import Stream, read_stream, write_stream

__all__ = [
    "CONTINUOUS_DTYPE",
    "DISCRETE_DTYPE",
    "FREE_DTYPE",
    "GARBAGE_ID",
    "Annotation",
    "ContinuousScheme",
    "DiscreteScheme",
    "FreeScheme",
    "Rows",
    "Scheme",
    "SchemeClass",
    "Stream",
    "read_annotation",
    "read_annotation_header",
    "read_stream",
    "write_annotation",
    "write_stream",
]
