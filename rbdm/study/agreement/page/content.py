"""Writes the page of an agreement: text, figures, timelines and scripts in one file that needs no other file."""

import base64
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.export.page.template import as_json, render, require_jinja
from rbdm.export.page.video_link import video_link
from rbdm.export.report.facts import clock, colors
from rbdm.expressions import EXPRESSIONS
from rbdm.files.atomic import atomic_write
from rbdm.study.agreement import classes, values
from rbdm.study.agreement.compare import Agreement, VideoAgreement
from rbdm.study.agreement.estimates import Estimate
from rbdm.study.agreement.figures import NAMES, longest_disagreements
from rbdm.study.agreement.page.videos import find_video

_HERE = Path(__file__).parent
_SCRIPTS = ("unpack", "timeline", "main")
_LISTED = 500
"""The most disagreements that the page lists."""
_NOTHING = 255
"""A step without an expression."""
_STEPS = 127
"""A value is written as 128 + 127 · value, from 1 to 255; 0 is none."""
_COEFFICIENTS = {
    "icc2": "ICC(2,1), absolute agreement",
    "icc3": "ICC(3,1), consistency",
    "ccc": "CCC",
    "pearson": "Pearson r",
    "rmse": "RMSE",
    "mean_difference": "Mean of B − A",
}


def require_page() -> None:
    """Raise `RbdmError` if Jinja2 is not installed. The message says what to install."""
    require_jinja("the page of an agreement")


def write_page(agreement: Agreement, path: Path, videos: Path | None = None) -> None:
    """Write one HTML file that shows the agreement. It needs no other file and no network.

    It holds both annotations once for each step (values in steps of 1/127), and the exact times of the disagreements.
    If a video lies beside the page when it is opened, or at the same place as seen from the page as now, it plays it.

    Args:
        agreement: what to show.
        path: the file to write, in an existing folder; replaced completely or not at all.
        videos: the folder with the videos, if they lie neither beside the annotations nor beside the page.

    Raises:
        RbdmError: the extra `report` is not installed.
        OutputError: the file cannot be written.
    """
    content = agreement_page(agreement, path, videos).encode("utf-8")
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def agreement_page(agreement: Agreement, path: Path, videos: Path | None) -> str:
    """The page of `write_page` as HTML. `path` is where it will be: its links start there.

    Raises:
        RbdmError: the extra `report` is not installed.
    """
    listed = longest_disagreements(agreement, _LISTED)
    places = {id(video): place for place, video in enumerate(agreement.videos)}
    expression = agreement.expression
    content = {
        "title": f"{agreement.a} and {agreement.b}",
        "agreement": agreement,
        "expression": expression,
        "summary": _summary(agreement),
        "names": NAMES,
        "colors": [*colors(len(EXPRESSIONS)), None],
        "coefficients": _COEFFICIENTS,
        "level": f"{100 * agreement.settings.level:g} %",
        "count": len({video.pair.video for video in agreement.videos}),
        "duration": sum(video.duration for video in agreement.videos),
        "end": agreement.videos[0].duration,
        "used": [] if expression is None else _used(expression.seconds),
        "both_seconds": 0.0 if expression is None else float(expression.seconds[:-1, :-1].sum()),
        "shares": None if expression is None else _shares(expression.seconds),
        "differences": [
            {
                "place": places[id(video)],
                "name": str(video.pair),
                "start": float(found.start[row]),
                "seconds": float(found.seconds[row]),
                "a": int(found.a[row]),
                "b": int(found.b[row]),
            }
            for video, found, row in listed
        ],
        "total_differences": sum(
            len(video.expression.disagreements.start) for video in agreement.videos if video.expression is not None
        ),
        "videos": [_figures(video) for video in agreement.videos],
        "reasons": _reasons(agreement),
        "clock": clock,
        "shown": _shown,
        "isnan": math.isnan,
        "data": as_json(_data(agreement, path, videos)),
        "packed": [_pack(video, agreement) for video in agreement.videos],
    }
    scripts = [_HERE / "scripts" / f"{name}.js" for name in _SCRIPTS]
    return render(_HERE / "agreement.html", content, styles=[_HERE / "agreement.css"], scripts=scripts, player=True)


