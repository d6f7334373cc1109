"""`rbdm annotate` promises: three annotations a video, one line an error, and that nothing is half done."""

import json
import os
import shutil
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rbdm as package
from rbdm.annotator import Annotator
from rbdm.expressions import EXPRESSIONS
from rbdm.network.weights import find_weights
from rbdm.prediction import Prediction
from rbdm.ssi import Stream, read_stream, write_stream
from tests.support import clips
from tests.support.command_line import CPU, NAMES, SHORT, contents, copy_stream, names, six_files, write_short_clip
from tests.support.fixture_types import Rbdm
from tests.support.nova_reader import open_in_nova

FACE = (0.1, 0.2, 0.8, 0.9, 0.9)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """A face clip, whose stream sees no face in frames 10 to 13 and is less and less sure."""
    video, stream = write_short_clip(tmp_path_factory.mktemp("clip"), face_clip)
    boxes = read_stream(stream)
    boxes.data[:, 4] = np.linspace(0.99, 0.6, SHORT)
    boxes.data[10:14] = boxes.data[9]
    boxes.data[10:14, 4] = 0
    write_stream(video.with_name("talk.stream"), boxes)
    return video.rename(video.with_name("talk.mp4"))


@pytest.fixture(scope="module")
def expected(annotator: Annotator, clip: Path) -> Prediction:
    return annotator.annotate(clip, clip.with_suffix(".stream"))


def outputs(folder: Path, stem: str) -> dict[str, Path]:
    return {name: folder / f"{stem}.{name}.annotation" for name in NAMES}


