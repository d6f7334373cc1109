"""A study: many videos in folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import untuned_networks, write_picture, write_study


@pytest.fixture(scope="package", autouse=True)
def _untuned_networks() -> Iterator[None]:
    with untuned_networks():
        yield


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """A picture of a face, without a box stream: the shortest video there is."""
    return write_picture(tmp_path_factory.mktemp("picture") / "face.png", face_clip[0])


@pytest.fixture
def study(tmp_path: Path, picture: Path) -> Path:
    """Videos in folders, as a study has them; for speed, each is a picture that is called a video."""
    return write_study(tmp_path / "study", picture)
