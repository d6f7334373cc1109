"""The maps of a teacher are computed once; a damaged or missing file is made anew, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from rbdm.errors import OutputError
from rbdm.network.weights import Weights
from rbdm.progress import Progress
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.masking import relevance
from rbdm.training.masking.relevance import MAP_SIZE, maps_of_teacher
from tests.support.labelled_faces import some_faces


class Scores:
    def __init__(self, classes: npt.NDArray[np.intp]) -> None:
        self.probabilities = np.eye(8)[classes]


class Teacher:
    """In the place of the engine and the explainer: what is bright is relevant. It decides by the mean brightness."""

    def __init__(self) -> None:
        self.explained: list[int] = []

    def predict(self, crops: npt.NDArray[np.uint8]) -> Scores:
        return Scores(crops.mean(axis=(1, 2, 3)).astype(int) % 8)

    def maps(self, crops: npt.NDArray[np.uint8], targets: Sequence[int], method: str) -> npt.NDArray[np.float32]:
        assert targets == self.predict(crops).probabilities.argmax(axis=1).tolist(), "the teacher's own decision"
        self.explained.append(len(crops))
        return crops.mean(axis=-1, dtype=np.float32) * (1 if method == "relevance" else -1)


@pytest.fixture
def teacher(monkeypatch: pytest.MonkeyPatch) -> Teacher:
    found = Teacher()
    monkeypatch.setattr(relevance, "load_engine", lambda *_: found)
    monkeypatch.setattr(relevance, "load_explainer", lambda *_: found)
    monkeypatch.setattr(relevance, "_FACES_PER_FILE", 4)
    return found


def test_maps(teacher: Teacher, open_weights: Weights, tmp_path: Path) -> None:
    faces, seen = some_faces(10), []
    maps = maps_of_teacher(faces, open_weights, folder=tmp_path, progress=lambda p: seen.append((p.done, p.total)))
    assert maps.shape == (10, MAP_SIZE, MAP_SIZE) and maps.dtype == np.float32
    for i, found in enumerate(maps):
        bright = cv2.resize(faces.rgb(i)[..., 0].astype(np.float32), (MAP_SIZE, MAP_SIZE))
        assert np.corrcoef(found.ravel(), bright.ravel())[0, 1] > 0.95
    assert seen == [(4, 10), (8, 10), (10, 10)]
    assert len(list(tmp_path.iterdir())) == 3


def test_second_time_reads_the_files(teacher: Teacher, open_weights: Weights, tmp_path: Path) -> None:
    first = maps_of_teacher(some_faces(10), open_weights, folder=tmp_path)
    teacher.explained.clear()
    np.testing.assert_array_equal(maps_of_teacher(some_faces(10), open_weights, folder=tmp_path), first)
    assert not teacher.explained


@pytest.mark.parametrize("damage", ["truncated", "one byte", "another shape", "empty", "missing", "not numbers"])
def test_damaged_file_is_made_anew(teacher: Teacher, open_weights: Weights, tmp_path: Path, damage: str) -> None:
    first = maps_of_teacher(some_faces(10), open_weights, folder=tmp_path)
    path = max(tmp_path.iterdir(), key=lambda file: file.stat().st_size)
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[:-100])
    elif damage == "one byte":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "another shape":
        np.savez(path, maps=np.zeros((3, MAP_SIZE, MAP_SIZE), np.float32))
    elif damage == "not numbers":
        np.savez(path, maps=np.full((4, MAP_SIZE, MAP_SIZE), np.nan, np.float32))
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
    teacher.explained.clear()
    np.testing.assert_array_equal(maps_of_teacher(some_faces(10), open_weights, folder=tmp_path), first)
    assert teacher.explained == [4], "the other files are still good"
    assert path.read_bytes() == content


def test_stopped_computation_goes_on(teacher: Teacher, open_weights: Weights, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        maps_of_teacher(some_faces(10), open_weights, folder=tmp_path, progress=stop)
    teacher.explained.clear()
    maps_of_teacher(some_faces(10), open_weights, folder=tmp_path)
    assert teacher.explained == [2]


def changed(name: str, faces: LabelledFaces, weights: Weights) -> tuple[LabelledFaces, Weights]:
    if name == "pixel":
        images = [np.copy(image) for image in faces.images if not isinstance(image, Path)]
        images[0][5, 5] ^= 1
        return replace(faces, images=images), weights
    if name == "box":
        boxes = faces.boxes.copy()
        boxes[0] = (5, 5, 30, 30)
        return replace(faces, boxes=boxes), weights
    if name == "weights":
        return faces, replace(weights, sha256="0" * 64)
    return faces, replace(weights, entry=replace(weights.entry, crop_scale=1.3))


@pytest.mark.parametrize("what", ["pixel", "box", "weights", "crop"])
def test_other_faces_or_weights_have_other_maps(
    teacher: Teacher, open_weights: Weights, tmp_path: Path, what: str
) -> None:
    faces = some_faces(4)
    maps_of_teacher(faces, open_weights, folder=tmp_path)
    teacher.explained.clear()
    maps_of_teacher(*changed(what, faces, open_weights), folder=tmp_path)
    assert teacher.explained == [4]


def test_methods_are_kept_apart(teacher: Teacher, open_weights: Weights, tmp_path: Path) -> None:
    one, other = (
        maps_of_teacher(some_faces(4), open_weights, method, tmp_path) for method in ("relevance", "activation")
    )
    np.testing.assert_allclose(one, -other)


def test_another_gamma_needs_other_maps_of_relevance_only(
    teacher: Teacher, open_weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for gamma, expected in ((0.1, [4, 4]), (0.2, [4])):
        monkeypatch.setattr(relevance, "GAMMA", gamma)
        teacher.explained.clear()
        maps_of_teacher(some_faces(4), open_weights, "relevance", tmp_path)
        maps_of_teacher(some_faces(4), open_weights, "activation", tmp_path)
        assert teacher.explained == expected


def test_changed_image_file_is_noticed(teacher: Teacher, open_weights: Weights, tmp_path: Path) -> None:
    path, faces = tmp_path / "face.png", some_faces(1)
    faces = replace(faces, images=[path])
    maps = []
    for level in (0, 1):
        cv2.imwrite(str(path), some_faces(2).rgb(level))
        maps.append(maps_of_teacher(faces, open_weights, folder=tmp_path / "maps"))
    assert not np.array_equal(*maps)


def test_folder_that_cannot_be_written(teacher: Teacher, open_weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        maps_of_teacher(some_faces(4), open_weights, folder=tmp_path / "file" / "maps")
    assert not teacher.explained, "said before the work"


def test_no_faces(teacher: Teacher, open_weights: Weights, tmp_path: Path) -> None:
    none = some_faces(4).take(np.arange(0))
    assert maps_of_teacher(none, open_weights, folder=tmp_path).shape == (0, MAP_SIZE, MAP_SIZE)
