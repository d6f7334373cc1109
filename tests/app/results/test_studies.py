"""Which results belong to a run, and what may be served after a study was opened."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rbdm.annotator import Annotator
from rbdm.app.queue.runs import Choices, Run, Video
from rbdm.app.results.shelf import Shelf
from rbdm.app.results.studies import open_study, study_of_folder, study_of_run
from rbdm.batch.videos import find_videos
from rbdm.errors import InputError
from tests.support.command_line import write_picture


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path], annotator: Annotator) -> Path:
    """A video with its results and a report, and another video."""
    folder = tmp_path_factory.mktemp("annotated")
    write_picture(folder / "anna.png", face_clip[0]).rename(folder / "anna.mp4")
    shutil.copy(folder / "anna.mp4", folder / "ben.mp4")
    annotator.annotate(folder / "anna.mp4").save(folder)
    (folder / "anna.report.html").write_text("report")
    (folder / "other.report.html").write_text("of nothing")
    return folder


def run_of(*picked: Path, out: Path | None = None) -> Run:
    videos = [Video(task, status="done") for task in find_videos(list(picked), out)]
    return Run(Choices(), videos, [*picked, *([out] if out else [])])


def test_the_results_of_a_folder_a_file_and_an_own_folder(annotated, tmp_path):
    assert study_of_run(run_of(annotated)).paths == (annotated,)
    single = study_of_run(run_of(annotated / "anna.mp4"))
    assert {path.name for path in single.paths} == {
        f"anna.{n}.annotation" for n in ("expression", "valence", "arousal")
    }
    assert single.root == annotated
    other = study_of_run(run_of(annotated, out=tmp_path))
    assert (other.paths, other.root, other.videos) == ((tmp_path,), tmp_path, (annotated, tmp_path))
    assert study_of_run(run_of(annotated / "ben.mp4")).paths == ()


def test_only_results_and_their_videos_are_on_the_shelf(annotated):
    shelf = Shelf()
    study = study_of_folder(annotated)
    opened = open_study(study, shelf, pytest.fail)
    assert opened.rows == 1 and opened.reports == {"anna (rbdm)": annotated / "anna.report.html"}
    assert opened.results["anna (rbdm)"] == annotated / "anna.*.annotation"

    def found(name: str) -> object:
        return shelf.find(shelf.address(annotated / name).encode())

    assert found("anna.report.html") and found("anna.mp4") and b"anna" in found("rbdm-index.html")
    for name in ("other.report.html", "ben.mp4", "anna.expression.annotation"):
        assert found(name) is None


def test_a_folder_without_results_is_an_error(tmp_path):
    with pytest.raises(InputError, match="there is no annotation"):
        open_study(study_of_folder(tmp_path), Shelf(), pytest.fail)


def test_a_damaged_result_is_said_and_the_others_are_shown(annotated, tmp_path):
    folder = shutil.copytree(annotated, tmp_path / "study")
    (folder / "anna.valence.annotation~").unlink()
    for name in ("expression",):
        for end in ("", "~"):
            shutil.copy(folder / f"anna.{name}.annotation{end}", folder / f"zoe.{name}.annotation{end}")
    errors: list[Exception] = []
    opened = open_study(study_of_folder(folder), Shelf(), errors.append)
    assert len(errors) == 1 and "anna.valence.annotation" in str(errors[0])
    assert opened.rows == 1 and any("left out" in note for note in opened.notes)


def test_a_problem_of_a_run_has_no_results():
    run = run_of(Path("none"))
    run.videos = [replace(run.videos[0], task=replace(run.videos[0].task, problem="no video"))]
    assert study_of_run(run).paths == ()
