"""Writes the page: text, pictures, values, plots and scripts in one file that needs no other file."""

import base64
import hashlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import RbdmError
from rbdm.export.report.facts import (
    LAW,
    MUST_NOT,
    SHOWS,
    class_times,
    clock,
    colors,
    option_facts,
    summary,
    video_facts,
    weights_facts,
)
from rbdm.export.report.packing import PROBABILITY_STEPS, TICK, VALUE_STEPS, pack
from rbdm.export.report.pictures import report_pictures
from rbdm.expressions import EXPRESSIONS
from rbdm.files.atomic import atomic_write
from rbdm.files.naming import printable
from rbdm.timeline.frames import SmoothedFrames, smoothed_frames, with_gaps
from rbdm.timeline.timeline import Timeline

_HERE = Path(__file__).parent
_NEEDED = ("bokeh", "jinja2")


def require_report() -> None:
    """Raise `RbdmError` if Bokeh or Jinja2 is not installed. The message says what to install."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise RbdmError("a report needs Bokeh: pip install 'rbdm[report]'")


def write_report(timeline: Timeline, path: Path) -> None:
    """Write one HTML file that shows the results of a video. It needs no other file and no network.

    The values are those of the annotations: for every frame its class, probabilities (in steps of 1/255), valence and
    arousal (in steps of 1/1000) and time (in steps of 0.01 ms). The video is opened again for the pictures;
    `rbdm.media.frame_reader.FrameReader` says which frames it has to decode for them. If the video cannot be opened,
    the page has no pictures and says so.

    Args:
        timeline: of one video.
        path: the file to write, in an existing folder; replaced completely or not at all.

    Raises:
        RbdmError: the extra `report` is not installed.
        OutputError: the file cannot be written.
    """
    require_report()
    content = _page(timeline).encode("utf-8")
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _page(timeline: Timeline) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    frames = smoothed_frames(timeline)
    thumbnails, doubts, problem = report_pictures(timeline, frames)
    times, (over_time, gaps) = class_times(timeline), with_gaps(frames)
    scripts = [_bokeh(), _text("thin.js") + _text("page.js")]
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment.get_template("page.html").render(
        name=printable(timeline.video.name),
        summary=summary(timeline, frames, times),
        has_face=bool(timeline.has_face.any()),
        video_facts=video_facts(timeline, frames),
        weights_facts=weights_facts(timeline),
        option_facts=option_facts(timeline),
        is_derived=timeline.affect_is_derived,
        filled_in=bool(frames.filled_in.any()),
        smoothing_ms=timeline.options.smoothing_ms,
        shows=SHOWS,
        must_not=MUST_NOT,
        law=LAW,
        times=times,
        clock=clock,
        thumbnails=thumbnails,
        doubts=doubts,
        picture_problem=problem,
        style=_text("page.css"),
        scripts=scripts,
        script_hashes=[_hash(script) for script in scripts],
        data=_json(_data(timeline, over_time, gaps)),
        packed=pack(over_time),
    )


def _data(timeline: Timeline, frames: SmoothedFrames, gaps: npt.NDArray[np.int64]) -> dict[str, Any]:
    """What `page.js` reads in addition to the packed values."""
    from rbdm.export.report.plots import LEFT, RIGHT, plots

    count = timeline.options.num_expressions
    return {
        "frames": len(frames.time),
        "gaps": gaps.tolist(),
        "end": frames.end,
        "names": [expression.name for expression in EXPRESSIONS[:count]],
        "colors": colors(count),
        "merge": timeline.options.merge_segments,
        "steps": {"time": TICK, "probability": PROBABILITY_STEPS, "value": VALUE_STEPS},
        "margins": [LEFT, RIGHT],
        "plots": plots(frames, count),
    }


@cache
def _bokeh() -> str:
    """The script of Bokeh, without the parts for widgets and tables."""
    from bokeh.resources import Resources

    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """The hash by which a content security policy allows a script to run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _json(value: Any) -> str:
    """JSON for a script element. No text in it can end that element: `<` is escaped."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
