"""How a page finds its video: relative addresses, and where the video's own clock starts."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av

from rbdm.errors import InputError
from rbdm.files.naming import IMAGE_ENDINGS, printable
from rbdm.media.container import open_container, video_stream

_FOLDERS_UP = 3
"""A page that is further away from its video than this is not expected to be moved together with it."""
_NOT_PLAYED = {"mjpeg"}
"""No browser plays these codecs. Recordings of the page `Live` have them."""


def video_link(video: Path, page: Path, end: float, overlay: str = "") -> dict[str, Any] | None:
    """What `createPlayer` of `player.js` needs to know about a video; None for an image, which nobody can play.

    Args:
        video: the video file; it need not exist any more.
        page: the page's file.
        end: seconds, the end of the last frame.
        overlay: the name that the overlay of this video has beside the page, if there is one. It is played in place of
            a video that no browser plays; its times are the same.

    Returns:
        For JSON: `name`; `addresses`, relative to the page, the first one that can be played is used; `format`, such as
        `HEVC in .mov`, for messages; `start`, the seconds of the file's own clock at our time 0; and `end`.
    """
    if video.suffix.lower() in IMAGE_ENDINGS:
        return None
    start, codec = 0.0, ""
    try:
        with open_container(video) as container:
            start = max(0.0, (container.start_time or 0) / av.time_base)
            codec = video_stream(video, container).codec_context.name
    except InputError:
        pass
    return {
        "name": printable(video.name),
        "addresses": [*_addresses(video, page), *([_address(overlay)] if overlay and codec in _NOT_PLAYED else [])],
        "format": f"{codec.upper()} in {printable(video.suffix)}".strip() if codec else printable(video.suffix),
        "start": start,
        "end": end,
    }


def relative_address(file: Path, page: Path) -> str:
    """The address of a file as seen from a page; on another drive of Windows, its full address."""
    try:
        return "/".join([*map(_address, _way(file, page)), _address(file.name)])
    except ValueError:
        return file.resolve().as_uri()


def _addresses(video: Path, page: Path) -> list[str]:
    """The video's place as seen from the page, and its name: it may lie beside the page one day."""
    beside = _address(video.name)
    try:
        parts = _way(video, page)
    except (OSError, ValueError):  # another drive of Windows
        return [beside]
    if not parts or parts.count(os.pardir) > _FOLDERS_UP:
        return [beside]
    return ["/".join([*map(_address, parts), beside]), beside]


def _way(file: Path, page: Path) -> tuple[str, ...]:
    """The folders from a page to a file. Raises `ValueError` if they are on two drives of Windows."""
    return Path(os.path.relpath(file.resolve().parent, page.resolve().parent)).parts


def _address(name: str) -> str:
    """A file name in a relative address. The bytes of a name that is no text are kept."""
    return quote(os.fsencode(name), safe="")
