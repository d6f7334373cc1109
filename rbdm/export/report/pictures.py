"""Makes the pictures of a report: a strip of thumbnails over time, and the uncertain frames."""

from typing import Any

from rbdm.errors import InputError
from rbdm.export.report.facts import colors
from rbdm.export.report.frame_choice import strip_frames, uncertain_frames
from rbdm.export.report.maps import LabelMaps
from rbdm.export.report.thumbnails import face_thumbnail, jpeg_uri
from rbdm.expressions import EXPRESSIONS
from rbdm.media.frame import Frame
from rbdm.media.frame_reader import FrameReader
from rbdm.timeline.frames import SmoothedFrames
from rbdm.timeline.timeline import Timeline

_MOST_THUMBNAILS, _MOST_DOUBTS = 240, 48
"""Number of pictures in a page, of all people together."""
_STRIP, _STRIP_SIZE, _STRIP_QUALITY = 60, 72, 75
_DOUBTS, _DOUBT_SIZE, _DOUBT_QUALITY = (3, 12), 144, 80
_MAP_SHARE, _MAP_QUALITY = 5 / 6, 45
"""Side of a picture with a map over that of the picture. A page of an hour must stay below 5 MB, also with maps."""
_AROUND = 1.5
"""Side of a picture over the mean side of the box: with hair and chin, so that viewers recognise the person."""
Uris = dict[str, str | None]
_NO_PICTURE: Uris = {"uri": None, "map_uri": None}
_RIVALS = 3
"""Number of classes that are listed for an uncertain frame."""


def report_pictures(
    timeline: Timeline, frames: SmoothedFrames, people: int = 1, maps: LabelMaps | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    """The pictures of one person in a report, and the facts about their frames.

    Args:
        timeline: of the person.
        frames: of the timeline.
        people: the number of people in the report.
        maps: makes pictures of what the labels rest on; None for none.

    Returns:
        The thumbnails in the order of time; the uncertain frames, the most uncertain first (`uri` is None where the
        frame cannot be decoded); and why there are no pictures, empty if there are some. Both lists have the items of
        `_describe`, the picture as `uri`, and the same picture with a map as `map_uri` (None if there is none).
    """
    least, most = _DOUBTS
    doubtful = uncertain_frames(frames, least, max(least, min(most, _MOST_DOUBTS // people)))
    try:
        reader = FrameReader(timeline.video, frames.time)
        shown = strip_frames(frames, reader.key_frames, min(_STRIP, _MOST_THUMBNAILS // people))
        small, large = _decode(timeline, frames, reader, shown, doubtful, maps)
    except InputError:
        shown, small, large = [], {}, {}
    doubts = [{**_describe(frames, frame), **large.get(frame, _NO_PICTURE)} for frame in doubtful]
    thumbnails = [{**_describe(frames, frame), **small[frame]} for frame in shown if frame in small]
    wanted = doubtful or frames.time.size
    return thumbnails, doubts, "" if small or not wanted else "The video could not be opened again: no pictures."


def _decode(
    timeline: Timeline,
    frames: SmoothedFrames,
    reader: FrameReader,
    shown: list[int],
    doubtful: list[int],
    maps: LabelMaps | None,
) -> tuple[dict[int, Uris], dict[int, Uris]]:
    def uris(number: int, frame: Frame, size: int, quality: int) -> Uris:
        box, expression = timeline.boxes[number], int(frames.classes[number])
        picture = face_thumbnail(frame, box, size, _AROUND)
        found = {**_NO_PICTURE, "uri": jpeg_uri(picture, quality)}
        if maps is not None and expression >= 0:
            small = face_thumbnail(frame, box, round(_MAP_SHARE * size), _AROUND)
            found["map_uri"] = jpeg_uri(maps.over(small, frame, box, _AROUND, expression), _MAP_QUALITY)
        return found

    small, large = {}, {}
    thumbnails, large_ones = set(shown), set(doubtful)
    for number, frame in reader.frames([*shown, *doubtful]):
        if number in thumbnails:
            small[number] = uris(number, frame, _STRIP_SIZE, _STRIP_QUALITY)
        if number in large_ones:
            large[number] = uris(number, frame, _DOUBT_SIZE, _DOUBT_QUALITY)
    return small, large


def _describe(frames: SmoothedFrames, frame: int) -> dict[str, Any]:
    """The facts about a frame: its number, its time in seconds, its class, and the three most probable classes."""
    at = {"frame": frame, "time": float(frames.time[frame])}
    if frames.classes[frame] < 0:
        return {**at, "name": "", "rivals": []}
    names = [expression.name for expression in EXPRESSIONS]
    all_colors = colors(len(names))
    row = frames.probabilities[frame]
    rivals = sorted(range(len(row)), key=lambda index: (index != frames.classes[frame], -row[index]))[:_RIVALS]
    return {
        **at,
        "name": names[frames.classes[frame]],
        "rivals": [{"name": names[i], "color": all_colors[i], "share": float(row[i])} for i in rivals],
    }
