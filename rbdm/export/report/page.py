"""The page as a whole: text, pictures, values, plots and scripts in one file that needs nothing else."""

import base64
import hashlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

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
from rbdm.timeline.frames import SmoothedFrames, smoothed_frames
from rbdm.timeline.timeline import Timeline

_HERE = Path(__file__).parent
_NEEDED = ("bokeh", "jinja2")


def require_report() -> None:
    """Raise `RbdmError`, which says what to install, unless pages can be made here."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise RbdmError("a report needs Bokeh: pip install 'rbdm[report]'")


def write_report(timeline: Timeline, path: Path) -> None:
    """Write one HTML file that shows what was found in a video; it needs no other file and no network.

    It shows what the annotations of the timeline's own options say: every frame's class, probabilities (in steps of
    1/255), valence and arousal (1/1000) and time (0.01 ms). The video is opened once more, for pictures; see
    `rbdm.media.frame_reader.FrameReader` for how long that takes. If it cannot be opened any more, the page has no
    pictures and says so.

    Args:
        timeline: of one video.
        path: of the page, in a folder that exists; replaced as a whole or not at all.

    Raises:
        RbdmError: the extra `report` is not installed.
        OutputError: the file cannot be written.
    """
    require_report()
    content = _page(timeline).encode("utf-8")
    with atomic_write(path) as beside:
        beside.write_bytes(content)


def _page(timeline: Timeline) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    frames = smoothed_frames(timeline)
    thumbnails, doubts, problem = report_pictures(timeline, frames)
    times = class_times(timeline)
    scripts = [_bokeh(), _text("thin.js") + _text("page.js")]
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment.get_template("page.html").render(
        # A name that is no text (Linux allows any bytes) must not keep the page from being written.
        name=timeline.video.name.encode("utf-8", "backslashreplace").decode("utf-8"),
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
        data=_json(_data(timeline, frames)),
        packed=pack(frames),
    )


def _data(timeline: Timeline, frames: SmoothedFrames) -> dict[str, Any]:
    """What `page.js` reads beside the packed values."""
    from rbdm.export.report.plots import LEFT, RIGHT, plots

    count = timeline.options.num_expressions
    return {
        "frames": len(frames.time),
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
    """The script of Bokeh's plots, without its widgets and tables."""
    from bokeh.resources import Resources

    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)


@cache
def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """As a content security policy names a script that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _json(value: Any) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
