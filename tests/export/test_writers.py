"""Every kind of file that rbdm can write has one writer, with a name and an ending of its own."""

from pathlib import Path

import pytest

from rbdm.export.writers import ANNOTATION_WRITERS, EXTRA_WRITERS
from tests.support.builders import prediction_of
from tests.support.clips import constant, write_clip

WRITERS = {writer.name: writer for writer in (*ANNOTATION_WRITERS, *EXTRA_WRITERS)}


def test_names_and_endings_are_different():
    assert len(WRITERS) == len(ANNOTATION_WRITERS) + len(EXTRA_WRITERS)
    assert len({writer.ending for writer in WRITERS.values()}) == len(WRITERS)


def test_the_ending_depends_on_the_format_and_whether_the_video_is_an_image():
    overlay, csv = WRITERS["overlay"], WRITERS["csv"]
    assert overlay.path(Path("out"), "photo", Path("photo.JPG")) == Path("out/photo.overlay.jpg")
    assert overlay.path(Path("out"), "a", Path("x/a.mov")) == Path("out/a.overlay.mp4")
    assert csv.path(Path("out"), "photo", Path("photo.JPG")) == Path("out/photo.expression.csv")


@pytest.mark.parametrize("name", WRITERS)
def test_every_writer_writes_its_file(name, tmp_path):
    writer = WRITERS[name]
    if name == "elan":
        pytest.importorskip("pympi.Elan", reason="needs pympi-ling")
    video = write_clip(tmp_path / "a.mp4", constant(3))
    path = writer.path(tmp_path, "a", video)
    writer.require()
    writer.write([prediction_of(video)], path, lambda progress: None)
    assert path.stat().st_size > 0
