"""For tests that run `rbdm`: the shortest videos there are, folders of them, and what is in a folder afterwards."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import pytest

from rbdm.client.demo_clip import RATE
from rbdm.client.demo_pictures import write_video
from rbdm.media.video import Video
from rbdm.ssi import Stream, read_stream, write_stream
from tests.support.paths import ROOT

CPU = ("--weights", "open", "--device", "cpu")
NAMES = ("expression", "valence", "arousal")
SHORT = 25
"""Frames of `write_short_clip`."""

PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from rbdm.cli.main import main
main()
"""
"""`rbdm` for `python -c`. A shell lets what it runs in the background ignore SIGINT; a user's terminal does not."""


def six_files(stem: str) -> set[str]:
    """The names of the three annotations of a video, header and data."""
    return {f"{stem}.{name}.annotation{end}" for name in NAMES for end in ("", "~")}


def names(folder: Path) -> set[str]:
    """The files in a folder and its subfolders."""
    return {str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file()}


def contents(folder: Path) -> dict[str, bytes]:
    """The files in a folder and its subfolders with their bytes."""
    return {name: (folder / name).read_bytes() for name in names(folder)}


def write_picture(path: Path, clip: Path) -> Path:
    """The first frame of `clip` as a picture."""
    with Video(clip) as video:
        cv2.imwrite(str(path), next(iter(video)).rgb()[:, :, ::-1])
    return path


def write_short_clip(folder: Path, face_clip: tuple[Path, Path]) -> tuple[Path, Path]:
    """Every third frame of the fixture `face_clip`, as `face.mp4` and `face.stream`."""
    with Video(face_clip[0]) as video:
        frames = [frame.rgb()[:, :, ::-1].copy() for frame in video][::3]
    assert len(frames) == SHORT
    write_video(folder / "face.mp4", frames, RATE)
    boxes = read_stream(face_clip[1])
    stream = Stream(boxes.data[::3], boxes.sample_rate, media_type="feature;face;boundingbox;blazeface")
    write_stream(folder / "face.stream", stream)
    return folder / "face.mp4", folder / "face.stream"


def copy_stream(stream: Path, target: Path) -> Path:
    """Copy a box stream, header and data."""
    for end in ("", "~"):
        shutil.copy(f"{stream}{end}", f"{target}{end}")
    return target


def write_study(folder: Path, picture: Path) -> Path:
    """Videos in folders, as a study has them; for speed, each is a picture that is called a video."""
    for name in ("b.mp4", "a.MOV", "deeper/a.mp4", "deeper/still/c.mkv", ".hidden/d.mp4", "._a.MOV", "a.overlay.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, folder / name)
    (folder / "notes.txt").write_text("no video")
    return folder


@contextmanager
def untuned_networks() -> Iterator[None]:
    """Networks run on all cores: to try which number of threads is fastest takes half a second at each start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rbdm.runtime.litert.tune_thread_count", lambda seconds, most: most)
        yield


def program(script: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a Python script to its end in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
