"""Computes what was relevant to a teacher in each face of a data set, and keeps these maps in the cache folder."""

import hashlib
import json
import time
import zipfile
import zlib
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.explain.explainer import GAMMA, PLACE, Explainer, Method, load_explainer
from rbdm.files.atomic import atomic_write, check_writable
from rbdm.files.resources import cache_folder
from rbdm.network.engine import Engine, load_engine
from rbdm.network.weights import Weights
from rbdm.progress import OnProgress, Progress
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.version import __version__

Floats = npt.NDArray[np.float32]

MAP_SIZE = 14
"""Height and width of the maps that are kept: for an input of 224 pixels, the mean of 16 × 16 pixels each."""
_FACES_PER_FILE = 256
"""A stopped computation loses at most the maps of this many faces."""
_FACES_AT_ONCE = 16


def maps_of_teacher(
    faces: LabelledFaces,
    teacher: Weights,
    method: Method = "relevance",
    folder: Path | None = None,
    progress: OnProgress = lambda progress: None,
) -> Floats:
    """What was relevant in each face to the teacher's decision: to its most probable expression, whatever the label is.

    The maps are kept in files of 256 faces each. The name of a file is a hash of these faces, the teacher and the
    method. A computation that was stopped continues at the first file that is missing. A file that is damaged is made
    anew.

    Args:
        faces: N faces.
        teacher: float32 weights of the network.
        method: `relevance` (LRP-γ) or `activation` (class activation map): see `rbdm.explain.explainer.Explainer`.
        folder: where the maps are kept; `relevance` in rbdm's cache folder if it is None.
        progress: called after each file.

    Returns:
        (N, 14, 14) float32, of the square that the teacher sees: `teacher.entry.crop_scale` times the box. Higher
        means more relevant; the unit differs from face to face.

    Raises:
        InputError: a face cannot be read.
        OutputError: the folder cannot be written.
        WeightsError: the teacher cannot be explained, because its weights are 8-bit weights or of another network.
    """
    folder = folder or cache_folder() / "relevance"
    load = cache(lambda: (load_engine(teacher, "cpu", _FACES_AT_ONCE), load_explainer(teacher)))
    parts, started = [np.empty((0, MAP_SIZE, MAP_SIZE), np.float32)], time.monotonic()
    for first in range(0, len(faces), _FACES_PER_FILE):
        part = faces.take(np.arange(first, min(first + _FACES_PER_FILE, len(faces))))
        path = folder / f"{_key(part, teacher, method)}.npz"
        maps = _read(path, len(part))
        if maps is None:
            check_writable(path)
            maps = _compute(part, teacher, method, *load())
            _write(path, maps)
        parts.append(maps)
        progress(Progress(first + len(part), len(faces), time.monotonic() - started))
    return np.concatenate(parts)


def _compute(faces: LabelledFaces, teacher: Weights, method: Method, engine: Engine, explainer: Explainer) -> Floats:
    entry = teacher.entry
    maps = np.empty((len(faces), MAP_SIZE, MAP_SIZE), np.float32)
    for first in range(0, len(faces), _FACES_AT_ONCE):
        indices = range(first, min(first + _FACES_AT_ONCE, len(faces)))
        crops = [faces.network_input(i, entry.input_size, entry.crop_scale, entry.color == "grey") for i in indices]
        batch = np.stack(crops)
        decided = engine.predict(batch).probabilities.argmax(axis=1).tolist()
        for index, found in zip(indices, explainer.maps(batch, decided, method), strict=True):
            maps[index] = cv2.resize(found, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_AREA)
    return maps


def _key(faces: LabelledFaces, teacher: Weights, method: Method) -> str:
    """A hash of everything that the maps depend on."""
    entry = teacher.entry
    parameters = (GAMMA, PLACE) if method == "relevance" else ()
    crop = entry.input_size, entry.crop_scale, entry.color
    how = [__version__, teacher.sha256, *crop, method, *parameters, MAP_SIZE]
    digest = hashlib.sha256(json.dumps(how).encode())
    for image, box in zip(faces.images, faces.boxes, strict=True):
        if isinstance(image, Path):
            content = image.read_bytes() if image.is_file() else b""
        else:
            content = str(image.shape).encode() + image.tobytes()
        digest.update(hashlib.sha256(content).digest() + box.tobytes())
    return digest.hexdigest()


def _read(path: Path, count: int) -> Floats | None:
    """The maps in a file; None if there is no such file, or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:  # a ZIP archive, with a checksum
            maps = archive["maps"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
        return None
    fits = maps.shape == (count, MAP_SIZE, MAP_SIZE) and maps.dtype == np.float32 and np.isfinite(maps).all()
    return maps if fits else None


def _write(path: Path, maps: Floats) -> None:
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, maps=maps)
