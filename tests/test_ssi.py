"""Reading and writing of `.stream` and `.annotation`: exact, deterministic, and errors that name the file."""

import os
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbdm.errors import InputError, OutputError
from rbdm.ssi import (
    CONTINUOUS_DTYPE,
    DISCRETE_DTYPE,
    FREE_DTYPE,
    Annotation,
    ContinuousScheme,
    DiscreteScheme,
    FreeScheme,
    SchemeClass,
    Stream,
    read_annotation,
    read_stream,
    write_annotation,
    write_stream,
)
from tests.support.nova_reader import open_in_nova
from tests.support.paths import FACES

fast = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

EMOTIONS = DiscreteScheme(
    'Gefühl <&> "1"', (SchemeClass(0, "Neutral", "#FF9E9E9E"), SchemeClass(3, "überrascht 😮")), "#FFFFFF"
)
SEGMENTS = np.array(
    [(0.0, 1 / 30, 3, 0.1), (1 / 30, 3600.0333333333333, 0, 1 / 3), (4000, 4001, -1, 1)], DISCRETE_DTYPE
)
SAMPLES = np.array([(-1 / 3, 0.99999994), (1e-5, 0), (np.nan, 1)], CONTINUOUS_DTYPE)
TEXTS = np.array([(0, 1.5, 'sagt "ja", naïve 😮', 1), (2.25, 3, "# end", 0.5)], FREE_DTYPE)
ANNOTATIONS = {
    "discrete": Annotation(EMOTIONS, SEGMENTS, "patient", "Jörg", {"weights": "open", "weights_sha256": "0" * 64}),
    "continuous": Annotation(ContinuousScheme("valence", 30000 / 1001, -1, 1 / 3, "#FF0000FF", "#FFFF0000"), SAMPLES),
    "free": Annotation(FreeScheme("speech"), TEXTS),
}


def assert_same(one: Annotation, other: Annotation) -> None:
    assert (one.scheme, one.role, one.annotator, one.meta) == (
        other.scheme,
        other.role,
        other.annotator,
        other.meta,
    )
    assert one.data.dtype == other.data.dtype
    for name in one.data.dtype.names:
        np.testing.assert_array_equal(one.data[name], other.data[name])


@pytest.mark.parametrize("binary", [False, True, None])
@pytest.mark.parametrize("kind", ANNOTATIONS)
def test_annotation_is_read_back_exactly_and_written_the_same_again(tmp_path, kind, binary):
    path, again = tmp_path / "ä b.annotation", tmp_path / "again.annotation"
    write_annotation(path, ANNOTATIONS[kind], binary=binary)
    write_annotation(again, read_annotation(path), binary=binary)
    assert_same(ANNOTATIONS[kind], read_annotation(path))
    assert path.read_bytes() == again.read_bytes()
    assert Path(f"{path}~").read_bytes() == Path(f"{again}~").read_bytes()
    assert len(list(tmp_path.iterdir())) == 4
    assert open_in_nova(path)["kind"] == kind.upper()


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("kind", ANNOTATIONS)
def test_discover_utils_reads_the_same(tmp_path, kind, binary):
    handler = pytest.importorskip("discover_utils.data.handler.file_handler").FileHandler()
    ours = ANNOTATIONS[kind]
    if kind == "free" and binary:
        ours = Annotation(ours.scheme, ours.data[1:])  # it takes the text for Latin-1
    write_annotation(tmp_path / "x.annotation", ours, binary=binary)
    theirs = handler.load(tmp_path / "x.annotation")
    for name in ours.data.dtype.names:
        expected = ours.data[name]
        if name in ("from", "to"):
            expected = (expected * 1000).astype(np.int32)
        np.testing.assert_array_equal(theirs.data[name], expected)
    assert theirs.annotation_scheme.name == ours.scheme.name
    assert theirs.meta_data.annotator == ours.annotator
    if kind == "discrete":
        assert theirs.annotation_scheme.classes["3"] == {"id": "3", "name": "überrascht 😮"}
    if kind == "continuous":
        assert theirs.annotation_scheme.sample_rate == ours.scheme.sample_rate


