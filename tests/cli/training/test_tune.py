"""`rbdm train --tune` says in one line what is missing, before a video is decoded."""

from pathlib import Path

import pytest

from rbdm.cli.main import run
from tests.cli.training.test_commands import one_line
from tests.support.study import write_segments

SMILE = [(0, 1, "Neutral"), (1, 2, "Happy")]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two sessions with empty videos."""
    for name in ("s1", "s2"):
        write_segments(tmp_path / "study" / name / "guest.expression.ann.annotation", SMILE)
        (tmp_path / "study" / name / "guest.video.mp4").touch()
    return tmp_path / "study"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tune", "everything"], "--tune is 'everything': it must be one of heads, last-block, all"),
        (["--tune", "heads", "--epochs", "3"], "--epochs has no effect on --tune heads: leave it out"),
        (["--tune", "heads", "--find-faces"], "--find-faces has no effect on --tune: leave it out"),
        (["--tune", "heads", "--sample-ms", "1"], "sample_ms is 1: it must be from 20 to 60000"),
        (["--tune", "heads", "--split", "frame"], "split is 'frame': it must be one of session, role"),
        (["--tune", "heads", "--split", "role"], "the role 'guest' only"),
        (["--tune", "heads", "--annotator", "ben"], "there is no annotation by 'ben'; annotators are ann"),
        (["--tune", "heads", "--start", "open-int8"], "start from the float32 weights"),
        (["--tune", "heads", "--start", "gone"], "weights 'gone': no such file"),
        (["--sample-ms", "200"], "--sample-ms has no effect on training without --tune"),
        (["--annotator", "ann"], "--annotator has no effect on training without --tune"),
    ],
)
def test_what_cannot_be_is_one_line(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["train", str(study), "--out", str(tmp_path / "own"), *arguments]) == 1
    assert message in one_line(capsys)
    assert not (tmp_path / "own").exists()


def test_one_session_is_refused(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(study / "s1"), "--tune", "heads", "--out", str(tmp_path / "own")]) == 1
    assert "nothing can be held out" in one_line(capsys)


def test_an_existing_folder_is_not_replaced(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes.txt").touch()
    assert run(["train", str(study), "--tune", "heads", "--out", str(tmp_path / "own")]) == 1
    assert "own: exists already" in one_line(capsys)
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["notes.txt"]


def test_several_folders_are_only_for_tuning(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(study / "s1"), str(study / "s2"), "--out", str(tmp_path / "own")]) == 1
    assert "several DATA are only possible with --tune" in one_line(capsys)
