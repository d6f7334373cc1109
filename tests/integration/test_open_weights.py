"""How good the open weights are: on FER+, on real clips, and whether the model card says so."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.expressions import EXPRESSIONS
from rbdm.files.resources import BUNDLED
from rbdm.media.video import Video
from rbdm.network.manifest import read_manifest
from rbdm.prediction import Prediction
from rbdm.training.evaluation.evaluate import evaluate
from tests.support.paths import ROOT

FERPLUS = ROOT.parent / "shared" / "ferplus" / "ferplus.npz"
CARD = ROOT / "MODEL_CARD.md"
NAMES = [expression.name for expression in EXPRESSIONS]
MEGABYTE = 1_000_000

Figures = dict[str, Any]

pytestmark = pytest.mark.xdist_group("open weights")


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Of the open weights on the FER+ test set; takes some seconds."""
    if not FERPLUS.is_file():
        pytest.skip(f"FER+ is not at {FERPLUS}")
    return evaluate(FERPLUS, "open", device="cpu")


@pytest.fixture(scope="module")
def card() -> Figures:
    """The figures that the model card states."""
    if not CARD.is_file():
        pytest.skip("there is no MODEL_CARD.md yet")
    section = CARD.read_text("utf-8").split("\n## Evaluation\n", 1)[1].split("\n## ")[0]
    block = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    assert block, "MODEL_CARD.md has no ```json under '## Evaluation'"
    content: Figures = json.loads(block[1])
    return content


def numbers(figures: Any, place: str = "") -> Iterator[tuple[str, float]]:
    """Every number in the figures, with its place, but for the confusion matrix and what follows from it."""
    if isinstance(figures, dict):
        for key, value in figures.items():
            if key not in ("confusion", "classes"):
                yield from numbers(value, f"{place}/{key}")
    elif isinstance(figures, int | float):
        yield place, float(figures)


class TestFerPlus:
    def test_bars(self, figures: Figures) -> None:
        found = figures["expression"]
        assert found["count"] > 3_500
        assert found["accuracy"] >= 0.82
        assert found["balanced_accuracy_50"] >= 0.65
        assert found["calibration_error"] <= 0.05

    def test_every_class_is_found(self, figures: Figures) -> None:
        """The class that the network says most often to the faces of a class is that class."""
        confusion = np.array(figures["expression"]["confusion"])
        common = confusion.sum(axis=1) >= 50
        np.testing.assert_array_equal(confusion.argmax(axis=1)[common], np.flatnonzero(common))

    def test_model_card_says_the_same(self, figures: Figures, card: Figures) -> None:
        assert card.keys() == figures.keys() and card["expression"].keys() == figures["expression"].keys()
        for key in ("weights", "weights_sha256", "split", "affect_is_derived"):
            assert card[key] == figures[key]
        assert dict(numbers(card)) == pytest.approx(dict(numbers(figures)), abs=1e-3)

    def test_model_cards_confusion(self, figures: Figures, card: Figures) -> None:
        """Another CPU may settle the few ties differently."""
        moved = np.abs(np.array(card["expression"]["confusion"]) - np.array(figures["expression"]["confusion"]))
        assert moved.sum() <= 0.002 * figures["expression"]["count"]


class TestModelCard:
    def test_classes_follow_from_the_confusion(self, card: Figures) -> None:
        confusion = np.array(card["expression"]["confusion"])
        hit, of_class, of_guess = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
        assert confusion.sum() == card["expression"]["count"]
        for i, name in enumerate(NAMES):
            expected = {
                "precision": hit[i] / of_guess[i],
                "recall": hit[i] / of_class[i],
                "f1": 2 * hit[i] / (of_class[i] + of_guess[i]),
                "count": of_class[i],
            }
            found = card["expression"]["classes"][name]
            assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-3)

    def test_its_weights_are_those_that_come_with_rbdm(self, card: Figures) -> None:
        entry = read_manifest(BUNDLED / "manifest.json")["open"]
        assert (card["weights"], card["weights_sha256"]) == (entry.name, entry.sha256)


def test_files_are_small() -> None:
    entry = read_manifest(BUNDLED / "manifest.json")["open"]
    sizes = [(BUNDLED / name).stat().st_size for name in (entry.file, entry.tflite)]
    assert sum(sizes) < 20 * MEGABYTE


def expressions(prediction: Prediction) -> list[str]:
    assert prediction.has_face.all()
    return [NAMES[i] for i in prediction.probabilities.argmax(axis=1)]


class TestRealClips:
    def test_neutral_then_a_smile(self, annotator: Annotator, faces_folder: Path) -> None:
        prediction = annotator.annotate(faces_folder / "single_face.mp4", faces_folder / "single_face.stream")
        said = expressions(prediction)
        smile, end = said.index("Happy"), len(said) - said[::-1].index("Happy")
        assert set(said[:smile]) == {"Neutral"} and set(said[smile:end]) == {"Happy"}, "it changes once"
        assert 10 <= smile <= 25 and end >= len(said) - 3, "he stops smiling in the very last frames"
        assert np.abs(prediction.valence[: smile - 2]).max() < 0.2
        assert prediction.valence[smile + 3 : end - 2].min() > 0.5

    def test_crying_then_laughing(self, annotator: Annotator, faces_folder: Path) -> None:
        """Frames 0 to 135 crying, a hand over the face from 60; from 240 laughing."""
        video = faces_folder / "WolfgangLanger_Pexels.mp4"
        prediction = annotator.annotate(video, video.with_suffix(".stream"))
        happy = np.array(expressions(prediction)) == "Happy"
        third = len(happy) // 3
        assert happy[:third].mean() < 1 / 5
        assert (happy & (prediction.valence > 0.3))[-third:].mean() > 1 / 2
        assert prediction.valence[240:].mean() - prediction.valence[:136].mean() >= 0.5

    def test_portraits(self, annotator: Annotator, faces_folder: Path) -> None:
        """Those whose expression nobody would argue about."""
        said = {f"{name} {face}": scores for name, face, scores in portraits(annotator, faces_folder)}
        assert said["0-f1-su-ph.jpg 0"][0] == "Surprise"
        smiles = ["0-f15-hao-ph.jpg 0", "single_face.jpg 0", *(f"multi_face.jpg {i}" for i in range(4))]
        for face in smiles:
            assert said[face][0] == "Happy" and said[face][1] > 0.5, face
        for face in ("15-f13-anc-ph.jpg 0", "45-m7-di-ph.jpg 0"):
            assert said[face][0] != "Happy" and said[face][1] < 0, face


def portraits(annotator: Annotator, folder: Path) -> Iterator[tuple[str, str, tuple[str, float]]]:
    """File, number, class and valence of each face in the table of the benchmark."""
    with (ROOT / "benchmarks" / "portraits.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            with Video(folder / row["name"]) as picture:
                image = next(iter(picture)).rgb()
            box = np.array([[row[corner] for corner in ("ymin", "xmin", "ymax", "xmax")]], np.float32)
            scores = annotator.predict(image[None], box)
            yield row["name"], row["face"], (NAMES[scores.probabilities[0].argmax()], float(scores.valence[0]))