@pytest.mark.parametrize("kind", ANNOTATIONS)
def test_what_discover_utils_writes_is_read(tmp_path, kind):
    module = pytest.importorskip("discover_utils.data.handler.file_handler")
    write_annotation(tmp_path / "x.annotation", ANNOTATIONS[kind])
    handler = module.FileHandler()
    handler.save(handler.load(tmp_path / "x.annotation"), tmp_path / "y.annotation")
    theirs = read_annotation(tmp_path / "y.annotation")
    assert len(theirs.data) == len(ANNOTATIONS[kind].data)
    assert theirs.scheme.name == ANNOTATIONS[kind].scheme.name


@pytest.mark.parametrize("kind", ANNOTATIONS)
@pytest.mark.parametrize("rows", [0, 1])
def test_none_and_one_row_in_every_reader(tmp_path, kind, rows):
    ours = Annotation(ANNOTATIONS[kind].scheme, ANNOTATIONS[kind].data[:rows])
    write_annotation(tmp_path / "x.annotation", ours)
    assert_same(ours, read_annotation(tmp_path / "x.annotation"))
    assert len(open_in_nova(tmp_path / "x.annotation")["rows"]) == rows
    handler = pytest.importorskip("discover_utils.data.handler.file_handler").FileHandler()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(handler.load(tmp_path / "x.annotation").data) == rows


finite32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@fast
@given(st.lists(st.tuples(finite32, st.floats(0, 1, width=32)), max_size=20), st.booleans())
def test_every_float32_survives(tmp_path, rows, binary):
    ours = Annotation(ContinuousScheme("x", 25, -1, 1), np.array(rows, CONTINUOUS_DTYPE))
    write_annotation(tmp_path / "x.annotation", ours, binary=binary)
    assert_same(ours, read_annotation(tmp_path / "x.annotation"))


@fast
@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=2).map(sorted), st.floats(0, 1, width=32))
def test_every_time_survives(tmp_path, times, conf):
    ours = Annotation(EMOTIONS, np.array([(*times, 3, conf)], DISCRETE_DTYPE))
    write_annotation(tmp_path / "x.annotation", ours)
    assert_same(ours, read_annotation(tmp_path / "x.annotation"))


@pytest.mark.parametrize("text", ["a;b", "a\nb", "a\rb"])
def test_free_text_that_ascii_cannot_hold_is_binary(tmp_path, text):
    ours = Annotation(FreeScheme("x"), np.array([(0, 1, text, 1)], FREE_DTYPE))
    write_annotation(tmp_path / "x.annotation", ours)
    assert_same(ours, read_annotation(tmp_path / "x.annotation"))
    with pytest.raises(OutputError, match="BINARY"):
        write_annotation(tmp_path / "y.annotation", ours, binary=False)


def test_header_that_nova_wrote_in_the_windows_code_page(tmp_path):
    header = '<?xml version="1.0" ?>\n<annotation ssi-v="3"><info ftype="ASCII" size="1" />'
    header += '<meta annotator="Jörg" />'
    header += '<scheme name="s" type="FREE" color="#FFFFFFFF"/></annotation>'
    (tmp_path / "x.annotation").write_bytes(header.encode("cp1252"))
    (tmp_path / "x.annotation~").write_bytes("0;1.5;müde; sehr;1;color=#FF00FF00\r\n".encode("cp1252"))
    annotation = read_annotation(tmp_path / "x.annotation")
    assert annotation.annotator == "Jörg"
    assert annotation.data.tolist() == [(0, 1.5, "müde; sehr", 1)]


@pytest.mark.parametrize(
    ("scheme", "rows", "problem"),
    [
        (EMOTIONS, [(0, 1, 8, 1)], "id 8 of a row"),
        (EMOTIONS, [(1, 0, 0, 1)], "ends before"),
        (EMOTIONS, [(0, np.nan, 0, 1)], "no numbers"),
        (DiscreteScheme("x", (SchemeClass(0, "a"), SchemeClass(0, "b"))), [], "same id"),
        (DiscreteScheme("x", (SchemeClass(0, "a\0"),)), [], "XML"),
        (ContinuousScheme("x", 0), [], "rate"),
        (ContinuousScheme("x", 1, 1, 1), [], "range"),
        (ContinuousScheme("x", 1), [(np.inf, 1)], "infinite"),
    ],
)
def test_nothing_is_written_that_nova_shows_wrongly(tmp_path, scheme, rows, problem):
    dtype = DISCRETE_DTYPE if isinstance(scheme, DiscreteScheme) else CONTINUOUS_DTYPE
    with pytest.raises(OutputError, match=problem) as caught:
        write_annotation(tmp_path / "x.annotation", Annotation(scheme, np.array(rows, dtype)))
    assert str(tmp_path / "x.annotation") in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("row", ["0;1;8;1", "0;1;0;0,5", "1;0;0;1", "0;1;0", "0;1;00;1"])
