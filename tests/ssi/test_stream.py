"""`.stream` files are read and written exactly; what is malformed is refused in one line that names the file."""

import re

import numpy as np
import pytest

from rbdm.errors import InputError, OutputError
from rbdm.ssi import Stream, read_stream, write_stream
from tests.support.paths import FACES, needs_faces

DTYPES = ["<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8", "?"]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_stream_of_every_type_is_read_back_exactly(tmp_path, dtype, binary):
    low, high = (
        (0, 1) if dtype == "?" else (np.iinfo(dtype).min, np.iinfo(dtype).max) if dtype[1] != "f" else (-1e-7, 1 / 3)
    )
    stream = Stream(np.array([[low, high, 0], [1, high, low]], dtype), 30000 / 1001, 1.5, "feature;x", {"size": "9:5"})
    write_stream(tmp_path / "x.stream", stream, binary=binary)
    back = read_stream(tmp_path / "x.stream")
    np.testing.assert_array_equal(back.data, stream.data)
    assert back.data.dtype == np.dtype(dtype) and back.data.flags.writeable
    assert (back.sample_rate, back.start, back.media_type) == (30000 / 1001, 1.5, "feature;x")
    assert back.meta == {"size": "9:5"}
    handler = pytest.importorskip("discover_utils.data.handler.file_handler").FileHandler()
    if binary or dtype != "?":
        np.testing.assert_array_equal(handler.load(tmp_path / "x.stream").data, stream.data)


@needs_faces
@pytest.mark.parametrize("name", ["single_face", "face_noface", "noface_face", "no_face", "WolfgangLanger_Pexels"])
def test_real_streams(name):
    stream = read_stream(FACES / f"{name}.stream")
    assert stream.data.dtype == np.float32 and stream.data.shape[1] == 5
    assert stream.media_type.endswith("blazeface") and re.fullmatch(r"\d+:\d+", stream.meta["size"])
    assert ((stream.data[:, 4] >= 0) & (stream.data[:, 4] <= 1)).all()


def stream_header(info: str = "", chunks: str = '<chunk from="0" to="2" byte="0" num="2"/>') -> str:
    values = {"ftype": "BINARY", "sr": "1", "dim": "2", "byte": "4", "type": "FLOAT", "delim": " "}
    values.update(re.findall(r'(\w+)="([^"]*)"', info))
    attributes = " ".join(f'{key}="{value}"' for key, value in values.items())
    return f'<?xml version="1.0" ?><stream ssi-v="2"><info {attributes}/>{chunks}</stream>'


@pytest.mark.parametrize(
    ("header", "data", "problem"),
    [
        ("a text file", b"", "not XML"),
        (stream_header(), None, "cannot be read"),
        (stream_header(), b"0" * 8, "says 2 samples, but x.stream~ has 1"),
        (stream_header(), b"0" * 24, "says 2 samples, but x.stream~ has 3"),
        (stream_header(), b"0" * 15, "no whole number of samples"),
        (stream_header('byte="8"'), b"0" * 16, "byte=8"),
        (stream_header('type="IMAGE"'), b"", "type='IMAGE'"),
        (stream_header('dim="0"'), b"", "dim=0"),
        (stream_header('sr="0"'), b"", "sr=0"),
        (stream_header('sr="nan"'), b"", "sr='nan'"),
        (stream_header('dim="five"'), b"", "dim='five'"),
        (stream_header('ftype="ASCII"'), b"1 2\n3\n", "line 2 must be 2 numbers, not '3'"),
        (stream_header('ftype="ASCII"'), b"1 2 3\n3 4 5\n", "dim=2"),
        (stream_header('ftype="ASCII"'), b"1 x\n", "line 1 must be 2 numbers, not '1 x'"),
        (stream_header('ftype="ASCII"'), b"", "has 0"),
        (stream_header('ftype="ASCII" delim="nan"'), b"1 2\n3 4\n", "delim is 'nan'"),
        (
            stream_header(chunks='<chunk from="0" to="1" num="1"/><chunk from="9" to="10" num="1"/>'),
            b"0" * 16,
            "not consecutive",
        ),
    ],
)
def test_malformed_stream_is_one_line_that_names_the_file(tmp_path, header, data, problem):
    (tmp_path / "x.stream").write_text(header)
    if data is not None:
        (tmp_path / "x.stream~").write_bytes(data)
    with pytest.raises(InputError, match=problem) as caught:
        read_stream(tmp_path / "x.stream")
    assert "x.stream" in str(caught.value) and "\n" not in str(caught.value)


def test_chunks_that_follow_each_other_and_other_delimiters(tmp_path):
    chunks = '<chunk from="5.000" to="6.001" num="1"/><chunk from="6.000" to="7" num="1"/>'
    (tmp_path / "x.stream").write_text(stream_header('ftype="ASCII" delim=";"', chunks))
    (tmp_path / "x.stream~").write_text("1;2\r\n3;4\r\n")
    stream = read_stream(tmp_path / "x.stream")
    assert stream.start == 5 and stream.data.tolist() == [[1, 2], [3, 4]]


def test_header_without_chunks_takes_what_the_data_file_has(tmp_path):
    (tmp_path / "x.stream").write_text(stream_header(chunks=""))
    (tmp_path / "x.stream~").write_bytes(b"\0" * 24)
    assert read_stream(tmp_path / "x.stream").data.shape == (3, 2)


def test_stream_that_ssi_has_no_type_for(tmp_path):
    with pytest.raises(OutputError, match="float16"):
        write_stream(tmp_path / "x.stream", Stream(np.zeros((2, 2), np.float16), 25))
