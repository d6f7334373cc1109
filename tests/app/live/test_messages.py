"""What the page and the server say to each other."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.app.live.messages import Command, Picture, read_command, read_picture, write_faces, write_picture
from rbdm.app.live.pipeline import LiveFace
from rbdm.errors import InputError

NUMBERS = st.integers(0, 2**32 - 1)
TIMES = st.floats(0, 1e12)


@given(st.builds(Picture, NUMBERS, NUMBERS, TIMES, TIMES, st.binary(min_size=1, max_size=99)))
def test_pictures_survive_the_way(picture: Picture) -> None:
    assert read_picture(write_picture(picture)) == picture


@given(st.binary(max_size=24))
def test_a_head_alone_is_no_picture(data: bytes) -> None:
    with pytest.raises(InputError, match=f"picture of {len(data)} bytes"):
        read_picture(data)


def test_a_picture_may_not_fill_the_memory() -> None:
    with pytest.raises(InputError, match="bytes"):
        read_picture(write_picture(Picture(1, 0, 1, 1, bytes(9 << 20))))


@pytest.mark.parametrize(
    "times", [(float("nan"), 1), (float("inf"), 1), (1, float("nan")), (1, -5), (1e300, 1), (1, 1e300)]
)
def test_a_picture_needs_a_time(times: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="without a time"):
        read_picture(struct.pack("<IIdd", 1, 0, *times) + b"x")


def test_commands() -> None:
    assert read_command('{"do": "record", "name": "P07"}') == Command("record", "P07")
    assert read_command('{"do": "stop"}') == Command("stop")


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "null", "1", '"stop"', "{}", '{"do": "delete"}', '{"do": ["stop"]}', '{"do": "record", "name": 7}'),
        f'{{"do": "record", "name": "{61 * "x"}"}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_command(text: str) -> None:
    with pytest.raises(InputError):
        read_command(text)


def test_faces_are_plain_json() -> None:
    values = np.linspace(-1, 1, 10, dtype=np.float32)
    face = LiveFace("2", np.arange(17, dtype=np.float32) / 16, values)
    answer = json.loads(json.dumps(write_faces(7, None, [face])))
    assert (answer["number"], answer["recorded"], answer["faces"][0]["person"]) == (7, None, "2")
    assert answer["faces"][0]["box"] == [0, 0.0625, 0.125, 0.1875] and answer["faces"][0]["confidence"] == 0.25
    assert np.allclose(answer["faces"][0]["probabilities"], values[:8], atol=1e-6)
    assert (answer["faces"][0]["valence"], answer["faces"][0]["arousal"]) == pytest.approx((7 / 9, 1), abs=1e-6)