def test_the_nova_reader_is_strict(tmp_path, row):
    write_annotation(tmp_path / "x.annotation", Annotation(EMOTIONS, SEGMENTS[:1]))
    (tmp_path / "x.annotation~").write_bytes(f"{row}\n".encode())
    with pytest.raises((AssertionError, ValueError)):
        open_in_nova(tmp_path / "x.annotation")


def test_rows_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Annotation(EMOTIONS, SAMPLES)


def test_failure_leaves_the_old_files_and_no_temporary_ones(tmp_path, monkeypatch):
    path = tmp_path / "x.annotation"
    write_annotation(path, ANNOTATIONS["discrete"])
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(OutputError, match="Permission denied") as caught:
        write_annotation(path, ANNOTATIONS["continuous"])
    assert str(path) in str(caught.value)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        write_annotation(tmp_path / "no" / "x.annotation", ANNOTATIONS["free"])


GOOD = (
    '<annotation ssi-v="3"><info ftype="ASCII" size="1"/><meta/>'
    '<scheme name="s" type="CONTINUOUS" sr="1" min="0" max="1"/></annotation>'
)


@pytest.mark.parametrize(
    ("header", "data", "problem"),
    [
        ("hello", b"", "not XML"),
        ("<stream/>", b"", "is a <stream>"),
        ("<annotation/>", b"", "no <info>"),
        (GOOD, None, "cannot be read"),
        (GOOD, b"", "says 1 rows"),
        (GOOD, b"a;b\n", "could not convert"),
        (GOOD, b"1\n", "requires 2 columns"),
        (GOOD.replace("ASCII", "BINARY"), b"123", "no whole number of rows"),
        (GOOD.replace("ASCII", "BIN_LZ4"), b"", "BIN_LZ4"),
        (GOOD.replace("CONTINUOUS", "POINT"), b"", "POINT"),
        (GOOD.replace(' sr="1"', ""), b"", "'sr'"),
        (GOOD.replace('sr="1"', 'sr="fast"'), b"", "sr='fast'"),
        (GOOD.replace('max="1"', 'max="inf"'), b"", "max='inf'"),
        (GOOD.replace("CONTINUOUS", "FREE"), b"0;1;x\n", "from;to;text;confidence|could not convert"),
        (GOOD.replace("CONTINUOUS", "FREE").replace("ASCII", "BINARY"), b"0" * 25, "cut off"),
    ],
)
def test_malformed_annotation_is_one_line_that_names_the_file(tmp_path, header, data, problem):
    (tmp_path / "x.annotation").write_text(header)
    if data is not None:
        (tmp_path / "x.annotation~").write_bytes(data)
    with pytest.raises(InputError, match=problem) as caught:
        read_annotation(tmp_path / "x.annotation")
    assert "x.annotation" in str(caught.value) and "\n" not in str(caught.value)


def test_missing_annotation(tmp_path):
    with pytest.raises(InputError, match=r"x\.annotation: cannot be read"):
        read_annotation(tmp_path / "x.annotation")


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


@pytest.mark.parametrize("name", ["single_face", "face_noface", "noface_face", "no_face", "WolfgangLanger_Pexels"])
def test_real_streams(name):
    path = FACES / f"{name}.stream"
    if not path.is_file():
        pytest.skip(f"the example clips are not beside this checkout ({FACES})")
    stream = read_stream(path)
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
        (stream_header('ftype="ASCII"'), b"1 2\n3\n", "columns"),
        (stream_header('ftype="ASCII"'), b"1 2 3\n3 4 5\n", "dim=2"),
        (stream_header('ftype="ASCII"'), b"1 x\n", "could not convert"),
        (stream_header('ftype="ASCII"'), b"", "has 0"),
        (
            stream_header(chunks='<chunk from="0" to="1" num="1"/><chunk from="9" to="10" num="1"/>'),
            b"0" * 16,
            "follow",
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
