"""`.annotation` files are read and written exactly, the same each time, as NOVA reads them; errors name the file."""

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
    read_annotation,
    read_annotation_header,
    write_annotation,
)
from tests.support.nova_reader import open_in_nova

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
        (EMOTIONS, [(0, 1, 8, 1)], "a row has the id 8"),
        (EMOTIONS, [(1, 0, 0, 1)], "row 1 goes from 1.0 s to 0.0 s"),
        (EMOTIONS, [(0, np.nan, 0, 1)], "row 1 goes from 0.0 s to nan s"),
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


GOOD = (
    '<annotation ssi-v="3"><info ftype="ASCII" size="1"/><meta/>'
    '<scheme name="s" type="CONTINUOUS" sr="1" min="0" max="1"/></annotation>'
)
DISCRETE = GOOD.replace('type="CONTINUOUS"', 'type="DISCRETE"')
FREE = GOOD.replace('type="CONTINUOUS"', 'type="FREE"')


@pytest.mark.parametrize(
    ("header", "data", "problem"),
    [
        ("hello", b"", "not XML"),
        ("<stream/>", b"", "is a <stream>"),
        ("<annotation/>", b"", "no <info>"),
        (GOOD, None, "cannot be read"),
        (GOOD, b"", "says 1 rows"),
        (GOOD, b"a;b\n", "line 1 must be score;confidence, not 'a;b'"),
        (GOOD, b"1\n", "line 1 must be score;confidence, not '1'"),
        (GOOD, b"1;1\n1;1\n1\n1;1\n", "line 3 must be score;confidence, not '1'"),
        (GOOD, b"1;1\n1;1;7\n", "line 2 must be score;confidence, not '1;1;7'"),
        (GOOD.replace('sr="1"', 'sr="1e300"'), b"", "sr=1e300"),
        (DISCRETE, b"0;1;0;1\n0;1;0\n", "line 2 must be from;to;id;confidence, not '0;1;0'"),
        (DISCRETE, b"0;1;0.5;1\n", "line 1 must be from;to;id;confidence"),
        (DISCRETE, b"0;1;0;1\n2;1;0;1\n", "row 2 goes from 2.0 s to 1.0 s"),
        (DISCRETE, b"-1;1;0;1\n", "row 1 goes from -1.0 s"),
        (DISCRETE, b"nan;1;0;1\n", "row 1 goes from nan s"),
        (DISCRETE, b"0;inf;0;1\n", "row 1 goes from 0.0 s to inf s"),
        (DISCRETE, b"\x81;1;0;1\n", "is no text in UTF-8 or Windows-1252"),
        (FREE, b"0;1;x;y\n", "line 1 must be from;to;text;confidence, not '0;1;x;y'"),
        (FREE, b"0\n", "line 1 must be from;to;text;confidence, not '0'"),
        (FREE, b"0;1;x;1\n1;0;x;1\n", "row 2 goes from 1.0 s to 0.0 s"),
        (GOOD.replace("ASCII", "BINARY"), b"123", "no whole number of rows"),
        (GOOD.replace("ASCII", "BIN_LZ4"), b"", "BIN_LZ4"),
        (GOOD.replace("CONTINUOUS", "POINT"), b"", "POINT"),
        (GOOD.replace(' sr="1"', ""), b"", "'sr'"),
        (GOOD.replace('sr="1"', 'sr="fast"'), b"", "sr='fast'"),
        (GOOD.replace('max="1"', 'max="inf"'), b"", "max='inf'"),
        (GOOD.replace("CONTINUOUS", "FREE"), b"0;1;x\n", "from;to;text;confidence"),
        (GOOD.replace("CONTINUOUS", "FREE").replace("ASCII", "BINARY"), b"0" * 25, "row 0 is incomplete"),
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


def test_segments_that_nova_wrote_have_a_fifth_cell(tmp_path):
    """NOVA ends each segment with its attributes, or with nothing behind the `;`, but not GARBAGE."""
    path = tmp_path / "nova.annotation"
    write_annotation(path, Annotation(EMOTIONS, SEGMENTS[:0]))
    header = path.read_text(encoding="utf-8").replace(path.read_text(encoding="utf-8").split('sha256="')[1][:64], "")
    path.write_text(header.replace('sha256=""', ""), encoding="utf-8")
    Path(f"{path}~").write_bytes(b"0;1.5;3;1;\r\n2;3;-1;1\r\n3;4;0;0.5;{size:big};more\r\n")
    assert read_annotation(path).data.tolist() == [(0, 1.5, 3, 1), (2, 3, -1, 1), (3, 4, 0, 0.5)]


def test_the_header_alone_says_everything_but_the_rows(tmp_path):
    path = tmp_path / "x.annotation"
    for annotation in ANNOTATIONS.values():
        write_annotation(path, annotation)
        Path(f"{path}~").unlink()
        header = read_annotation_header(path)
        assert (header.scheme, header.role, header.annotator, header.meta) == (
            annotation.scheme,
            annotation.role,
            annotation.annotator,
            annotation.meta,
        )
        assert not len(header.data)
