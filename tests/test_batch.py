"""Many videos on the command line: which ones, what is done already, what failed, interruptions, further results."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.batch.videos import find_videos
from rbdm.errors import OutputError
from rbdm.export.writers import Writer
from rbdm.files.atomic import atomic_write_all
from rbdm.media.video import Video
from rbdm.ssi import read_annotation, read_stream
from tests.support.nova_reader import open_in_nova
from tests.support.paths import ROOT

CPU = ("--weights", "open", "--device", "cpu")
ANNOTATIONS = {f"{{}}.{name}.annotation{end}" for name in ("expression", "valence", "arousal") for end in ("", "~")}


def six(stem: str) -> set[str]:
    return {pattern.format(stem) for pattern in ANNOTATIONS}


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file()}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names(folder)}


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """A picture of a face, without a box stream: the shortest video there is."""
    path = tmp_path_factory.mktemp("picture") / "face.png"
    with Video(face_clip[0]) as video:
        cv2.imwrite(str(path), next(iter(video)).rgb()[:, :, ::-1])
    return path


@pytest.fixture
def study(tmp_path: Path, picture: Path) -> Path:
    """Videos in folders, as a study has them; for speed, each is a picture that is called a video."""
    folder = tmp_path / "study"
    for name in ("b.mp4", "a.MOV", "deeper/a.mp4", "deeper/still/c.mkv", ".hidden/d.mp4", "._a.MOV", "a.overlay.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, folder / name)
    (folder / "notes.txt").write_text("no video")
    return folder


# which videos


def found(study: Path, *named: Path, **how: object) -> list[str]:
    return [task.video.relative_to(study).as_posix() for task in find_videos(list(named), **how)]


def test_a_folder_means_the_videos_in_it(study):
    assert found(study, study) == ["a.MOV", "b.mp4"]
    assert found(study, study, recursive=True) == ["a.MOV", "b.mp4", "deeper/a.mp4", "deeper/still/c.mkv"]


def test_a_pattern_means_the_files_like_it_for_shells_that_do_not_know_patterns(study):
    assert found(study, study / "*.mp4") == ["b.mp4"]
    assert {*found(study, study / "**" / "a.*")} == {"deeper/a.mp4", "a.MOV"}
    assert {*found(study, study / "deeper" / "*", study / "*.txt")} == {"deeper/a.mp4", "notes.txt"}


def test_a_file_may_be_called_anything_and_counts_once(study):
    (study / "talk [1].mp4").write_bytes(b"")
    assert found(study, study / "talk [1].mp4", study / "notes.txt", study / "notes.txt") == [
        "talk [1].mp4",
        "notes.txt",
    ]


def test_subfolders_are_kept_below_the_folder_for_results(study, tmp_path):
    tasks = find_videos([study], tmp_path / "out", recursive=True)
    folders = {task.video.name: task.folder.relative_to(tmp_path / "out").as_posix() for task in tasks}
    assert folders == {"a.MOV": ".", "b.mp4": ".", "a.mp4": "deeper", "c.mkv": "deeper/still"}
    assert all(task.folder == task.video.parent for task in find_videos([study], recursive=True))


def test_two_videos_with_one_name_are_problems_in_one_folder_and_the_others_are_done(study, tmp_path):
    files = [study / "a.MOV", study / "deeper" / "a.mp4", study / "b.mp4"]
    assert [task.problem for task in find_videos(files)] == ["", "", ""]
    problems = [task.problem for task in find_videos(files, tmp_path)]
    assert all("another video is called a" in problem for problem in problems[:2])
    assert problems[2] == ""


def test_overlays_are_no_videos_where_their_video_is_beside_them(study):
    named = [study / name for name in ("a.overlay.mp4", "b.mp4", "b.overlay.mp4")]
    shutil.copy(named[0], named[2])
    assert found(study, *named) == ["b.mp4"]
    (study / "c.overlay.mp4").write_bytes(b"")
    assert found(study, study / "c.overlay.mp4") == ["c.overlay.mp4"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_folder_that_cannot_be_read_is_a_problem(study):
    (study / "deeper").chmod(0)
    try:
        problems = [task.problem for task in find_videos([study], recursive=True)]
    finally:
        (study / "deeper").chmod(0o700)
    assert any("cannot be read" in problem for problem in problems)


def test_nothing_found_is_a_failure_and_the_others_are_done(study, tmp_path, rbdm):
    (tmp_path / "empty").mkdir()
    code, out, err = rbdm("annotate", tmp_path / "empty", study / "*.avi", study / "b.mp4", *CPU)
    assert (code, len(out)) == (1, 1)
    assert "empty: there is no video in this folder; -r" in err[0]
    assert "*.avi: there is no file like this" in err[1]
    assert six("b") <= names(study)


# a whole study


def test_a_study_is_done_once_and_goes_on_where_it_was(study, rbdm):
    code, out, err = rbdm("annotate", study, "-r", *CPU)
    assert (code, len(out), err) == (0, 4, [])
    assert all("1 with a face" in line for line in out)
    wanted = six("a") | six("b") | {f"deeper/{name}" for name in six("a")} | {f"deeper/still/{n}" for n in six("c")}
    assert wanted <= names(study)
    before = contents(study)
    (study / "b.valence.annotation").unlink()
    code, out, err = rbdm("annotate", study, "-r", *CPU)
    assert (code, len(out)) == (0, 1)
    assert "3 of 4 videos are done already" in err[0] and "--overwrite" in err[0]
    assert contents(study) == before


def test_results_that_are_there_stay_unless_they_are_to_be_overwritten(study, rbdm):
    assert rbdm("annotate", study / "b.mp4", *CPU)[0] == 0
    before = contents(study)
    mine = study / "b.expression.annotation"
    mine.write_text(mine.read_text() + "<!-- corrected by hand -->")
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)
    assert (code, len(out)) == (0, 1)
    assert "corrected by hand" in mine.read_text()
    assert (study / "b.expression.csv").is_file()
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)
    assert (code, out) == (0, [])
    assert "there already" in err[0]
    assert rbdm("annotate", study / "b.mp4", "--csv", "--overwrite", *CPU)[0] == 0
    assert mine.read_bytes() == before["b.expression.annotation"]


def test_results_of_another_video_are_not_taken_for_this_ones(study, tmp_path, rbdm, face_clip):
    assert rbdm("annotate", study / "b.mp4", "--out", tmp_path / "out", *CPU)[0] == 0
    shutil.copy(face_clip[0], study / "deeper" / "b.mp4")
    code, out, err = rbdm("annotate", study / "deeper" / "b.mp4", "--out", tmp_path / "out", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "of another video (b.mp4" in err[0] and "--overwrite" in err[0]


@pytest.mark.parametrize("other", [("--num-expressions", "5"), ("--stride", "2"), ("--face", "leftmost")])
def test_further_results_of_another_making_are_refused(study, rbdm, other):
    assert rbdm("annotate", study / "b.mp4", *CPU)[0] == 0
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *other, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "made with" in err[0] and "--overwrite" in err[0]
    assert not (study / "b.expression.csv").exists()


@pytest.mark.parametrize("other", [("--num-expressions", "5"), ("--smoothing-ms", "9"), ("--face", "rightmost")])
def test_done_with_other_options_is_not_done(study, rbdm, other):
    assert rbdm("annotate", study, "--face", "leftmost", *CPU)[0] == 0
    before = contents(study)
    chosen = () if "--face" in other else ("--face", "leftmost")
    code, out, err = rbdm("annotate", study, *chosen, *other, *CPU)
    assert (code, out) == (1, [])
    assert all("made with" in line and "--overwrite" in line for line in err[:2])
    assert contents(study) == before
    assert rbdm("annotate", study, *CPU)[::2] == (0, ["2 of 2 videos are done already; --overwrite does it again"])


def test_streams_of_a_study_are_found_in_the_same_subfolders(study, tmp_path, rbdm):
    assert rbdm("detect", study, "-r", "--out", tmp_path / "streams")[0] == 0
    code, out, err = rbdm("annotate", study, "-r", "--faces", tmp_path / "streams", "--out", tmp_path / "out", *CPU)
    assert (code, len(out), err) == (0, 4, [])
    assert all("boxes of" in line for line in out)


def test_one_stream_is_not_taken_for_two_videos(study, tmp_path, rbdm):
    assert rbdm("detect", study / "a.MOV", "--out", tmp_path / "streams")[0] == 0
    code, out, err = rbdm("annotate", study, "-r", "--faces", tmp_path / "streams", "--out", tmp_path / "out", *CPU)
    assert (code, out) == (1, [])
    assert sum("another video's, too" in line for line in err[:4]) == 2


def test_a_surprise_costs_one_video(study, rbdm, monkeypatch):
    annotate = Annotator.annotate

    def surprised(self, video, *arguments, **how):
        if video.name == "a.MOV":
            raise ZeroDivisionError("what?")
        return annotate(self, video, *arguments, **how)

    monkeypatch.setattr(Annotator, "annotate", surprised)
    code, out, err = rbdm("annotate", study, *CPU)
    assert (code, len(out)) == (1, 1)
    assert any("a.MOV: unexpected ZeroDivisionError: what?" in line for line in err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_printed_does_not_end_the_work(study):
    command = [sys.executable, "-m", "rbdm", "annotate", str(study), *CPU]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert "standard output cannot be written" in done.stderr
    assert six("a") | six("b") <= names(study)


def test_a_summary_says_what_failed_and_why(study, rbdm):
    (study / "b.mp4").write_bytes(b"damaged")
    (study / "deeper" / "a.mp4").write_bytes(b"")
    code, out, err = rbdm("annotate", study, "-r", *CPU)
    assert (code, len(out), len(err)) == (1, 2, 5)
    assert err[2] == "2 of 4 videos failed:"
    assert err[3:] == [f"  {line.removeprefix('rbdm: ')}" for line in err[:2]]
    assert "b.mp4" in err[3] and "empty" in err[4]


# further results


def test_annotations_are_the_same_with_everything_else_written_beside_them(face_clip, tmp_path, rbdm):
    pytest.importorskip("bokeh", reason="needs the extra report")
    flags = ("--csv", "--elan", "--stream", "--report", "--overlay")
    assert rbdm("annotate", face_clip[0], "--out", tmp_path / "plain", *CPU)[0] == 0
    code, out, err = rbdm("annotate", face_clip[0], "--out", tmp_path / "all", *flags, *CPU)
    assert (code, len(out), err) == (0, 1, [])
    plain, all_of_it = contents(tmp_path / "plain"), contents(tmp_path / "all")
    assert {name: all_of_it[name] for name in plain} == plain
    further = {"face.expression.csv", "face.expression.eaf", "face.report.html", "face.overlay.mp4"}
    streams = {f"face.expression_probabilities.stream{end}" for end in ("", "~")}
    assert set(all_of_it) - set(plain) == further | streams
    assert len(all_of_it["face.expression.csv"].splitlines()) == 76
    assert read_stream(tmp_path / "all" / "face.expression_probabilities.stream").data.shape == (75, 8)
    with Video(tmp_path / "all" / "face.overlay.mp4") as video:
        assert sum(1 for _ in video) == 75


def test_a_result_that_fails_leaves_nothing_of_the_video(study, rbdm, monkeypatch):
    def fail(timeline: object, path: Path, progress: object) -> None:
        raise OSError(28, "disk full", "b.csv")

    monkeypatch.setattr("rbdm.export.writers.EXTRA_WRITERS", (Writer("csv", ".expression.csv", fail),))
    before = names(study)
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "disk full" in err[0]
    assert names(study) == before


def test_an_error_names_the_file_by_the_name_it_would_have_had(study, rbdm, monkeypatch):
    def fail(timeline: object, path: Path, progress: object) -> None:
        raise OutputError(f"{path}: cannot be written: disk full")

    monkeypatch.setattr("rbdm.export.writers.EXTRA_WRITERS", (Writer("csv", ".expression.csv", fail),))
    err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)[2]
    assert err == [f"rbdm: {study / 'b.expression.csv'}: cannot be written: disk full"]


def test_detected_boxes_are_used_by_the_next_annotation(face_clip, tmp_path, rbdm):
    video = Path(shutil.copy(face_clip[0], tmp_path / "talk.mp4"))
    code, out, err = rbdm("detect", video)
    assert (code, len(out), err) == (0, 1, [])
    stream = tmp_path / "talk.face_bounding_box.stream"
    assert len(read_stream(stream).data) == 75
    assert rbdm("annotate", video, "--out", tmp_path / "found", "--face", "largest", *CPU)[1][0].count("(found)") == 1
    out = rbdm("annotate", video, "--out", tmp_path / "read", *CPU)[1]
    assert "boxes of talk.face_bounding_box.stream" in out[0]
    for name in ("expression", "valence", "arousal"):
        pair = [read_annotation(tmp_path / where / f"talk.{name}.annotation") for where in ("found", "read")]
        np.testing.assert_array_equal(pair[0].data, pair[1].data)
        boxes = [one.meta.pop("boxes") for one in pair]
        assert boxes == ["found, largest", "talk.face_bounding_box.stream"]
        assert pair[0].meta == pair[1].meta
    assert "there already" in rbdm("detect", video)[2][0]
    assert rbdm("detect", video, "--overwrite")[0] == 0


@pytest.mark.parametrize("command", ["annotate", "detect"])
@pytest.mark.parametrize("whom", ["biggest", "0", "-2"])
def test_a_face_that_cannot_be_meant_is_one_line(command, whom, study, rbdm):
    code, out, err = rbdm(command, study / "b.mp4", f"--face={whom}")
    assert (code, out, len(err)) == (1, [], 1)
    assert "face" in err[0] and "leftmost" in err[0]


def test_whom_to_follow_and_a_stream_contradict_each_other(study, rbdm):
    code, out, err = rbdm("annotate", study / "b.mp4", "--face", "leftmost", "--faces", study, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "--faces" in err[0]


# interruptions


def test_an_interruption_among_many_leaves_nothing_of_the_video_in_hand(study, rbdm, monkeypatch):
    annotate, done = Annotator.annotate, []

    def second_is_interrupted(self, video, *arguments, **how):
        done.append(video)
        if len(done) == 2:
            raise KeyboardInterrupt
        return annotate(self, video, *arguments, **how)

    monkeypatch.setattr(Annotator, "annotate", second_is_interrupted)
    code, out, err = rbdm("annotate", study, *CPU)
    assert (code, len(out)) == (130, 1)
    assert err == [f"stopped at {study / 'b.mp4'}; 1 of 2 videos are done", "rbdm: interrupted"]
    assert six("a") <= names(study)
    assert not {name for name in names(study) if name.startswith(("b.", ".rbdm")) and name != "b.mp4"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_while_a_video_is_decoded(faces_folder, tmp_path):
    script = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us without
from rbdm.cli.main import main
main()
"""
    video = faces_folder / "WolfgangLanger_Pexels.mp4"
    command = [sys.executable, "-c", script, "annotate", str(video), "--out", str(tmp_path / "out"), *CPU]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        while not (tmp_path / "out").exists():
            time.sleep(0.05)
        time.sleep(0.5)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=20)
    assert (program.returncode, out, err) == (130, "", "rbdm: interrupted\n")
    assert names(tmp_path / "out") == set()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_ending_twice_is_as_good_as_once(face_clip, tmp_path, kind):
    script = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from rbdm.cli.main import main
