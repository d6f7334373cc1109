"""Annotation files of a study as rbdm and NOVA write them, made on the spot."""

from pathlib import Path
from typing import Any

import numpy as np

from rbdm.expressions import EXPRESSIONS
from rbdm.ssi import (
    CONTINUOUS_DTYPE,
    DISCRETE_DTYPE,
    Annotation,
    ContinuousScheme,
    DiscreteScheme,
    SchemeClass,
    write_annotation,
)

NAMES = [expression.name for expression in EXPRESSIONS]


def write_segments(path: Path, rows: Any, scheme: str = "expression", classes: Any = NAMES, **more: Any) -> Path:
    """An annotation of expressions. A row is `start, end, class` and perhaps a confidence."""
    known = {name: index for index, name in enumerate(classes)}
    data = [(start, end, known.get(name, -1), *(rest or (0.9,))) for start, end, name, *rest in rows]
    items = tuple(SchemeClass(index, name) for name, index in known.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_annotation(path, Annotation(DiscreteScheme(scheme, items), np.array(data, DISCRETE_DTYPE), **more))
    return path


def write_samples(
    path: Path, rows: Any, rate: float = 10, scheme: str = "valence", low: float = -1, high: float = 1, **more: Any
) -> Path:
    """An annotation of valence or arousal. A row is a score, or a score and a confidence."""
    data = [row if isinstance(row, tuple) else (row, 0.9) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = ContinuousScheme(scheme, rate, low, high)
    write_annotation(path, Annotation(kind, np.array(data, CONTINUOUS_DTYPE), **more))
    return path


def write_nova_file(path: Path, scheme: str, rows: list[str], role: str = "", annotator: str = "") -> Path:
    """An annotation in the very text that NOVA writes: in the Windows code page, with CR LF.

    Args:
        path: the header.
        scheme: the element of the scheme.
        rows: the lines of the data file.
        role: the person, for the header.
        annotator: for the header, where NOVA writes the full name.
    """
    header = [
        '<?xml version="1.0" ?>',
        '<annotation ssi-v="3">',
        f'    <info ftype="ASCII" size="{len(rows)}" />',
        f'    <meta annotator="{annotator}" role="{role}"/>',
        *(f"    {line}" for line in scheme.splitlines()),
        "</annotation>",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{line}\r\n" for line in header).encode("cp1252"))
    Path(f"{path}~").write_bytes("".join(f"{row}\r\n" for row in rows).encode("cp1252"))
    return path


NOVA_EMOTIONS = """<scheme name="emotion" type="DISCRETE"  color="#FFFFFFFF">
    <item name="Anger" id="0" color="#FFD03A3A" />
    <item name="Joy" id="1" color="#FFF2B705" />
    <item name="Talking" id="2" color="#FF9E9E9E" />
    <item name="neutral" id="3" color="#FF9E9E9E" />
    <item name="Smile" id="4" color="#FF9E9E9E" />
</scheme>"""
"""Classes in another order, under synonyms, two for one expression, and one that is no expression."""
NOVA_VALENCE = (
    '<scheme name="valence" type="CONTINUOUS" sr="5" min="0" max="100" mincolor="#FFFFFF" maxcolor="#FF0000" />'
)
