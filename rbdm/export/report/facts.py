"""The text and the figures of a report: about the video, the time in each class, the options and the weights."""

from dataclasses import dataclass, fields

import numpy as np

from rbdm.expressions import EXPRESSIONS
from rbdm.files.naming import printable
from rbdm.options import SAVING_OPTIONS
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.frames import SmoothedFrames
from rbdm.timeline.quality import RULES, flagged
from rbdm.timeline.timeline import Timeline

SHOWS = "It shows what a face displays, not what a person feels."
"""Copied from MODEL_CARD.md."""
MUST_NOT = (
    "Decisions about a person: hiring, policing, border control, insurance, schooling, credit, diagnosis, "
    "lie detection.",
    "Statements about what somebody feels, wants or is like. It has seen pictures and taggers' opinions of them, "
    "nothing else.",
    "Watching people who have not agreed to it.",
)
"""What rbdm must not be used for. Copied from MODEL_CARD.md."""
LAW = "The European Union's AI Act forbids inferring emotions at work and in schools."
"""Copied from MODEL_CARD.md."""

_NO_LICENCE = "unknown: ask whoever made them"
_VARIABLE = 0.2
"""Spread of the frame durations, as a share of their median, above which a frame rate counts as variable."""
_LONG = 60.0
"""Seconds from which on a duration is also shown in minutes."""


@dataclass(frozen=True)
class ClassTime:
    """How long the face showed one expression.

    Attributes:
        name: the name of the class.
        color: the colour of the class, `#RRGGBB`.
        seconds: total duration of its segments.
        share: of the time with a face, 0 to 1.
        segments: number of its segments.
        longest: duration of its longest segment in seconds.
    """

    name: str
    color: str
    seconds: float
    share: float
    segments: int
    longest: float


def clock(seconds: float, digits: int = 2) -> str:
    """A time in seconds as minutes and seconds, from one hour on with hours.

    >>> clock(61.239), clock(3600), clock(0.5, 0)
    ('1:01.24', '1:00:00.00', '0:00')
    """
    whole = round(seconds * 10**digits)
    minutes, rest = divmod(whole, 60 * 10**digits)
    hours, minutes = divmod(minutes, 60)
    shown = f"{rest / 10**digits:0{digits + 3 if digits else 2}.{digits}f}"
    return f"{hours}:{minutes:02}:{shown}" if hours else f"{minutes}:{shown}"


def colors(count: int) -> list[str]:
    """The colours `#RRGGBB` of the first `count` expressions."""
    return ["#" + expression.color[-6:] for expression in EXPRESSIONS[:count]]


def video_facts(timeline: Timeline, frames: SmoothedFrames) -> list[tuple[str, str]]:
    """Facts about the video: pairs of a name and a value with its unit."""
    steps = np.diff(timeline.time)
    variable = len(steps) > 1 and np.ptp(steps) > _VARIABLE * np.median(steps)
    return [
        ("Size", f"{timeline.width} × {timeline.height} pixels"),
        ("Duration", f"{frames.end:.2f} s" if frames.end < _LONG else f"{clock(frames.end)} ({frames.end:.2f} s)"),
        ("Frame rate", f"{timeline.sample_rate:.5g} frames/s" + (" on average, variable" if variable else "")),
        ("Frames", f"{len(timeline.time):,}"),
    ]


def face_facts(timeline: Timeline, frames: SmoothedFrames) -> list[tuple[str, str]]:
    """Facts about a person's face in the video: pairs of a name and a value with its unit."""
    count, faces = len(timeline.time), int(timeline.has_face.sum())
    facts = [("With a face", f"{faces:,} ({_percent(faces / count)})")]
    if frames.filled_in.any():
        facts.append(("Inferred", f"{int(timeline.inferred.sum()):,}; the others with a face are filled in"))
    return facts + quality_facts(timeline)


def quality_facts(timeline: Timeline) -> list[tuple[str, str]]:
    """The share of the frames with a face that have a flag, in all and by rule: pairs of a name and a value.

    Empty if there are no flags, because no frame has a face or the boxes come from a stream.
    """
    known = ~np.isnan(timeline.yaw)
    if not known.any():
        return []
    by_rule = {name: frames[known] for name, frames in flagged(timeline).items()}
    shares = [f"{name} {_percent(frames.mean())} ({RULES[name]})" for name, frames in by_rule.items() if frames.any()]
    any_rule = np.logical_or.reduce(list(by_rule.values()))
    return [
        ("Doubtful frames", f"{_percent(any_rule.mean())} of those with a face{': ' * bool(shares)}{'; '.join(shares)}")
    ]


def warning_texts(timeline: Timeline) -> list[str]:
    """The warnings about the video, as a terminal shows them, but without the folder of the video."""
    return [printable(text.removeprefix(f"{timeline.video}: ")) for text in timeline.warnings]


def option_facts(timeline: Timeline) -> list[tuple[str, str]]:
    """The options of the annotation: pairs of a name and a value."""
    names = (option.name for option in fields(timeline.options) if option.name not in SAVING_OPTIONS)
    chosen = ((name, getattr(timeline.options, name)) for name in names)
    return [(name, f"{value:g}" if isinstance(value, float) else str(value)) for name, value in chosen]


def class_times(timeline: Timeline) -> list[ClassTime]:
    """The time in each class, in the order of the classes. The segments are those of the annotation `expression`."""
    segments = expression_segments(timeline, timeline.options)
    length = segments["to"] - segments["from"]
    total = float(length.sum())
    count = timeline.options.num_expressions
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


def summary(timeline: Timeline, frames: SmoothedFrames, times: list[ClassTime]) -> str:
    """One or two sentences that summarise the page."""
    face = timeline.has_face
    if not face.any():
        return "No face was found in this video, so there is nothing to show but its facts."
    most = max(times, key=lambda entry: entry.seconds)
    weight = (frames.frame_end - frames.time)[face]
    valence, arousal = (float(np.average(values[face], weights=weight)) for values in (frames.valence, frames.arousal))
    return (
        f"Most often {most.name}: in {_percent(most.share)} of the time with a face. "
        f"Mean valence {valence:+.2f}, mean arousal {arousal:+.2f}, each on a scale from −1 to 1."
    ).replace("-", "−")


def weights_facts(timeline: Timeline) -> list[tuple[str, str]]:
    """The source of the boxes, the weights with their licence, and the version of rbdm: pairs of a name and a value."""
    return [
        *([("Boxes of the face", timeline.boxes_from)] if timeline.boxes_from else []),
        ("Weights", timeline.weights),
        ("Licence of the weights", timeline.weights_licence or _NO_LICENCE),
        ("SHA-256", timeline.weights_sha256),
        ("Made by", f"rbdm {timeline.version}"),
    ]


def _percent(share: float) -> str:
    percent = 100 * share
    exact = percent in (0, 100) or 1 <= percent <= 99
    return f"{percent:.0f} %" if exact else "under 1 %" if percent < 1 else "over 99 %"
