"""The messages between the page `Live` and the server, over a websocket.

The page sends pictures as binary messages and commands as JSON. The server answers in JSON, see
`rbdm.app.live.session`.
"""

import json
import math
import struct
from typing import Any, Literal, NamedTuple, cast

from rbdm.app.live.pipeline import LiveFace
from rbdm.errors import InputError

_HEAD = struct.Struct("<IIdd")
_MOST_BYTES = 8 << 20
_LATEST = 4e12
"""Milliseconds since 1970: a later time (after the year 2096) is none. A camera's own clock starts later than 1970."""
_LONGEST_NAME = 60
_DIGITS = 6
"""Decimals of a value: more than a float32 near 1 can have are of no use."""


class Picture(NamedTuple):
    """A frame of the camera, as the page sends it.

    Attributes:
        number: the page's number of the frame; answers repeat it.
        dropped: how many frames of the camera the page could not send since the frame before it.
        time: milliseconds on the camera's clock.
        arrived: milliseconds since 1970, when the page got the frame.
        jpeg: the picture.
    """

    number: int
    dropped: int
    time: float
    arrived: float
    jpeg: bytes


class Command(NamedTuple):
    """What the person wants.

    Attributes:
        do: start or stop a recording.
        name: the start of the recording's file names.
    """

    do: Literal["record", "stop"]
    name: str = ""


def read_picture(message: bytes) -> Picture:
    """Read a binary message: a head of 24 bytes (two uint32, two float64, little-endian), and a JPEG.

    Raises:
        InputError: it is something else.
    """
    if len(message) <= _HEAD.size or len(message) > _MOST_BYTES:
        raise InputError(f"the page sent a picture of {len(message)} bytes: it is left out")
    number, dropped, time, arrived = _HEAD.unpack_from(message)
    if not (math.isfinite(time) and abs(time) < _LATEST and 0 <= arrived < _LATEST):
        raise InputError("the page sent a picture without a time: it is left out")
    return Picture(number, dropped, time, arrived, message[_HEAD.size :])


def write_picture(picture: Picture) -> bytes:
    """The binary message that `read_picture` reads."""
    return _HEAD.pack(*picture[:4]) + picture.jpeg


def read_command(message: str) -> Command:
    """Read a command.

    Raises:
        InputError: it is none.
    """
    try:
        content = json.loads(message)
        do, name = content["do"], content.get("name", "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputError("the page sent a message that is no command") from None
    if do not in ("record", "stop") or not isinstance(name, str):
        raise InputError("the page sent a command that does not exist")
    if len(name) > _LONGEST_NAME:
        raise InputError(f"the name of a recording may have {_LONGEST_NAME} letters")
    return Command(cast(Literal["record", "stop"], do), name)


def write_faces(number: int, recorded: int | None, faces: list[LiveFace]) -> dict[str, Any]:
    """The answer to a picture.

    Args:
        number: of the page.
        recorded: the frame's number in the recording, from 0; None if it is not recorded.
        faces: the faces.
    """
    return {
        "kind": "faces",
        "number": number,
        "recorded": recorded,
        "faces": [
            {
                "person": face.person,
                "box": _rounded(face.row[:4]),
                "confidence": _rounded(face.row[4:5])[0],
                "probabilities": _rounded(face.values[:8]),
                "valence": _rounded(face.values[8:9])[0],
                "arousal": _rounded(face.values[9:])[0],
            }
            for face in faces
        ],
    }


def _rounded(values: Any) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]
