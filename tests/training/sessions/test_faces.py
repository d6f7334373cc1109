"""The faces of labelled moments are those that an annotation sees, to the last pixel."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rbdm.annotator import Annotator, load_detector
from rbdm.errors import InputError
from rbdm.faces.locator import locate
from rbdm.media.video import Video
from rbdm.network.engine import load_engine
from rbdm.network.weights import Weights
from rbdm.options import Options
from rbdm.scoring import Scorer
from rbdm.ssi import read_stream, write_stream
from rbdm.training.sessions.faces import FaceReader, LabelledMoments, Moments
from rbdm.training.sessions.labels import Labels
from rbdm.training.sessions.people import Person

RATE = 25


def labels_at(*times: float) -> Labels:
    count = len(times)
    return Labels(
        np.array(times),
        np.ones(count),
        np.eye(8)[np.arange(count) % 8],
        np.ones((count, 8), bool),
        np.zeros((count, 2)),
    )


def read(weights: Weights, video: Path, boxes: Path | None, labels: Labels) -> LabelledMoments:
    options = Options(batch_size=8)
    scorer = Scorer(load_engine(weights, "cpu", 8), weights.entry, options)
    reader = FaceReader(scorer, options, lambda crops: lambda: crops)
    person = Person(video, boxes, "guest", "s1", ())
    return reader.read(person, labels, lambda progress: None, lambda text: None)


def crops_of_annotation(video: Path, boxes: Path, weights: Weights) -> np.ndarray:
    """What `rbdm annotate` passes to the network."""
    options = Options(batch_size=8)
    with Video(video) as opened:
        source, total = locate(opened, options, lambda: load_detector(options), boxes, "largest")
        scorer = Scorer(load_engine(weights, "cpu", 8), weights.entry, options)
        return np.concatenate([batch.crops for batch, _ in scorer.score(source, total, lambda progress: None)])


def test_the_crops_are_those_of_an_annotation(face_clip: tuple[Path, Path], open_weights: Weights) -> None:
    every = crops_of_annotation(*face_clip, open_weights)
    numbers = [0, 1, 17, 30, 31, 74]
    found = read(open_weights, *face_clip, labels_at(*((number + 0.5) / RATE for number in numbers)))
    assert np.array_equal(found.values, every[numbers])
    assert found.labels.expression.argmax(axis=1).tolist() == [0, 1, 2, 3, 4, 5]
    assert found.without_face == 0


def test_found_faces_give_the_scores_of_an_annotation(
    face_clip: tuple[Path, Path], open_weights: Weights, annotator: Annotator
) -> None:
    numbers = [3, 40, 60]
    found = read(open_weights, face_clip[0], None, labels_at(*((number + 0.5) / RATE for number in numbers)))
    scores = load_engine(open_weights, "cpu", 8).predict(found.values)
    expected = annotator.annotate(face_clip[0], warn=lambda text: None)
    np.testing.assert_allclose(scores.probabilities, expected.probabilities[numbers], rtol=0, atol=1e-6)


def test_moments_without_a_face_are_left_out(
    face_clip: tuple[Path, Path], open_weights: Weights, tmp_path: Path
) -> None:
    stream = read_stream(face_clip[1])
    stream.data[10:20, 4] = 0
    write_stream(tmp_path / "face.stream", stream)
    found = read(open_weights, face_clip[0], tmp_path / "face.stream", labels_at(0.1, 0.5, 0.6, 1.0, 99.0))
    assert found.labels.time.tolist() == [0.1, 1.0] and found.without_face == 3
    with pytest.raises(InputError, match="no annotated moment has a face"):
        read(open_weights, face_clip[0], tmp_path / "face.stream", labels_at(0.5, 99.0))


def frame(time: float, end: float) -> Any:
    return SimpleNamespace(time=time, end=end)


def test_a_moment_belongs_to_the_frame_that_is_shown_then() -> None:
    moments = Moments(np.array([0.0, 0.04, 0.05, 0.3, 0.5]))
    shown = [frame(0, 0.04), frame(0.04, 0.08), frame(0.08, 0.12), frame(0.4, 0.6)]  # nothing is shown at 0.3
    assert [moments(one) for one in shown] == [True, True, False, True]
    assert moments.of_frame == [[0], [1, 2], [], [4]]
