"""The page as a whole: text, pictures, values, plots and scripts in one file that needs nothing else."""

import base64
import hashlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

from rbdm.errors import InputError, RbdmError
from rbdm.labels import EXPRESSIONS
from rbdm.prediction import Prediction
from rbdm.report import facts
from rbdm.report.series import PROBABILITY_STEPS, TICK, VALUE_STEPS, Series, pack, series_of
from rbdm.stills import Stills, jpeg_uri, portrait
from rbdm.whole import written_whole

_HERE = Path(__file__).parent
_NEEDED = ("bokeh", "jinja2")

_STRIP, _STRIP_SIZE, _STRIP_QUALITY = 60, 72, 75
_DOUBTS, _DOUBT_SIZE, _DOUBT_QUALITY = (3, 12), 144, 80
_AROUND = 1.5
"""Side of a picture over that of the face's box: enough hair and chin to know a person by."""
_RIVALS = 3


def require_report() -> None:
    """Raise `RbdmError`, which says what to install, unless pages can be made here."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise RbdmError("a report needs Bokeh: pip install 'rbdm[report]'")


def write_report(prediction: Prediction, path: Path) -> None:
    """Write one HTML file that shows what was found in a video; it needs no other file and no network.

    It shows what the annotations of the prediction's own options say: every frame's class, probabilities (in steps of
    1/255), valence and arousal (1/1000) and time (0.01 ms). The video is opened once more, for pictures: see
    `rbdm.stills.Stills` for how long that takes. Where it cannot be opened any more, the page has none and says so.

    Args:
        prediction: of one video.
        path: of the page, in a folder that exists; replaced as a whole or not at all.

    Raises:
        RbdmError: the extra `report` is not installed.
        OutputError: the file cannot be written.
    """
    require_report()
    content = _page(prediction).encode("utf-8")
    with written_whole(path) as beside:
        beside.write_bytes(content)


def _page(prediction: Prediction) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    series = series_of(prediction)
    thumbnails, doubts, problem = _pictures(prediction, series)
    times = facts.class_times(prediction)
    scripts = [_bokeh(), _text("thin.js") + _text("page.js")]
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment.get_template("page.html").render(
        # A name that is no text (Linux allows any bytes) must not keep the page from being written.
        name=prediction.video.name.encode("utf-8", "backslashreplace").decode("utf-8"),
        summary=facts.summary(prediction, series, times),
        has_face=bool(prediction.has_face.any()),
        video_facts=facts.video_facts(prediction, series),
        weights_facts=facts.weights_facts(prediction),
        option_facts=facts.option_facts(prediction),
        is_derived=facts.is_derived(prediction),
        filled_in=bool(series.filled_in.any()),
        smoothing_ms=prediction.options.smoothing_ms,
        shows=facts.SHOWS,
        must_not=facts.MUST_NOT,
        law=facts.LAW,
        times=times,
        clock=facts.clock,
        thumbnails=thumbnails,
        doubts=doubts,
        picture_problem=problem,
        style=_text("page.css"),
        scripts=scripts,
        script_hashes=[_hash(script) for script in scripts],
        data=_json(_data(prediction, series)),
        packed=pack(series),
    )


def _data(prediction: Prediction, series: Series) -> dict[str, Any]:
    """What `page.js` reads beside the packed values."""
    from rbdm.report.figures import LEFT, RIGHT, plots

    count = prediction.options.num_expressions
    return {
        "frames": len(series.time),
        "end": series.end,
        "names": [expression.name for expression in EXPRESSIONS[:count]],
        "colors": facts.colors(count),
        "merge": prediction.options.merge_segments,
        "steps": {"time": TICK, "probability": PROBABILITY_STEPS, "value": VALUE_STEPS},
        "margins": [LEFT, RIGHT],
        "plots": plots(series, count),
    }


def _pictures(prediction: Prediction, series: Series) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    """Thumbnails in order of time, the frames to doubt, and why there are no pictures, if so."""
    doubtful = facts.least_sure(series, *_DOUBTS)
    try:
        stills = Stills(prediction.video, series.time)
        shown = facts.strip(series, stills.key_frames, _STRIP)
        small, large = _decode(prediction, stills, shown, doubtful)
    except InputError:
        shown, small, large = [], {}, {}
    doubts = [{**_describe(series, frame), "uri": large.get(frame)} for frame in doubtful]
    thumbnails = [{**_describe(series, frame), "uri": small[frame]} for frame in shown if frame in small]
    wanted = doubtful or series.time.size
    return thumbnails, doubts, "" if small or not wanted else "The video could not be opened again: no pictures."


def _decode(
    prediction: Prediction, stills: Stills, shown: list[int], doubtful: list[int]
) -> tuple[dict[int, str], dict[int, str]]:
    small, large = {}, {}
    thumbnails, large_ones = set(shown), set(doubtful)
    for number, frame in stills.frames([*shown, *doubtful]):
        box = prediction.boxes[number]
        if number in thumbnails:
            small[number] = jpeg_uri(portrait(frame, box, _STRIP_SIZE, _AROUND), _STRIP_QUALITY)
        if number in large_ones:
            large[number] = jpeg_uri(portrait(frame, box, _DOUBT_SIZE, _AROUND), _DOUBT_QUALITY)
    return small, large


def _describe(series: Series, frame: int) -> dict[str, Any]:
    """A frame in words: its time, its class, and the likeliest classes with their probabilities."""
    at = {"frame": frame, "time": float(series.time[frame])}
    if series.winner[frame] < 0:
        return {**at, "name": "", "rivals": []}
    names = [expression.name for expression in EXPRESSIONS]
    colors = facts.colors(len(names))
    row = series.probabilities[frame]
    rivals = sorted(range(len(row)), key=lambda index: (index != series.winner[frame], -row[index]))[:_RIVALS]
    return {
        **at,
        "name": names[series.winner[frame]],
        "rivals": [{"name": names[i], "color": colors[i], "share": float(row[i])} for i in rivals],
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
