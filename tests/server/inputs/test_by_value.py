"""An image in a request is written to a file, byte by byte."""

import base64
from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.server.inputs.by_value import write_value

PIXELS = bytes(range(256)) + b"\xfb\xff"
TEXT = base64.b64encode(PIXELS).decode()


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"data:image/jpeg;base64,{TEXT}",
        "\r\n".join(TEXT[i : i + 76] for i in range(0, len(TEXT), 76)),
        base64.urlsafe_b64encode(PIXELS).decode().rstrip("="),
    ],
)
def test_every_form_of_base64(tmp_path: Path, text: str) -> None:
    assert write_value(text, tmp_path / "input_data").read_bytes() == PIXELS


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "is empty"),
        (None, "is empty"),
        ({"a": 1}, "is empty"),
        ("C:\\face.jpg", "is not base64"),
        ("a", "is not base64"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, data: object, reason: str) -> None:
    with pytest.raises(InputError, match=f"^input 'input_data': its field data {reason}"):
        write_value(data, tmp_path / "input_data")
