"""The video of two annotations is found by its name."""

from pathlib import Path

import pytest

from rbdm.study import compare
from rbdm.study.agreement.page.videos import find_video
from tests.support.study import write_segments


def found_video(folder: Path, name: str, videos: Path | None = None, **more: object) -> Path:
    for side in "AB":
        write_segments(folder / side / f"{name}.annotation", [(0, 1, "Sad")], **more)
    agreement = compare(folder / "A", folder / "B")
    return find_video(agreement.videos[0], folder / "pages" / "page.html", videos)


@pytest.mark.parametrize("place", ["A/talk.mov", "B/talk.mp4", "pages/talk.webm"])
def test_beside_the_annotations_or_the_page(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert found_video(tmp_path, "talk.expression") == path


def test_in_a_folder_of_videos(tmp_path: Path) -> None:
    path = tmp_path / "videos" / "day1" / "talk.mp4"
    path.parent.mkdir(parents=True)
    path.touch()
    assert found_video(tmp_path, "day1/talk.expression", tmp_path / "videos") == path


def test_the_name_that_rbdm_wrote_comes_first(tmp_path: Path) -> None:
    for name in ("talk.mp4", "talk.mkv"):
        (tmp_path / "A").mkdir(exist_ok=True)
        (tmp_path / "A" / name).touch()
    assert found_video(tmp_path, "talk.expression", meta={"video": "talk.mkv"}).name == "talk.mkv"


def test_a_path_in_a_header_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").touch()
    found = found_video(tmp_path, "secret.expression", meta={"video": "../secret.mp4"})
    assert found == tmp_path / "pages" / "secret.mp4"


def test_in_a_session_of_nova(tmp_path: Path) -> None:
    path = tmp_path / "A" / "s1" / "guest.video.avi"
    path.parent.mkdir(parents=True)
    path.touch()
    assert found_video(tmp_path, "s1/guest.emotion.ann", role="guest", scheme="emotion") == path


def test_a_video_that_is_missing_may_come_beside_the_page(tmp_path: Path) -> None:
    assert found_video(tmp_path, "talk.expression") == tmp_path / "pages" / "talk.mp4"
