"""Whole studies on the command line, with every kind of result."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rbdm.media.video import Video
from rbdm.ssi import read_annotation, read_stream
from tests.support.command_line import (
    CPU,
    NAMES,
    SHORT,
    contents,
    names,
    six_files,
    untuned_networks,
    write_picture,
    write_short_clip,
    write_study,
)


@pytest.fixture(scope="module", autouse=True)
def _untuned_networks() -> Iterator[None]:
    with untuned_networks():
        yield


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    return write_short_clip(tmp_path_factory.mktemp("short"), face_clip)[0]


@pytest.fixture
def study(tmp_path: Path, face_clip: tuple[Path, Path]) -> Path:
    return write_study(tmp_path / "study", write_picture(tmp_path / "face.png", face_clip[0]))


def test_a_study_is_done_once_and_a_second_run_does_only_what_is_missing(study, rbdm):
    code, out, err = rbdm("annotate", study, "-r", *CPU)
    assert (code, len(out), err) == (0, 4, [])
    assert all("1 with a face" in line for line in out)
    wanted = six_files("a") | six_files("b") | six_files("deeper/a") | six_files("deeper/still/c")
    assert wanted <= names(study)
    before = contents(study)
    (study / "b.valence.annotation").unlink()
    code, out, err = rbdm("annotate", study, "-r", *CPU)
    assert (code, len(out)) == (0, 1)
    assert "3 of 4 videos already have their results" in err[0] and "--overwrite" in err[0]
    assert contents(study) == before


def test_annotations_are_the_same_with_everything_else_written_beside_them(short_clip, tmp_path, rbdm):
    pytest.importorskip("bokeh", reason="needs the extra report")
    flags = ("--csv", "--elan", "--stream", "--report", "--overlay")
    assert rbdm("annotate", short_clip, "--out", tmp_path / "plain", *CPU)[0] == 0
    code, out, err = rbdm("annotate", short_clip, "--out", tmp_path / "all", *flags, *CPU)
    assert (code, len(out), err) == (0, 1, [])
    plain, all_of_it = contents(tmp_path / "plain"), contents(tmp_path / "all")
    assert {name: all_of_it[name] for name in plain} == plain
    further = {"face.expression.csv", "face.expression.eaf", "face.report.html", "face.overlay.mp4"}
    streams = {f"face.expression_probabilities.stream{end}" for end in ("", "~")}
    assert set(all_of_it) - set(plain) == further | streams
    assert len(all_of_it["face.expression.csv"].splitlines()) == 1 + SHORT
    assert read_stream(tmp_path / "all" / "face.expression_probabilities.stream").data.shape == (SHORT, 8)
    with Video(tmp_path / "all" / "face.overlay.mp4") as video:
        assert sum(1 for _ in video) == SHORT


def test_detected_boxes_are_used_by_the_next_annotation(short_clip, tmp_path, rbdm):
    video = Path(shutil.copy(short_clip, tmp_path / "talk.mp4"))
    code, out, err = rbdm("detect", video)
    assert (code, len(out), err) == (0, 1, [])
    stream = tmp_path / "talk.face_bounding_box.stream"
    assert len(read_stream(stream).data) == SHORT
    assert rbdm("annotate", video, "--out", tmp_path / "found", "--face", "largest", *CPU)[1][0].count("(found)") == 1
    out = rbdm("annotate", video, "--out", tmp_path / "read", *CPU)[1]
    assert "boxes of talk.face_bounding_box.stream" in out[0]
    for name in NAMES:
        pair = [read_annotation(tmp_path / where / f"talk.{name}.annotation") for where in ("found", "read")]
        np.testing.assert_array_equal(pair[0].data, pair[1].data)
        boxes = [one.meta.pop("boxes") for one in pair]
        assert boxes == ["found, largest, interpolated", "talk.face_bounding_box.stream"]
        assert pair[0].meta == pair[1].meta
    assert "already exist" in rbdm("detect", video)[2][0]
    assert rbdm("detect", video, "--overwrite")[0] == 0
