"""What a page says in words and figures: about the video, the time in each class, the frames to doubt, the weights."""

from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.labels import EXPRESSIONS
from rbdm.manifest import BUNDLED, read_manifest
from rbdm.prediction import Prediction
from rbdm.report.series import Series
from rbdm.timeline import expression_segments

SHOWS = "It shows what a face displays, not what a person feels."
"""As in MODEL_CARD.md."""
MUST_NOT = (
    "Decisions about a person: hiring, policing, border control, insurance, schooling, credit, diagnosis, "
    "lie detection.",
    "Statements about what somebody feels, wants or is like. It has seen pictures and taggers' opinions of them, "
    "nothing else.",
    "Watching people who have not agreed to it.",
)
"""What it must not be used for, as in MODEL_CARD.md."""
LAW = "The European Union's AI Act forbids inferring emotions at work and in schools."
"""As in MODEL_CARD.md."""

_OPEN = "rbdm-open"
_VARIABLE = 0.2
_LEAST_APART = 1.0
_SURE = 0.9
_LONG = 60.0


@dataclass(frozen=True)
class ClassTime:
    """How long one expression was shown.

    Attributes:
        name: of the class.
        color: `#RRGGBB`.
        seconds: in all.
        share: of the time with a face, 0 to 1.
        segments: how many.
        longest: seconds, of the longest segment.
    """

    name: str
    color: str
    seconds: float
    share: float
    segments: int
    longest: float


def clock(seconds: float, digits: int = 2) -> str:
    """Time as minutes and seconds, with hours where there are any.

    >>> clock(61.239), clock(3600), clock(0.5, 0)
    ('1:01.24', '1:00:00.00', '0:00')
    """
    whole = round(seconds * 10**digits)
    minutes, rest = divmod(whole, 60 * 10**digits)
    hours, minutes = divmod(minutes, 60)
    shown = f"{rest / 10**digits:0{digits + 3 if digits else 2}.{digits}f}"
    return f"{hours}:{minutes:02}:{shown}" if hours else f"{minutes}:{shown}"


def colors(count: int) -> list[str]:
    """`#RRGGBB` of the first expressions."""
    return ["#" + expression.color[-6:] for expression in EXPRESSIONS[:count]]


def video_facts(prediction: Prediction, series: Series) -> list[tuple[str, str]]:
    """Names and values with their units."""
    steps = np.diff(prediction.time)
    variable = len(steps) > 1 and np.ptp(steps) > _VARIABLE * np.median(steps)
    count, faces = len(prediction.time), int(prediction.has_face.sum())
    facts = [
        ("Size", f"{prediction.width} × {prediction.height} pixels"),
        ("Duration", f"{series.end:.2f} s" if series.end < _LONG else f"{clock(series.end)} ({series.end:.2f} s)"),
        ("Frame rate", f"{prediction.sample_rate:.5g} frames/s" + (" on average, variable" if variable else "")),
        ("Frames", f"{count:,}"),
        ("With a face", f"{faces:,} ({_percent(faces / count)})"),
    ]
    if series.filled_in.any():
        facts.append(("Inferred", f"{int(prediction.inferred.sum()):,}; the others with a face are filled in"))
    return facts


def option_facts(prediction: Prediction) -> list[tuple[str, str]]:
    """The options that it was annotated with, by name."""
    chosen = ((option.name, getattr(prediction.options, option.name)) for option in fields(prediction.options))
    return [(name, f"{value:g}" if isinstance(value, float) else str(value)) for name, value in chosen]


def class_times(prediction: Prediction) -> list[ClassTime]:
    """Time in each class by the segments of the annotation, in the order of the classes."""
    segments = expression_segments(prediction, prediction.options)
    length = segments["to"] - segments["from"]
    total = float(length.sum())
    count = prediction.options.num_expressions
    return [
        ClassTime(
            name=EXPRESSIONS[index].name,
            color=color,
            seconds=float(own.sum()),
            share=float(own.sum()) / total if total else 0.0,
            segments=len(own),
            longest=float(own.max(initial=0)),
        )
        for index, color in enumerate(colors(count))
        for own in [length[segments["id"] == index]]
    ]


