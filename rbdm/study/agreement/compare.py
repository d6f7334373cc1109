"""Compares two annotators: finds what both have annotated, reads it, and computes how far they agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS
from rbdm.files.naming import printable
from rbdm.options import AgreementSettings
from rbdm.study.agreement import expression_agreement, value_agreement
from rbdm.study.agreement.expression_agreement import ClassesInVideo, ExpressionAgreement
from rbdm.study.agreement.pairs import Pair, find_sides, pair
from rbdm.study.agreement.value_agreement import ValueAgreement, ValuesInVideo
from rbdm.study.results import Readings, Samples, read_result
from rbdm.types import VALUES, StrPath, Value

_NAMED = 3
"""The most videos that a note names."""
_LONGER = 1.0
"""Seconds. Curves whose durations differ by more than this may be of different videos."""


@dataclass(frozen=True, eq=False)
class VideoAgreement:
    """Both annotations of one person in one video.

    Attributes:
        pair: where they come from.
        duration: seconds, of the longer annotation.
        expression: None unless both have expressions.
        values: of valence and arousal, as far as both have them.
        recorded: the file name of the video that rbdm wrote into one of the annotations; empty if neither has one.
    """

    pair: Pair
    duration: float
    expression: ClassesInVideo | None
    values: Mapping[Value, ValuesInVideo]
    recorded: str


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far two annotators agree.

    Attributes:
        a: the name of A: the reference, for example a human coder.
        b: the name of B.
        settings: how they were compared.
        videos: one entry for each person in each video that both have annotated.
        expression: None if they have no expressions in common.
        values: of valence and arousal, as far as both have them.
        only_a: what A has annotated and B has not, by name.
        only_b: what B has annotated and A has not.
        notes: what to know before one uses the numbers; one line each.
    """

    a: str
    b: str
    settings: AgreementSettings
    videos: list[VideoAgreement]
    expression: ExpressionAgreement | None
    values: Mapping[Value, ValueAgreement]
    only_a: list[str]
    only_b: list[str]
    notes: list[str]


def compare(
    a: StrPath,
    b: StrPath,
    *,
    dataset: StrPath | None = None,
    settings: AgreementSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Agreement:
    """Compare two annotations of the same videos.

    Args:
        a: the reference: an `.annotation` file or a folder; with `dataset`, the name of an annotator.
        b: the same for the annotation that is compared with it.
        dataset: a folder with annotations of both, such as a dataset of NOVA (`<session>/<role>.<scheme>.<annotator>`).
        settings: step, largest lag, and how intervals are made; default: `AgreementSettings()`.
        progress: called before each video with its number, from 0, and the number of videos.

    Raises:
        InputError: nothing is found, a file cannot be read, the two have no video in common, or nothing to compare.
        OptionError: a setting is out of range.
    """
    settings = settings or AgreementSettings()
    notes: list[str] = []
    sides = find_sides(a, b, dataset, notes.append)
    pairs, alone_a, alone_b = pair(*sides, notes.append)
    videos = []
    about: dict[str, list[Pair]] = {}
    for number, found in enumerate(pairs):
        if progress is not None:
            progress(number, len(pairs))
        video, own = _compare(found, settings)
        videos.append(video)
        for note in own:
            about.setdefault(note, []).append(found)
    notes += [f"{_some(found)}: {note}" for note, found in about.items()]
    classes = [(video.pair.video, video.expression) for video in videos if video.expression is not None]
    curves = {
        value: [(video.pair.video, video.values[value]) for video in videos if value in video.values]
        for value in VALUES
    }
    if not classes and not any(curves.values()):
        raise InputError(f"{sides[0].name} and {sides[1].name}: no video has the same kind of annotation by both")
    return Agreement(
        a=sides[0].name,
        b=sides[1].name,
        settings=settings,
        videos=videos,
        expression=expression_agreement.in_all(classes, settings) if classes else None,
        values={value: value_agreement.in_all(found, settings) for value, found in curves.items() if found},
        only_a=[str(result) for result in alone_a],
        only_b=[str(result) for result in alone_b],
        notes=notes,
    )


def _some(pairs: list[Pair]) -> str:
    names = ", ".join(map(str, pairs[:_NAMED]))
    return f"{names} and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else names


def _compare(found: Pair, settings: AgreementSettings) -> tuple[VideoAgreement, list[str]]:
    """Compare both annotations of a person in a video; and what to know about these."""
    a, b = (read_result(result) for result in (found.a, found.b))
    end = max(a.duration, b.duration)
    kinds = [{*(["expression"] if side.segments is not None else []), *side.samples} for side in (a, b)]
    notes = [f"only {'A' if name in kinds[0] else 'B'} has {name}" for name in sorted(kinds[0] ^ kinds[1])]
    expression = None
    if a.segments is not None and b.segments is not None:
        expression = expression_agreement.in_video(a.segments, b.segments, end, settings.step)
        notes += _class_notes(a, b)
    values: dict[Value, ValuesInVideo] = {}
    for value in VALUES:
        if value in a.samples and value in b.samples:
            curves = a.samples[value], b.samples[value]
            values[value] = value_agreement.in_video(*curves, settings)
            notes += _curve_notes(value, *curves, settings.step)
    # Only the name: a path in a header could lead to any file.
    recorded = PurePath(b.meta.get("video") or a.meta.get("video", "")).name
    return VideoAgreement(found, end, expression, values, recorded), notes


def _class_notes(a: Readings, b: Readings) -> list[str]:
    """Notes about classes that are no expressions, and about expressions that the other one's scheme does not have."""
    notes = []
    for name, own, other, others_name in (("A", a, b, "B"), ("B", b, a, "A")):
        assert own.segments is not None
        if own.others:
            kinds = ", ".join(own.others)
            notes.append(f"segments of {name} that are no expression count as none: {printable(kinds)}")
        used = np.unique(own.segments["expression"])
        missing = [EXPRESSIONS[index].name for index in used.tolist() if index not in other.expressions]
        if missing:
            notes.append(f"{name}'s {', '.join(missing)} cannot agree: {others_name}'s scheme does not have it")
    return notes


def _curve_notes(value: Value, a: Samples, b: Samples, step: float) -> list[str]:
    """Notes about curves that may be of different videos, and about a step that is too short for them."""
    notes = []
    if abs(a.duration - b.duration) > _LONGER:
        notes.append(f"A's {value} lasts {a.duration:.1f} s, B's {b.duration:.1f} s: is it the same video?")
    for name, curve in (("A", a), ("B", b)):
        if curve.rate * step < 1 - 1e-9:
            notes.append(f"{name}'s {value} has {curve.rate:g} samples per second: --step {1 / curve.rate:.3g} fits it")
    return notes
