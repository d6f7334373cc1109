"""Draws a small picture of a timeline for notebooks: classes, valence and arousal over time, as one inline SVG."""

from html import escape

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS
from rbdm.progress import counted
from rbdm.timeline.frames import NO_CLASS, SmoothedFrames, smoothed_frames, with_gaps
from rbdm.timeline.timeline import Timeline
from rbdm.types import Value

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int_]

_MAX_STEPS = 600
_WIDTH, _BAND, _CURVES, _GAP, _LINE = 600, 28, 84, 8, 18
"""In units of the SVG: width; heights of the class band, of the curves, of the gap between them, of a text line."""
_LEAST_SHARE = 0.005
_CURVE_COLORS: dict[Value, str] = {"valence": "#17a398", "arousal": "#d0559a"}
"""Both colours are easy to see on a white and on a black page."""


def summary(timeline: Timeline) -> str:
    """The timeline in one line of text: video, frames, duration, faces, most frequent class, weights."""
    classes = smoothed_frames(timeline).classes
    found = classes[classes != NO_CLASS]
    faces = "no face"
    if len(found):
        faces = f"{len(found)} with a face, mostly {EXPRESSIONS[np.bincount(found).argmax()].name}"
    length = f"{counted(len(classes), 'frame')}, {timeline.duration:.2f} s"
    return f"Prediction({timeline.video.name!r}: {length}, {faces}, weights {timeline.weights})"


def svg(timeline: Timeline) -> str:
    """A band with the colour of each frame's class, and curves of valence and arousal below it; gaps mean no face.

    A video of more than 600 frames is shown in at most 600 time steps of equal length: each step shows the most
    frequent class of its frames, and the means of their values. Text and lines have the text colour of the page, so the
    picture fits light and dark pages.

    Returns:
        An `<svg>` element, to put into a page.
    """
    frames, _ = with_gaps(smoothed_frames(timeline))
    starts, ends = _steps(frames)
    edges = np.append(frames.time, frames.end)
    left = (edges[starts] - edges[0]) / (edges[-1] - edges[0]) * _WIDTH
    right = (edges[ends] - edges[0]) / (edges[-1] - edges[0]) * _WIDTH
    classes = frames.classes
    top = _LINE + _BAND + _GAP
    legend, bottom = _legend(classes, top + _CURVES + _LINE)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom}" width="{_WIDTH}" '
        'style="max-width:100%;height:auto" font-family="sans-serif" font-size="12" fill="currentColor" role="img">',
        f"<title>{escape(summary(timeline))}</title>",
        f'<text y="12">{escape(timeline.video.name)} · {escape(timeline.weights)}</text>',
        f'<text x="{_WIDTH}" y="12" text-anchor="end">{timeline.duration:.2f} s</text>',
        *_band(_most_frequent(classes, starts), left, right),
        f'<g transform="translate(0 {top})" fill="none" stroke="currentColor">',
        f'<path d="M0 {_CURVES / 2:g}H{_WIDTH}" stroke-opacity=".35"/>',
        f'<path d="M0 0H{_WIDTH}M0 {_CURVES}H{_WIDTH}" stroke-opacity=".15"/>',
    ]
    for name, color in _CURVE_COLORS.items():
        path = _curve(_mean(getattr(frames, name), starts), (left + right) / 2)
        parts.append(f'<path d="{path}" stroke="{color}" stroke-linecap="round"/>')
    scale = (
        f'<g font-size="9" fill-opacity=".6"><text y="{top + 9}">+1</text><text y="{top + _CURVES - 3}">−1</text></g>'
    )
    return "".join([*parts, "</g>", scale, *legend, "</svg>"])


def _steps(frames: SmoothedFrames) -> tuple[Ints, Ints]:
    """The first frame of each time step, and the frame after the last one of each step."""
    count = len(frames.time)
    step = np.arange(count)
    if count > _MAX_STEPS:
        since = frames.time - frames.time[0]
        step = (since / (frames.end - frames.time[0]) * _MAX_STEPS).astype(int)
    starts = np.flatnonzero(np.diff(step, prepend=-1))
    return starts, np.append(starts[1:], count)


def _most_frequent(classes: Ints, starts: Ints) -> Ints:
    """The most frequent class of each step; it may be `NO_CLASS`."""
    kinds = np.arange(NO_CLASS, len(EXPRESSIONS))
    counts = np.add.reduceat(classes[:, None] == kinds, starts, axis=0, dtype=int)
    return np.asarray(kinds[counts.argmax(axis=1)])


def _mean(values: Floats, starts: Ints) -> Floats:
    """The mean over the frames with a face of each step; NaN for a step without a face."""
    face = ~np.isnan(values)
    total = np.add.reduceat(np.where(face, values, 0).astype(np.float64), starts)
    count = np.add.reduceat(face, starts, dtype=int)
    return np.where(count, total / np.maximum(count, 1), np.nan)


def _band(classes: Ints, left: Floats, right: Floats) -> list[str]:
    parts = [f'<rect y="{_LINE}" width="{_WIDTH}" height="{_BAND}" fill="currentColor" fill-opacity=".08"/>']
    first = np.flatnonzero(np.diff(classes, prepend=NO_CLASS - 1))
    last = np.append(first[1:], len(classes)) - 1
    for begin, end in zip(first, last, strict=True):
        if classes[begin] != NO_CLASS:
            name, color = EXPRESSIONS[classes[begin]]
            place = f'x="{left[begin]:.1f}" y="{_LINE}" width="{right[end] - left[begin]:.1f}" height="{_BAND}"'
            parts.append(f'<rect {place} fill="#{color[-6:]}"><title>{name}</title></rect>')
    return parts


def _curve(values: Floats, x: Floats) -> str:
    """An SVG path through the values, with gaps at NaN. A single value between two gaps becomes a dash."""
    y = (1 - values) / 2 * _CURVES
    known = ~np.isnan(values)
    parts: list[str] = []
    for index in np.flatnonzero(known):
        starts = index == 0 or not known[index - 1]
        parts.append(f"{'M' if starts else 'L'}{x[index]:.1f} {y[index]:.1f}")
        if starts and (index + 1 == len(known) or not known[index + 1]):
            parts.append("m-1.5 0h3")
    return "".join(parts)


def _legend(classes: Ints, y: int) -> tuple[list[str], int]:
    """The legend of the curves and classes, with the share of frames of each class; and the y of its lower end."""
    found = np.bincount(classes[classes != NO_CLASS], minlength=len(EXPRESSIONS))
    entries: list[tuple[str, str]] = [(color, name) for name, color in _CURVE_COLORS.items()]
    for index in np.argsort(-found, kind="stable")[: np.count_nonzero(found)]:
        name, color = EXPRESSIONS[index]
        share = found[index] / found.sum()
        entries.append((f"#{color[-6:]}", f"{name} {share:.0%}" if share >= _LEAST_SHARE else f"{name} <1%"))
    parts, x = [], 0
    for color, text in entries:
        width = 24 + 7 * len(text)
        if x + width > _WIDTH:
            x, y = 0, y + _LINE
        parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{color}"/>')
        parts.append(f'<text x="{x + 14}" y="{y}">{escape(text)}</text>')
        x += width
    return parts, y + _LINE // 2
