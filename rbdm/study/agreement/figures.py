"""All figures of an agreement as JSON, for other programs."""

import json
import math
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from rbdm.expressions import EXPRESSIONS
from rbdm.files.atomic import atomic_write
from rbdm.study.agreement import classes, values
from rbdm.study.agreement.compare import Agreement, VideoAgreement
from rbdm.study.agreement.estimates import Estimate
from rbdm.study.agreement.segments import Joint
from rbdm.study.agreement.value_agreement import ValueAgreement
from rbdm.version import __version__

LONGEST = 1000
"""The most disagreements that are listed."""
_COLUMNS = ("video", "person", "variable", "class", "measure", "lag", "value", "low", "high", "reason")
NAMES = [*(expression.name for expression in EXPRESSIONS), "none"]


def write_figures(agreement: Agreement, path: Path) -> None:
    """Write the figures as JSON, completely or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_write(path) as temporary:
        text = json.dumps(figures(agreement), indent=1, allow_nan=False, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def figures(agreement: Agreement) -> dict[str, Any]:
    """The figures of an agreement, for JSON: what is not defined is None, and its `reason` says why.

    A coefficient is an object with `value`, `low`, `high` and `reason`. Tables of seconds have a row for each
    expression of A and a column for each of B, in the order of `expressions`, and a last one for the time without.
    """
    expression = agreement.expression
    found = longest_disagreements(agreement, LONGEST)
    return {
        "made_by": f"rbdm {__version__}",
        "a": agreement.a,
        "b": agreement.b,
        "settings": asdict(agreement.settings),
        "only_a": agreement.only_a,
        "only_b": agreement.only_b,
        "notes": agreement.notes,
        "expressions": NAMES,
        "expression": expression
        and {
            "intervals": expression.method,
            "agreed": _estimate(expression.agreed),
            "kappa": _estimate(expression.kappa),
            "alpha": _estimate(expression.alpha),
            "classes": {
                name: {key: _estimate(value) for key, value in of_class.items()}
                for name, of_class in expression.of_class.items()
            },
            "seconds": expression.seconds.tolist(),
            "disagreements": [
                {
                    "video": video.pair.video,
                    "person": video.pair.person,
                    "start": float(joint.start[row]),
                    "seconds": float(joint.seconds[row]),
                    "a": NAMES[joint.a[row]],
                    "b": NAMES[joint.b[row]],
                }
                for video, joint, row in found
            ],
        },
        "values": {name: _values(value) for name, value in agreement.values.items()},
        "videos": [_video(video) for video in agreement.videos],
    }


def figure_table(agreement: Agreement) -> dict[str, list[Any]]:
    """The coefficients as the columns of a table, by their names: one row for each coefficient.

    `video` is empty for all videos together; only these have intervals. `lag` is in seconds: B is shifted by it. A
    number that is not defined is NaN, and `reason` says why.
    """
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}

    def add(variable: str, measure: str, found: Estimate, lag: float = 0.0, of_class: str = "") -> None:
        row = ("", "", variable, of_class, measure, lag, found.value, found.low, found.high, found.reason)
        for name, cell in zip(_COLUMNS, row, strict=True):
            columns[name].append(cell)

    own = agreement.expression
    if own is not None:
        for name in ("agreed", "kappa", "alpha"):
            add("expression", name, getattr(own, name))
        for of_class, found in own.of_class.items():
            for name, estimate in found.items():
                add("expression", name, estimate, of_class=of_class)
    for value, agreed in agreement.values.items():
        for name, estimate in agreed.unshifted.items():
            add(value, name, estimate)
        for name, estimate in agreed.shifted.items():
            add(value, name, estimate, agreed.lag)
    for video in map(_video, agreement.videos):
        measures = [("expression", video["expression"] or {}), *video["values"].items()]
        for variable, found in measures:
            for name, number in found.items():
                if name != "seconds":
                    row = (video["video"], video["person"], variable, "", name, 0.0, number, None, None, "")
                    for column, cell in zip(_COLUMNS, row, strict=True):
                        columns[column].append(math.nan if cell is None else cell)
    return columns


def longest_disagreements(agreement: Agreement, most: int) -> list[tuple[VideoAgreement, Joint, int]]:
    """The longest disagreements of all videos: the video, its disagreements, and the row in them."""
    rows = (
        (float(video.expression.disagreements.seconds[row]), number, row)
        for number, video in enumerate(agreement.videos)
        if video.expression is not None
        for row in range(min(most, len(video.expression.disagreements.start)))
    )
    ordered = islice(sorted(rows, key=lambda entry: (-entry[0], entry[1], entry[2])), most)
    listed = []
    for _, number, row in ordered:
        video = agreement.videos[number]
        assert video.expression is not None
        listed.append((video, video.expression.disagreements, row))
    return listed


def number(value: float) -> float | None:
    """The number, or None for NaN, which JSON does not have."""
    return None if math.isnan(value) else float(value)


def _estimate(found: Estimate) -> dict[str, Any]:
    return {**{key: number(getattr(found, key)) for key in ("value", "low", "high")}, "reason": found.reason}


def _values(found: ValueAgreement) -> dict[str, Any]:
    return {
        "intervals": found.method,
        "seconds": found.seconds,
        "unshifted": {key: _estimate(value) for key, value in found.unshifted.items()},
        "lag": number(found.lag),
        "lag_note": found.lag_note,
        "shifted": {key: _estimate(value) for key, value in found.shifted.items()},
    }


def _video(video: VideoAgreement) -> dict[str, Any]:
    """A video's own figures, without intervals."""
    own = video.expression
    return {
        "video": video.pair.video,
        "person": video.pair.person,
        "a": [str(path) for path in video.pair.a.paths.values()],
        "b": [str(path) for path in video.pair.b.paths.values()],
        "duration": video.duration,
        "expression": own
        and {
            "agreed": number(classes.agreed_share(own.steps).item()),
            "kappa": number(classes.kappa(own.steps).item()),
            "alpha": number(classes.alpha(own.steps).item()),
            "seconds": own.seconds.tolist(),
        },
        "values": {
            name: {
                "ccc": number(values.ccc(value.sums[0]).item()),
                "pearson": number(values.pearson(value.sums[0]).item()),
                "rmse": number(values.rmse(value.sums[0]).item()),
            }
            for name, value in video.values.items()
        },
    }