def _data(agreement: Agreement, path: Path, folder: Path | None) -> dict[str, Any]:
    """What the scripts read in addition to the packed timelines."""
    return {
        "names": NAMES,
        "colors": colors(len(EXPRESSIONS)),
        "step": agreement.settings.step,
        "videos": [
            {
                "name": str(video.pair),
                "end": video.duration,
                "expression": video.expression is not None,
                "values": list(video.values),
                "video": video_link(find_video(video, path, folder), path, video.duration),
            }
            for video in agreement.videos
        ],
    }


def _pack(video: VideoAgreement, agreement: Agreement) -> str:
    """Both annotations for `unpack.js`: bytes, compressed by zlib, in base64.

    One after the other, each with one byte for each step: A's and B's expression (index, or 255 for none), then for
    valence and arousal, as far as there are any, A's and B's value (see `_STEPS`).
    """
    count = math.ceil(video.duration / agreement.settings.step - 1e-9)
    rows = []
    if video.expression is not None:
        for code in video.expression.codes.T:  # the last step may be too short to be compared, but not to be shown
            level = np.where(code < 0, _NOTHING, code)
            rows.append(_filled(level, count, level[-1] if len(level) else _NOTHING))
    for curves in video.values.values():
        for curve in (curves.a, curves.b):
            level = np.where(np.isnan(curve), 0, np.round(128 + _STEPS * np.nan_to_num(curve)))
            rows.append(_filled(level, count, 0))
    return base64.b64encode(zlib.compress(b"".join(rows), 9)).decode("ascii")


def _filled(numbers: npt.NDArray[Any], count: int, rest: int) -> bytes:
    row = np.full(count, rest, np.uint8)
    row[: len(numbers)] = numbers[:count]
    return row.tobytes()


def _figures(video: VideoAgreement) -> dict[str, Any]:
    """A row of the table of videos."""
    own = video.expression
    return {
        "name": str(video.pair),
        "duration": video.duration,
        "kappa": float("nan") if own is None else float(classes.kappa(own.steps)),
        "agreed": float("nan") if own is None else float(classes.agreed_share(own.steps)),
        "ccc": {name: float(values.ccc(curves.sums[0])) for name, curves in video.values.items()},
    }


def _summary(agreement: Agreement) -> list[str]:
    """The coefficients that most readers look for."""
    found = agreement.expression
    kappa = [] if found is None else [f"Cohen's kappa of the expressions {_shown(found.kappa.value, 2)}"]
    return kappa + [
        f"CCC of {name} {_shown(value.unshifted['ccc'].value, 2)}" for name, value in agreement.values.items()
    ]


def _used(seconds: npt.NDArray[np.float64]) -> list[int]:
    """The expressions that anybody has; the last entry is the time without one."""
    return [index for index in range(len(NAMES)) if seconds[index].any() or seconds[:, index].any()]


def _shares(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each cell's share of its row: how A's time in a class is spread over B's classes."""
    rows = seconds.sum(axis=1, keepdims=True)
    return seconds / np.where(rows > 0, rows, 1)


def _reasons(agreement: Agreement) -> dict[str, list[str]]:
    """How the intervals were made, and why numbers are missing, for `expression`, `valence` and `arousal`."""
    tables: dict[str, tuple[str, list[Estimate]]] = {}
    found = agreement.expression
    if found is not None:
        of_classes = [estimate for of_class in found.of_class.values() for estimate in of_class.values()]
        tables["expression"] = found.method, [found.agreed, found.kappa, found.alpha, *of_classes]
    for name, value in agreement.values.items():
        tables[name] = value.method, [*value.unshifted.values(), *value.shifted.values()]
    return {
        name: list(dict.fromkeys([method, *(found.reason for found in estimates if found.reason)]))
        for name, (method, estimates) in tables.items()
    }


def _shown(number: float, digits: int = 3) -> str:
    """A number for a table, with a real minus sign."""
    return "–" if math.isnan(number) else f"{number:.{digits}f}".replace("-", "−")
