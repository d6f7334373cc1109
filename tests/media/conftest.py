"""The clips that several tests of this folder read."""

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import pytest

from tests.support import clips


class FormatClip(NamedTuple):
    """20 frames at 30 frames a second, in one container and codec.

    Attributes:
        path: the file.
        size: width and height in pixels.
        tolerance: how far times may be off, in seconds: containers round them.
    """

    path: Path
    size: tuple[int, int]
    tolerance: float


FORMATS: list[tuple[str, dict[str, Any], float]] = [
    ("a.mp4", {}, 1e-6),
    ("a.mov", {}, 1e-6),
    ("a.mkv", {}, 1e-3),
    ("a.ts", {}, 1e-4),
    ("a.avi", {"codec": "mpeg4"}, 1e-6),
    ("a.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}}, 1e-3),
    ("alt-ref.webm", {"codec": "libvpx", "options": {"cpu-used": "8", "auto-alt-ref": "1"}}, 1e-3),
    ("mjpeg.mkv", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}, 1e-3),
    ("b-frames.mp4", {"options": {"bf": "3", "preset": "medium"}}, 1e-6),
    ("odd.mp4", {"size": (641, 359), "pix_fmt": "yuv444p"}, 1e-6),
    ("ten bits.mp4", {"pix_fmt": "yuv420p10le"}, 1e-6),
    ("file: with 100%03d.mp4", {}, 1e-6),
]


@pytest.fixture(scope="session", params=FORMATS, ids=[name for name, _, _ in FORMATS])
def format_clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FormatClip:
    """The same frames in each of the formats."""
    name, kind, tolerance = request.param
    path = clips.write_clip(tmp_path_factory.mktemp("format") / name, clips.constant(20), **kind)
    return FormatClip(path, kind.get("size", (64, 48)), tolerance)


@pytest.fixture(scope="session")
def edit_list_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 frames, of which an edit list cuts off the first 8; with B-frames."""
    times = clips.constant(20, start=-8 / 30)
    path = tmp_path_factory.mktemp("edit list") / "a.mp4"
    return clips.write_clip(path, times, options={"bf": "2", "preset": "medium"})


@pytest.fixture(scope="session", params=["fast.mp4", "a.mkv"])
def truncated_clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first part of a file of 60 frames."""
    folder = tmp_path_factory.mktemp("truncated")
    options = {"movflags": "faststart"} if request.param.endswith("mp4") else {}
    whole = clips.write_clip(folder / request.param, clips.constant(60), container_options=options)
    return clips.truncated(whole, folder / f"cut {request.param}", 0.6)


@pytest.fixture(params=[".png", ".bmp", ".webp", ".jpg", ".tiff"])
def picture_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An image file of `clips.picture` number 3."""
    path = tmp_path / f"ä%03d{request.param}"
    path.write_bytes(cv2.imencode(request.param, clips.picture(3, 64, 48)[:, :, ::-1])[1].tobytes())
    return path
