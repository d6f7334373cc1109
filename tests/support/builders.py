"""Timelines, box streams and weights files made on the spot, and hypothesis strategies for them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from rbdm.annotator import Annotator
from rbdm.files.resources import BUNDLED
from rbdm.media.video import Video
from rbdm.network.engine import FaceScores
from rbdm.network.manifest import read_manifest
from rbdm.network.weights import hash_of
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import Stream, write_stream
from tests.support import clips

fast = settings(max_examples=60, deadline=None)


def make(
    time,
    has_face,
    *,
    duration=None,
    sample_rate=None,
    seed=0,
    confidence=None,
    valence=None,
    probabilities=None,
    frame_end=None,
    starts_run=None,
):
    """A prediction with random values at the given times."""
    random = np.random.default_rng(seed)
    time, has_face = np.asarray(time, float), np.asarray(has_face, bool)
    count = len(time)
    step = (time[-1] - time[0]) / (count - 1) if count > 1 else 0.04
    if probabilities is None:
        probabilities = random.dirichlet(np.full(8, 0.3), count)
    if valence is None:
        valence = random.uniform(-1, 1, count)
    probabilities = np.where(has_face[:, None], probabilities, np.nan).astype(np.float32)
    if confidence is None:
        confidence = random.uniform(0.5, 1, count)
    return Prediction(
        time,
        probabilities,
        np.where(has_face, valence, np.nan).astype(np.float32),
        np.where(has_face, random.uniform(-1, 1, count), np.nan).astype(np.float32),
        np.asarray(confidence, np.float32),
        float(time[-1] + step if duration is None else duration),
        float(1 / step if sample_rate is None else sample_rate),
        "open",
        "ab" * 32,
        "1.0.0",
        has_face,
        np.where(has_face[:, None], [0.2, 0.3, 0.6, 0.5], np.nan).astype(np.float32),
        np.append(time[1:], time[-1] + step if duration is None else duration)
        if frame_end is None
        else np.asarray(frame_end, float),
        np.arange(count) == 0 if starts_run is None else np.asarray(starts_run, bool),
        np.tile(np.int32([640, 360]), (count, 1)),
        640,
        360,
        Path("made.mp4"),
        Options(),
    )


def steady(has_face, rate=25.0, **more):
    """A prediction at a constant frame rate."""
    count = len(has_face)
    return make(np.arange(count) / rate, has_face, duration=count / rate, sample_rate=rate, **more)


def happy_then(has_face, second=2, **more):
    """Happy for the first half of the frames, then another class."""
    count = len(has_face)
    probabilities = np.eye(8)[np.where(np.arange(count) < count / 2, 1, second)]
    return steady(has_face, probabilities=probabilities, **more)


@st.composite
def predictions(draw):
    """Variable frame rates, faces that come and go, a first frame that may be late."""
    # Drawn one by one, lists of floats come out short and alike: too tame to tell right from wrong.
    count, seed = draw(st.integers(1, 40)), draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    has_face = random.random(count) < draw(st.sampled_from([0.0, 0.5, 0.8, 1.0]))
    steps = random.uniform(*draw(st.sampled_from([(0.03, 0.05), (0.005, 0.3)])), count)
    start = draw(st.sampled_from([0.0, 0.021, 1.5]))
    edges = start + np.concatenate([[0.0], np.cumsum(steps)])
    rate = count / (edges[-1] - edges[0])
    return make(edges[:-1], has_face, duration=edges[-1], sample_rate=rate, seed=seed)


options_ = st.builds(
    Options,
    num_expressions=st.sampled_from([8, 5]),
    merge_segments=st.booleans(),
    smoothing_ms=st.sampled_from([0.0, 1.0, 80.0, 500.0, 60000.0]),
)


def random_prediction(
    count: int, *, rate: float = 30, face: Any = None, seed: int = 0, video: str = "made.mp4", **options: Any
) -> Prediction:
    """A prediction of the open weights with random values, hard to compress; `face` says which frames have one."""
    weights = read_manifest(BUNDLED / "manifest.json")["open"]
    random = np.random.default_rng(seed)
    has_face = np.ones(count, bool) if face is None else np.asarray(face, bool)

    def where_face(values: np.ndarray) -> np.ndarray:
        return np.where(has_face.reshape(-1, *[1] * (values.ndim - 1)), values, np.nan).astype(np.float32)

    return Prediction(
        time=np.arange(count) / rate,
        probabilities=where_face(random.dirichlet(np.full(8, 0.7), count)),
        valence=where_face(random.uniform(-1, 1, count)),
        arousal=where_face(random.uniform(-1, 1, count)),
        face_confidence=np.where(has_face, random.uniform(0.5, 1, count), 0).astype(np.float32),
        duration=count / rate,
        sample_rate=rate,
        weights=weights.name,
        weights_sha256=weights.sha256,
        version="1.0.0",
        inferred=has_face,
        boxes=where_face(np.tile([0.2, 0.3, 0.6, 0.5], (count, 1))),
        frame_end=np.arange(1, count + 1) / rate,
        starts_run=np.arange(count) == 0,
        frame_size=np.tile(np.int32([640, 360]), (count, 1)),
        width=640,
        height=360,
        video=Path(video),
        options=Options(weights="open", **options),
        weights_licence=weights.licence,
        affect_is_derived=weights.affect_is_derived,
    )


FACE_BOX = (0.3, 0.3, 0.7, 0.6)
"""The box of every face in `prediction_of`."""


def prediction_of(video: Path, faces: Any = None, options: Options = Options()) -> Prediction:
    """A prediction with random values for the frames of a video; `faces` lists those with a face (default: all)."""
    with Video(video) as opened:
        frames = [(frame.time, frame.end, frame.width, frame.height) for frame in opened]
    time = np.array([time for time, *_ in frames])
    random = np.random.default_rng(0)
    count = len(time)
    face = np.isin(np.arange(count), np.arange(count) if faces is None else faces)
    nan = np.float32(np.nan)
    return Prediction(
        time=time,
        probabilities=np.where(face[:, None], random.dirichlet(np.full(8, 0.3), count), nan).astype(np.float32),
        valence=np.where(face, random.uniform(-1, 1, count), nan).astype(np.float32),
        arousal=np.where(face, random.uniform(-1, 1, count), nan).astype(np.float32),
        face_confidence=np.where(face, 0.9, 0).astype(np.float32),
        duration=opened.duration,
        sample_rate=opened.sample_rate,
        weights="open",
        weights_sha256="ab" * 32,
        version="1.0.0",
        inferred=face,
        boxes=np.where(face[:, None], FACE_BOX, nan).astype(np.float32),
        frame_end=np.array([end for _, end, *_ in frames]),
        starts_run=np.arange(count) == 0,
        frame_size=np.array([frame[2:] for frame in frames], np.int32),
        width=opened.width,
        height=opened.height,
        video=Path(video),
        options=options,
    )


MIDDLE = (0.25, 0.25, 0.75, 0.75)
"""The box of the grey in the middle of `clips.picture`, which says which frame it is."""


def write_boxes(path: Path, rows: Any, rate: float = 30) -> Path:
    """A box stream with these rows: `ymin, xmin, ymax, xmax, confidence`."""
    write_stream(path, Stream(np.array(rows, np.float32), rate))
    return path


def described_weights(folder: Path, weights: bytes, **fields: Any) -> str:
    """The path of a weights file with these bytes; a manifest beside it has an entry with the given fields."""
    path = folder / "mine.weights.h5"
    path.write_bytes(weights)
    entry = {"name": "mine", "file": path.name, "sha256": hash_of(path), **fields}
    (folder / "manifest.json").write_text(json.dumps({"mine": entry}), encoding="utf-8")
    return str(path)


class CountingEngine:
    """Replaces the network: valence is the number that `clips.picture` drew, over 100."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.batches: list[np.ndarray] = []

    def predict(self, crops: np.ndarray) -> FaceScores:
        self.batches.append(crops.copy())
        numbers = np.array([clips.frame_number(crop) for crop in crops], np.float32)
        probabilities = np.full((len(crops), 8), 1 / 8, np.float32)
        return FaceScores(probabilities, numbers / 100, -numbers / 100)

    def submit(self, crops: np.ndarray) -> Callable[[], FaceScores]:
        scores = self.predict(crops)
        return lambda: scores

    @property
    def crops(self) -> np.ndarray:
        return np.concatenate(self.batches)


Counting = Callable[..., tuple[Annotator, CountingEngine]]


def counting_annotator(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Makes annotators with a `CountingEngine`, for weights with the given fields in their manifest."""

    def make(options: Options = Options(), **fields: Any) -> tuple[Annotator, CountingEngine]:
        engine = CountingEngine(options.batch_size)
        monkeypatch.setattr("rbdm.annotator.load_engine", lambda *_: engine)
        return Annotator(replace(options, weights=described_weights(folder, b"weights", **fields))), engine

    return make
