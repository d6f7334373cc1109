"""Where the video of annotations may be: by the names of rbdm and of NOVA. `agreement/page/test_videos.py` has more."""

from pathlib import Path

from rbdm.study.videos import video_candidates


def test_in_the_folder_of_a_session_a_video_may_be_called_video(tmp_path: Path) -> None:
    session = tmp_path / "s1"
    names = [path.name for path in video_candidates("s1", "guest", None, [session])]
    assert names.index("guest.video.mp4") < names.index("video.mp4")
    other = video_candidates("talk", "guest", None, [session])
    assert "video.mp4" not in {path.name for path in other}, "it may be the video of something else"


def test_the_folder_of_the_videos_comes_first(tmp_path: Path) -> None:
    first = next(iter(video_candidates("day1/talk", "", tmp_path / "videos", [tmp_path / "coder"])))
    assert first == tmp_path / "videos" / "talk.mp4"
