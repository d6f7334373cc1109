"""Writes the page: text, pictures, values, plots and scripts in one file that needs no other file."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import RbdmError
from rbdm.export.explanation.blending import LIMITS
from rbdm.export.page.template import as_json, render
from rbdm.export.page.video_link import video_link
from rbdm.export.report.facts import (
    LAW,
    MUST_NOT,
    SHOWS,
    ClassTime,
    class_times,
    clock,
    colors,
    face_facts,
    option_facts,
    summary,
    video_facts,
    warning_texts,
    weights_facts,
)
from rbdm.export.report.maps import LabelMaps
from rbdm.export.report.packing import BOX_STEPS, PROBABILITY_STEPS, TICK, VALUE_STEPS, pack
from rbdm.export.report.pictures import report_pictures
from rbdm.expressions import EXPRESSIONS
from rbdm.faces.people.names import TOGETHER
from rbdm.files.atomic import atomic_write
from rbdm.files.naming import printable
from rbdm.timeline.frames import SmoothedFrames, smoothed_frames, with_gaps
from rbdm.timeline.timeline import Timeline

_HERE = Path(__file__).parent
_NEEDED = ("bokeh", "jinja2")
_SCRIPTS = ("state", "frames", "thin", "over_time", "people", "plane", "strip", "tip", "moving", "now", "maps", "main")


@dataclass(frozen=True, eq=False)
class _Person:
    """What the page shows about one person. The pictures are those of `report_pictures`."""

    name: str
    frames: SmoothedFrames
    summary: str
    facts: list[tuple[str, str]]
    has_face: bool
    times: list[ClassTime]
    thumbnails: list[dict[str, Any]]
    doubts: list[dict[str, Any]]
    picture_problem: str
    gaps: npt.NDArray[np.int64]
    packed: str


def require_report() -> None:
    """Raise `RbdmError` if Bokeh or Jinja2 is not installed. The message says what to install."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise RbdmError("a report needs Bokeh: pip install 'rbdm[report]'")


def write_report(people: Sequence[Timeline], path: Path, with_maps: bool = False) -> None:
    """Write one HTML file that shows the results of a video. It needs no other file and no network.

    The values are those of the annotations: for every frame its class, probabilities (in steps of 1/255), valence and
    arousal (in steps of 1/1000) and time (in steps of 0.01 ms). The video is opened again for the pictures;
    `rbdm.media.frame_reader.FrameReader` says which frames it has to decode for them. If the video cannot be opened,
    the page has no pictures and says so. If the video lies beside the page when the page is opened, or at the same
    place as seen from the page as now, the page plays it.

    Args:
        people: one timeline for each person, all of the same video and made with the same options.
        path: the file to write, in an existing folder; replaced completely or not at all.
        with_maps: whether every picture can also show what its label rests on: a map of the method `relevance`.

    Raises:
        RbdmError: the extra `report` is not installed.
        WeightsError: a map is wanted, but the weights are 8-bit weights or not on this machine any more.
        OutputError: the file cannot be written.
    """
    require_report()
    content = _page(people, path, LabelMaps(people[0]) if with_maps else None).encode("utf-8")
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _page(timelines: Sequence[Timeline], path: Path, maps: LabelMaps | None) -> str:
    first = timelines[0]
    names = [timeline.person for timeline in timelines]
    people = [_person(timeline, len(timelines), maps) for timeline in timelines]
    values = {
        "title": printable(first.video.name),
        "people": people,
        "several": len(people) > 1,
        "warnings": list(dict.fromkeys(text for timeline in timelines for text in warning_texts(timeline))),
        "video_facts": video_facts(first, people[0].frames),
        "weights_facts": weights_facts(first),
        "option_facts": option_facts(first),
        "is_derived": first.affect_is_derived,
        "filled_in": any(person.frames.filled_in.any() for person in people),
        "smoothing_ms": first.options.smoothing_ms,
        "shows": SHOWS,
        "must_not": MUST_NOT,
        "law": LAW,
        "map_limits": LIMITS if maps else "",
        "clock": clock,
        "end": people[0].frames.end,
        "data": as_json(_data(first, people, path, names)),
    }
    scripts = [_HERE / "scripts" / f"{name}.js" for name in _SCRIPTS]
    template, styles = _HERE / "page.html", [_HERE / "page.css"]
    return render(template, values, styles=styles, scripts=scripts, library=_bokeh(), player=True)


def _person(timeline: Timeline, count: int, maps: LabelMaps | None) -> _Person:
    """What the page shows about a person. Of many people, each has fewer pictures."""
    frames = smoothed_frames(timeline)
    thumbnails, doubts, problem = report_pictures(timeline, frames, count, maps)
    times, (over_time, gaps) = class_times(timeline), with_gaps(frames)
    boxes = np.full((len(over_time.time), 4), np.nan)
    boxes[np.isin(np.arange(len(boxes)), gaps, invert=True)] = timeline.boxes
    return _Person(
        name=printable(timeline.person),
        frames=frames,
        summary=summary(timeline, frames, times),
        facts=face_facts(timeline, frames),
        has_face=bool(timeline.has_face.any()),
        times=times,
        thumbnails=thumbnails,
        doubts=doubts,
        picture_problem=problem,
        gaps=gaps,
        packed=pack(over_time, boxes),
    )


def _data(timeline: Timeline, people: Sequence[_Person], path: Path, names: Sequence[str]) -> dict[str, Any]:
    """What the scripts read in addition to the packed values."""
    from rbdm.export.report.plots import LEFT, RIGHT, plots

    count, end = timeline.options.num_expressions, people[0].frames.end
    return {
        "people": [
            {"name": person.name, "frames": len(person.frames.time) + len(person.gaps), "gaps": person.gaps.tolist()}
            for person in people
        ],
        "end": end,
        "names": [expression.name for expression in EXPRESSIONS[:count]],
        "colors": colors(count),
        "merge": timeline.options.merge_segments,
        "steps": {"time": TICK, "probability": PROBABILITY_STEPS, "value": VALUE_STEPS, "box": BOX_STEPS},
        "margins": [LEFT, RIGHT],
        "video": video_link(timeline.video, path, end, _overlay(timeline)),
        "plots": plots(people[0].frames, count, names if len(people) > 1 else ()),
    }


def _overlay(timeline: Timeline) -> str:
    """The name of the overlay that may lie beside the report."""
    return f"{timeline.video.stem}{f'.{TOGETHER}' if timeline.person else ''}.overlay.mp4"


@cache
def _bokeh() -> str:
    """The script of Bokeh, without the parts for widgets and tables."""
    from bokeh.resources import Resources

    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)
