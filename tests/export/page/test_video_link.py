"""Addresses are relative to the page, and no letter of a name has a meaning in them."""

import os
from pathlib import Path

import pytest

from rbdm.export.page.video_link import relative_address, video_link
from tests.support.clips import constant, write_clip


@pytest.mark.parametrize(
    ("file", "page", "address"),
    [
        ("a.html", "index.html", "a.html"),
        ("results/day 1/a#1?.html", "index.html", "results/day%201/a%231%3F.html"),
        ("results/a.html", "pages/new/index.html", "../../results/a.html"),
        ("javascript:alert(1).html", "index.html", "javascript%3Aalert%281%29.html"),
        ("ä.html", "index.html", "%C3%A4.html"),
    ],
)
def test_relative_addresses(tmp_path: Path, file: str, page: str, address: str) -> None:
    assert relative_address(tmp_path / file, tmp_path / page) == address


def test_another_drive_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_way(*_: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", no_way)
    file = tmp_path / "a b.html"
    assert relative_address(file, tmp_path / "index.html") == file.as_uri()


@pytest.mark.parametrize(("codec", "name", "is_needed"), [("mjpeg", "a b.mkv", True), ("libx264", "a b.mp4", False)])
def test_the_overlay_is_played_where_no_browser_plays_the_video(
    codec: str, name: str, is_needed: bool, tmp_path: Path
) -> None:
    video = write_clip(tmp_path / name, constant(3), codec=codec, pix_fmt="yuvj420p" if is_needed else "yuv420p")
    link = video_link(video, tmp_path / "a b.report.html", 0.1, "a b.overlay.mp4")
    assert link is not None
    assert link["addresses"] == [f"a%20b{video.suffix}", *["a%20b.overlay.mp4"] * is_needed]