@pytest.fixture(scope="module")
def annotations(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from rbdm.cli.main import run

    folder = tmp_path_factory.mktemp("annotations")
    assert run(["annotate", str(clip), "--out", str(folder), *CPU]) == 0
    return folder


def test_three_annotations_and_nothing_else(annotations):
    assert names(annotations) == six_files("talk")


def test_expression_is_a_discrete_scheme_of_eight_classes_with_their_ids_and_colours(annotations):
    path = outputs(annotations, "talk")["expression"]
    found = open_in_nova(path)
    assert (found["kind"], found["name"]) == ("DISCRETE", "expression")
    assert found["labels"] == {id: expression.name for id, expression in enumerate(EXPRESSIONS)}
    colours = [item.get("color") for item in ET.parse(path).getroot().iter("item")]
    assert colours == [expression.color for expression in EXPRESSIONS]


def test_segments_lie_on_the_frames_are_merged_and_leave_a_gap_where_there_is_no_face(annotations, expected):
    rows = open_in_nova(outputs(annotations, "talk")["expression"])["rows"]
    edges = np.append(expected.time, expected.duration)
    for start, end, name, _ in rows:
        assert np.abs(edges - start).min() < 1e-3
        assert np.abs(edges - end).min() < 1e-3
        inside = (expected.time > start - 1e-3) & (expected.time < end - 1e-3)
        winners = expected.probabilities[inside].argmax(axis=1)
        assert [EXPRESSIONS[winner].name for winner in set(winners)] == [name]
    for (_, end, before, _), (start, _, after, _) in pairwise(rows):
        assert before != after or start > end
    gap = expected.time[10], expected.time[14]
    assert all(end <= gap[0] + 1e-3 or start >= gap[1] - 1e-3 for start, end, _, _ in rows)
    covered = sum(end - start for start, end, _, _ in rows)
    assert covered == pytest.approx(expected.duration - (gap[1] - gap[0]), abs=1e-3)


@pytest.mark.parametrize("name", ["valence", "arousal"])
def test_samples_are_the_networks_scores_at_the_videos_rate(annotations, expected, name):
    found = open_in_nova(outputs(annotations, "talk")[name])
    assert (found["kind"], found["name"]) == ("CONTINUOUS", name)
    assert (found["sr"], found["min"], found["max"]) == (pytest.approx(25), -1, 1)
    scores, confidences = np.array(found["rows"]).T
    np.testing.assert_allclose(scores, np.nan_to_num(getattr(expected, name)), atol=5e-5)
    np.testing.assert_allclose(confidences, expected.face_confidence, atol=5e-5)
    assert len(scores) == SHORT
    assert (scores[10:14] == 0).all()
    assert (confidences[10:14] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_annotation_says_which_weights_and_which_version_made_it(annotations, name):
    meta = open_in_nova(outputs(annotations, "talk")[name])["meta"]
    shipped = find_weights("open")
    assert meta["weights"] == shipped.entry.name
    assert meta["weights_sha256"] == shipped.sha256
    assert meta["rbdm_version"] == package.__version__
    assert meta["annotator"] == "rbdm"


def test_a_second_run_gives_the_same_bytes(annotations, clip, rbdm):
    before = contents(annotations)
    assert rbdm("annotate", clip, "--out", annotations, *CPU)[0] == 0
    assert contents(annotations) == before


def test_a_line_says_what_was_done(picture, tmp_path, rbdm):
    code, out, err = rbdm("annotate", picture, "--out", tmp_path / "new" / "folder", *CPU)
    assert (code, err) == (0, [])
    assert len(out) == 1
    assert str(picture) in out[0]
    assert "1 frames, 1 with a face" in out[0]
    assert str(tmp_path / "new" / "folder") in out[0]
    assert names(tmp_path / "new" / "folder") == six_files("good")


def test_without_a_folder_annotations_go_beside_the_video(picture, tmp_path, rbdm):
    for path in picture.parent.iterdir():
        shutil.copy(path, tmp_path)
    assert rbdm("annotate", tmp_path / "good.png", *CPU)[0] == 0
    assert names(tmp_path) == six_files("good") | names(picture.parent)


def rows_with(rbdm: Rbdm, clip: Path, folder: Path, *options: object) -> dict[str, dict[str, Any]]:
    code, _, err = rbdm("annotate", clip, "--out", folder, *CPU, *options)
    assert (code, err) == (0, [])
    return {name: open_in_nova(path) for name, path in outputs(folder, "talk").items()}


def test_five_expressions(rbdm, clip, tmp_path):
    found = rows_with(rbdm, clip, tmp_path, "--num-expressions", 5)["expression"]
    assert list(found["labels"].values()) == [expression.name for expression in EXPRESSIONS[:5]]


def test_segments_that_are_not_merged_are_one_a_frame(rbdm, clip, tmp_path, expected):
    rows = rows_with(rbdm, clip, tmp_path, "--no-merge-segments")["expression"]["rows"]
    assert len(rows) == SHORT - 4
    np.testing.assert_allclose([row[0] for row in rows], expected.time[expected.has_face], atol=1e-3)


def test_smoothing(rbdm, clip, tmp_path, expected):
    smoothed = np.array(rows_with(rbdm, clip, tmp_path, "--smoothing-ms", 1000)["valence"]["rows"])[:, 0]
    assert np.abs(np.diff(smoothed[:10])).sum() < np.abs(np.diff(expected.valence[:10])).sum()


def test_face_confidence(rbdm, clip, tmp_path, expected):
    rows = rows_with(rbdm, clip, tmp_path, "--face-confidence", 0.8)["valence"]["rows"]
    np.testing.assert_array_equal([score != 0 for score, _ in rows], expected.face_confidence >= 0.8)


def test_the_batch_size_changes_nothing(rbdm, clip, tmp_path, annotations):
    rows_with(rbdm, clip, tmp_path, "--batch-size", 7)
    for name in ("valence", "arousal"):
        one, other = (open_in_nova(outputs(folder, "talk")[name])["rows"] for folder in (tmp_path, annotations))
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_stream_beside_the_video_is_found_by_its_longer_name_too(picture, tmp_path, rbdm):
    shutil.copy(picture, tmp_path)
    copy_stream(picture.with_suffix(".stream"), tmp_path / "good.face_bounding_box.stream")
    code, out, _ = rbdm("annotate", tmp_path / "good.png", *CPU)
    assert code == 0 and "boxes of good.face_bounding_box.stream" in out[0]


def test_streams_may_be_named_one_for_each_video_or_as_a_folder(picture, tmp_path, rbdm):
    videos = [shutil.copy(picture, tmp_path / name) for name in ("a.png", "b.png")]
    streams = tmp_path / "streams"
    streams.mkdir()
    for stem in "ab":
        copy_stream(picture.with_suffix(".stream"), streams / f"{stem}.stream")
    named = ["--faces", streams / "a.stream", "--faces", streams / "b.stream"]
    for number, faces in enumerate([named, ["--faces", streams]]):
        code, out, err = rbdm("annotate", *videos, *faces, "--out", tmp_path / str(number), *CPU)
        assert (code, len(out), err) == (0, 2, [])
        assert names(tmp_path / str(number)) == six_files("a") | six_files("b")


def test_fewer_streams_than_videos_is_an_error_before_anything_is_done(picture, tmp_path, rbdm):
    videos = [picture, tmp_path / "b.png"]
    code, out, err = rbdm(
        "annotate", *videos, "--faces", picture.with_suffix(".stream"), "--out", tmp_path / "out", *CPU
    )
    assert (code, out, len(err)) == (1, [], 1)
    assert "--faces" in err[0]
    assert not (tmp_path / "out").exists()


def test_a_folder_of_streams_without_the_videos_is_one_line(picture, tmp_path, rbdm):
    code, out, err = rbdm("annotate", picture, "--faces", tmp_path, "--out", tmp_path / "out", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert str(picture) in err[0] and "good.stream" in err[0] and "rbdm detect" in err[0]


def test_face_and_faces_together_are_one_line(picture, tmp_path, rbdm):
    both = ("--face", "leftmost", "--faces", picture.parent)
    code, out, err = rbdm("annotate", picture, "--out", tmp_path, *both, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "--faces" in err[0]


def test_two_videos_that_would_write_the_same_files_are_an_error_before_anything_is_done(picture, tmp_path, rbdm):
    other = tmp_path / picture.name
    code, out, err = rbdm("annotate", picture, other, "--out", tmp_path / "out", *CPU)
    assert (code, out, len(err)) == (1, [], 5)
    assert str(picture) in err[0] and str(other) in err[1] and "same names" in err[0]
    assert not (tmp_path / "out").exists()


# Bad input: each function makes a video and its stream in a folder, and gives the file that the error must name.


def with_boxes(folder: Path, rows: Any, dtype: str = "float32") -> Path:
    clips.write_clip(folder / "bad.mp4", clips.constant(3))
    write_stream(folder / "bad.stream", Stream(np.array(rows, dtype), 30))
    return folder / "bad.stream"


def as_video(content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        with_boxes(folder, [FACE] * 3)
        (folder / "bad.mp4").write_bytes(content)
        return folder / "bad.mp4"

    return make


def no_video(folder: Path) -> Path:
    with_boxes(folder, [FACE] * 3)
    (folder / "bad.mp4").unlink()
    return folder / "bad.mp4"


def a_folder(folder: Path) -> Path:
    no_video(folder).mkdir()
    return folder / "bad.mp4"


def only_sound(folder: Path) -> Path:
    with_boxes(folder, [FACE] * 3)
    clips.write_sound(folder / "bad.mp4")
    return folder / "bad.mp4"


def cut_off_before_the_first_frame(folder: Path) -> Path:
    with_boxes(folder, [FACE] * 3)
    whole = clips.write_clip(folder / "whole.mp4", clips.constant(60), container_options={"movflags": "faststart"})
    content = whole.read_bytes()
    whole.unlink()
    (folder / "bad.mp4").write_bytes(content[: content.index(b"mdat") + 4])
    return folder / "bad.mp4"


def without_its_end(folder: Path) -> Path:
    with_boxes(folder, [FACE] * 3)
    whole = clips.write_clip(folder / "whole.mp4", clips.constant(60))
    clips.truncated(whole, folder / "bad.mp4", 0.6)
    whole.unlink()
    return folder / "bad.mp4"


def no_samples(folder: Path) -> Path:
    with_boxes(folder, [FACE] * 3)
    (folder / "bad.stream~").unlink()
    return folder / "bad.stream~"


def no_xml(folder: Path) -> Path:
    with_boxes(folder, [FACE] * 3).write_text("Dear diary")
    return folder / "bad.stream"


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "bad.mp4")
    return folder / "bad.mp4"


BAD = {
    "no such file": (no_video, "no such file"),
    "an empty file": (as_video(b""), "empty"),
    "a text called mp4": (as_video(b"Dear diary,\n" * 99), "not a video"),
    "a folder": (a_folder, ""),
    "sound without picture": (only_sound, ""),
    "cut off before the first frame": (cut_off_before_the_first_frame, ""),
    "an mp4 without its end": (without_its_end, ""),
    "a stream without its samples": (no_samples, "no such file"),
    "a stream that is text": (no_xml, ""),
    "a pipe": (a_pipe, "not a regular file"),
    "a stream of 4 dimensions": (lambda folder: with_boxes(folder, [FACE[:4]] * 3), "dim is 4"),
    "a box that is NaN": (lambda folder: with_boxes(folder, [FACE, (np.nan, 0, 1, 1, 1), FACE]), "row 1"),
    "a confidence that is NaN": (lambda folder: with_boxes(folder, [FACE, (0, 0, 1, 1, np.nan)]), "row 1"),
    "a box outside the frame": (lambda folder: with_boxes(folder, [FACE, FACE, (2, 2, 3, 3, 1)]), "row 2"),
    "a box upside down": (lambda folder: with_boxes(folder, [(1, 0, 0, 1, 1)]), "row 0"),
    "an empty stream": (lambda folder: with_boxes(folder, np.empty((0, 5))), "empty"),
}


bad_input = pytest.mark.parametrize(("make", "says"), BAD.values(), ids=BAD.keys())


@bad_input
def test_bad_input_is_one_line_that_names_the_file_and_the_other_videos_are_done(make, says, picture, tmp_path, rbdm):
    folder = tmp_path / "bad"
    folder.mkdir()
    named = make(folder)
    code, out, err = rbdm("annotate", folder / "bad.mp4", picture, "--out", tmp_path / "out", *CPU)
    assert code == 1
    assert err[0].startswith("rbdm: ")
    assert str(named) in err[0]
    assert says in err[0].lower()
    assert err[1:] == ["1 of 2 videos failed:", "  " + err[0].removeprefix("rbdm: ")]
    assert len(out) == 1
    assert str(picture) in out[0]
    assert names(tmp_path / "out") == six_files("good")


def test_a_video_alone_that_fails_is_one_line_and_writes_nothing(tmp_path, rbdm):
    code, out, err = rbdm("annotate", tmp_path / "missing.mp4", "--out", tmp_path / "out", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert str(tmp_path / "missing.mp4") in err[0]
    assert not (tmp_path / "out").exists() or contents(tmp_path / "out") == {}


def test_a_failure_leaves_the_outputs_of_an_earlier_run_as_they_were(tmp_path, rbdm, picture):
    shutil.copy(picture, tmp_path / "a.png")
    copy_stream(picture.with_suffix(".stream"), tmp_path / "a.stream")
    assert rbdm("annotate", tmp_path / "a.png", "--out", tmp_path / "out", *CPU)[0] == 0
    before = contents(tmp_path / "out")
    (tmp_path / "a.png").write_bytes(b"damaged")
    assert rbdm("annotate", tmp_path / "a.png", "--out", tmp_path / "out", "--overwrite", *CPU)[0] == 1
    assert contents(tmp_path / "out") == before


def test_of_a_video_that_is_cut_off_what_is_there_is_annotated_with_a_warning(tmp_path, rbdm):
    options = {"movflags": "faststart"}
    whole = clips.write_clip(tmp_path / "whole.mp4", clips.constant(60), container_options=options)
    video = clips.truncated(whole, tmp_path / "talk [part 1].mp4", 0.6)
    write_stream(tmp_path / "talk [part 1].stream", Stream(np.float32([FACE] * 60), 30))
    code, out, err = rbdm("annotate", video, "--out", tmp_path / "out", *CPU)
    assert (code, len(out)) == (0, 1)
    assert err
    assert all(line.startswith("warning: ") for line in err)
    assert any(str(video) in line and "truncated" in line for line in err)
    found = {name: open_in_nova(path) for name, path in outputs(tmp_path / "out", video.stem).items()}
    assert 10 < len(found["valence"]["rows"]) < 60


def test_a_folder_that_cannot_be_written_is_one_line_before_any_frame_is_decoded(picture, tmp_path, rbdm, monkeypatch):
    monkeypatch.setattr("rbdm.annotator.Video", lambda *_: pytest.fail("decoded"))
    (tmp_path / "file").write_bytes(b"in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "out"):
        code, out, err = rbdm("annotate", picture, "--out", folder, *CPU)
        assert (code, out, len(err)) == (1, [], 1)
        assert str(folder) in err[0]
    assert (tmp_path / "file").read_bytes() == b"in the way"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_folder_without_permission_is_one_line(picture, tmp_path, rbdm):
    tmp_path.chmod(0o500)
    code, out, err = rbdm("annotate", picture, "--out", tmp_path, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert str(tmp_path) in err[0]


def test_a_result_that_cannot_be_written_is_one_line_and_leaves_no_part_of_a_file(picture, tmp_path, rbdm):
    in_the_way = tmp_path / "good.arousal.annotation"
    in_the_way.mkdir()
    code, out, err = rbdm("annotate", picture, "--out", tmp_path, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert str(in_the_way) in err[0]
    assert list(tmp_path.glob("*.tmp")) == []


def test_weights_with_a_wrong_hash_are_one_line(damaged_weights, picture, tmp_path, rbdm):
    code, out, err = rbdm("annotate", picture, "--out", tmp_path / "out", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert str(damaged_weights) in err[0]
    assert "SHA-256" in err[0]
    assert not (tmp_path / "out").exists()


def test_the_weights_are_settled_once(picture, tmp_path, rbdm, monkeypatch):
    """If somebody fetches the official weights at this moment, no video is annotated with them."""
    monkeypatch.setattr("rbdm.annotator.find_weights", lambda *_, **__: pytest.fail("settled again"))
    assert rbdm("annotate", picture, "--out", tmp_path / "out", "--weights", "auto", "--device", "cpu")[0] == 0


def test_which_weights_auto_chose_is_said(damaged_weights, picture, tmp_path, rbdm):
    shipped = Path(package.__file__).parents[1] / "weights"
    content = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    content["official"]["url"] = "http://127.0.0.1:9/official.h5"
    shutil.copytree(shipped, damaged_weights.parent, dirs_exist_ok=True)
    (damaged_weights.parent / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    code, out, err = rbdm("annotate", picture, "--out", tmp_path / "out", "--device", "cpu")
    assert (code, len(out)) == (0, 1)
    assert [line for line in err if line.startswith("weights: open (")] == err[-1:]
    assert all(line.startswith("weights: ") for line in err)
