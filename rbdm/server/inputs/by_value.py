"""Inputs that a request contains itself: an image or a video in base64."""

import base64
import binascii
from pathlib import Path

from rbdm.errors import InputError

_DATA_URL = "data:"


def write_value(data: object, path: Path) -> Path:
    """Write the content of an input to a file.

    Args:
        data: base64 text, also as a data URL (`data:image/jpeg;base64,…`) and with line breaks.
        path: the file to write.

    Returns:
        `path`.

    Raises:
        InputError: the text is missing or is not base64.
    """
    if not isinstance(data, str) or not data.strip():
        raise InputError(f"input {path.name!r}: its field data is empty: send the image or video in it, as base64")
    text = data.partition(",")[2] if data.startswith(_DATA_URL) else data
    try:
        # Line breaks are allowed; some clients leave out the padding or use the alphabet of URLs.
        text = "".join(text.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
        path.write_bytes(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        raise InputError(f"input {path.name!r}: its field data is not base64") from None
    return path
