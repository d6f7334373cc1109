"""The files of a person and of all people beside the annotations; NOVA's names have none."""

from pathlib import Path

from rbdm.export.writers import EXTRA_WRITERS
from rbdm.study.beside import files_beside, find_beside
from rbdm.study.results import find_results
from tests.support.study import write_samples, write_segments

OVERLAY, REPORT = (next(one for one in EXTRA_WRITERS if one.name == name) for name in ("overlay", "report"))


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_the_own_file_comes_before_that_of_all_people(tmp_path: Path) -> None:
    meta = {"video": "a.b.mp4"}
    write_segments(tmp_path / "a.b.guest.expression.annotation", [(0, 1, "Happy")], role="guest", meta=meta)
    (result,) = find_results([tmp_path])
    assert names(files_beside(result, REPORT)) == ["a.b.guest.report.html", "a.b.people.report.html"]
    assert find_beside(result, REPORT) is None
    for name in ("a.b.people.report.html", "a.b.guest.report.html"):
        (tmp_path / name).touch()
        assert find_beside(result, REPORT) == tmp_path / name


def test_one_person_and_a_picture(tmp_path: Path) -> None:
    write_samples(tmp_path / "a.valence.annotation", [0.1])
    (result,) = find_results([tmp_path])
    assert names(files_beside(result, OVERLAY)) == ["a.overlay.mp4", "a.overlay.jpg"]


def test_names_of_nova_have_no_files_of_rbdm(tmp_path: Path) -> None:
    write_segments(tmp_path / "s1" / "guest.emotion.ann.annotation", [(0, 1, "Happy")], scheme="emotion")
    (result,) = find_results([tmp_path])
    assert files_beside(result, REPORT) == []