def summary(prediction: Prediction, series: Series, times: list[ClassTime]) -> str:
    """The page in a sentence or two."""
    face = prediction.has_face
    if not face.any():
        return "No face was found in this video, so there is nothing to show but its facts."
    most = max(times, key=lambda entry: entry.seconds)
    weight = np.diff(np.append(series.time, series.end))[face]
    valence, arousal = (float(np.average(values[face], weights=weight)) for values in (series.valence, series.arousal))
    return (
        f"Most often {most.name}: in {_percent(most.share)} of the time with a face. "
        f"Mean valence {valence:+.2f}, mean arousal {arousal:+.2f}, each on a scale from −1 to 1."
    ).replace("-", "−")


def least_sure(series: Series, least: int, most: int) -> list[int]:
    """The inferred frames whose class has the lowest probability, at least a second apart; most doubtful first.

    Args:
        series: the frames.
        least: so many, as far as there are, even if the network is sure of them.
        most: no more than so many.
    """
    certainty = np.where(series.filled_in, np.nan, series.certainty)
    order = np.argsort(certainty, kind="stable")
    chosen: list[int] = []
    for frame in order[: np.count_nonzero(~np.isnan(certainty))]:
        if len(chosen) == most or (len(chosen) >= least and certainty[frame] > _SURE):
            break
        if not (np.abs(series.time[chosen] - series.time[frame]) < _LEAST_APART).any():
            chosen.append(int(frame))
    return chosen


def strip(series: Series, key_frames: npt.NDArray[np.int64], count: int) -> list[int]:
    """Frames to show as thumbnails: from each of `count` equal parts of the video one with a face, if there is one.

    Args:
        series: the frames.
        key_frames: numbers of frames that are preferred, as they are quick to decode.
        count: how many at most. Without any face in the video they are frames without one.
    """
    shown = series.winner >= 0 if (series.winner >= 0).any() else np.ones(len(series.time), bool)
    preferred = np.zeros(len(series.time), bool)
    preferred[key_frames] = True
    edges = np.searchsorted(series.time, np.linspace(0, series.end, count + 1))
    chosen = []
    for part, (first, last) in enumerate(pairwise(edges)):
        candidates = first + np.flatnonzero(shown[first:last])
        if not len(candidates):
            continue
        quick = candidates[preferred[candidates]]
        candidates = quick if len(quick) else candidates
        middle = (part + 0.5) * series.end / count
        chosen.append(int(candidates[np.abs(series.time[candidates] - middle).argmin()]))
    return chosen


def weights_facts(prediction: Prediction) -> list[tuple[str, str]]:
    """Which weights, under which licence, and with which version of rbdm; whose face."""
    return [
        *([("Boxes of the face", prediction.boxes_from)] if prediction.boxes_from else []),
        ("Weights", prediction.weights),
        ("Licence of the weights", licence(prediction)),
        ("SHA-256", prediction.weights_sha256),
        ("Made by", f"rbdm {prediction.version}"),
    ]


def is_derived(prediction: Prediction) -> bool:
    """Whether valence and arousal come from weights that learnt them from expressions (see MODEL_CARD.md)."""
    return prediction.weights.startswith(_OPEN)


def licence(prediction: Prediction) -> str:
    """The licence of a prediction's weights, by their hash, as their manifest says."""
    file = Path(prediction.options.weights)
    for path in (BUNDLED / "manifest.json", file.parent / "manifest.json"):
        if not path.is_file() or (path.parent != BUNDLED and not file.is_file()):
            continue
        try:
            entries = read_manifest(path).values()
        except WeightsError:
            continue
        for entry in entries:
            if prediction.weights_sha256 in (entry.sha256, entry.tflite_sha256) and entry.licence:
                return entry.licence
    return "unknown: ask whoever made them"


def _percent(share: float) -> str:
    percent = 100 * share
    exact = percent in (0, 100) or 1 <= percent <= 99
    return f"{percent:.0f} %" if exact else "under 1 %" if percent < 1 else "over 99 %"