main()
"""
    command = [
        sys.executable,
        "-c",
        script,
        "annotate",
        str(face_clip[0]),
        "--overlay",
        "--out",
        str(tmp_path / "out"),
        *CPU,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        while not (tmp_path / "out").exists():
            time.sleep(0.02)
        for _ in range(3):
            time.sleep(0.1)
            program.send_signal(kind)
        program.communicate(timeout=20)
    # While Python itself ends, signals do again what they do by default.
    assert program.returncode in (130, -kind)
    assert names(tmp_path / "out") in (set(), six("face") | {"face.overlay.mp4"})


def test_a_rename_that_fails_restores_what_was_there(tmp_path, monkeypatch):
    paths = {name: tmp_path / f"{name}.txt" for name in "abc"}
    for name, path in paths.items():
        path.write_text(f"old {name}")
    replace = Path.replace

    def in_use(self: Path, target: Path) -> Path:
        if target == paths["c"] and self.suffix != ".old":
            raise PermissionError(13, "in use by another program", str(self), None, str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", in_use)
    with pytest.raises(OutputError, match=r"c\.txt: cannot be written: in use"), atomic_write_all(paths) as beside:
        for path in beside.values():
            path.write_text("new")
    assert contents(tmp_path) == {f"{name}.txt": f"old {name}".encode() for name in "abc"}


def test_leftovers_of_a_run_ended_by_force_are_removed_a_day_later(tmp_path):
    old, young = tmp_path / ".rbdm-0123-0.mp4", tmp_path / ".rbdm-4567-0.mp4"
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    with atomic_write_all({"a": tmp_path / "a.txt"}) as beside:
        beside["a"].write_text("whole")
    assert names(tmp_path) == {"a.txt", young.name}


def test_a_name_that_is_too_long_is_said_before_any_video_is_decoded(picture, tmp_path, rbdm, monkeypatch):
    monkeypatch.setattr("rbdm.annotator.Video", lambda *_: pytest.fail("decoded"))
    video = Path(shutil.copy(picture, tmp_path / f"{'n' * 240}.png"))
    code, out, err = rbdm("annotate", video, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "name" in err[0].lower()


def test_an_interruption_while_files_get_their_names_waits(tmp_path, monkeypatch):
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    paths = {name: tmp_path / f"{name}.txt" for name in "ab"}
    with pytest.raises(KeyboardInterrupt), atomic_write_all(paths) as beside:
        for path in beside.values():
            path.write_text("whole")
    assert names(tmp_path) == {"a.txt", "b.txt"}


def test_an_error_leaves_what_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(ZeroDivisionError), atomic_write_all({"a": tmp_path / "a.txt"}) as beside:
        beside["a"].write_text("half")
        1 / 0  # noqa: B018
    assert contents(tmp_path) == {"a.txt": b"before"}


def test_five_classes_by_the_python_way(face_clip, annotator, tmp_path):
    from rbdm import Options, annotate

    prediction = annotate(face_clip[0], options=Options(weights="open", num_expressions=5))
    paths = prediction.save(tmp_path / "new folder")
    assert len(open_in_nova(paths["expression"])["labels"]) == 5
    np.testing.assert_array_equal(prediction.valence, annotator.annotate(face_clip[0]).valence)


def test_the_stream_of_a_novas_session_is_called_as_nova_calls_it(face_clip, tmp_path, rbdm):
    video = Path(shutil.copy(face_clip[0], tmp_path / "guest.video.mp4"))
    assert rbdm("detect", video)[0] == 0
    assert (tmp_path / "guest.face_bounding_box.stream").is_file()
    out = rbdm("annotate", video, *CPU)[1]
    assert "boxes of guest.face_bounding_box.stream" in out[0]
