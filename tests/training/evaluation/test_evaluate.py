"""Figures are of every labelled face of a split, in whatever form it comes; they are written whole or not at all."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.errors import OutputError
from rbdm.options import Options
from rbdm.ssi import Stream, write_stream
from rbdm.training.dataset import load_faces
from rbdm.training.evaluation.evaluate import _scores, evaluate, write_json
from rbdm.training.evaluation.metrics import affect_metrics, expression_metrics
from tests.support.command_line import untuned_networks
from tests.support.labelled_faces import noise, write_noise


@pytest.fixture(scope="module", autouse=True)
def _untuned_networks() -> Iterator[None]:
    with untuned_networks():
        yield


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_noise(tmp_path_factory.mktemp("data") / "noise.npz")


class TestEvaluate:
    def test_figures(self, archive: Path) -> None:
        progress: list[Any] = []
        figures = evaluate(archive, "open", progress=progress.append, batch_size=8)
        assert figures["weights"] == "rbdm-open-v1" and len(figures["weights_sha256"]) == 64
        assert figures["split"] == "test" and figures["affect_is_derived"] is True
        assert figures["expression"]["count"] == figures["valence"]["count"] == figures["arousal"]["count"] == 20
        assert [(step.done, step.total) for step in progress] == [(8, 20), (16, 20), (20, 20)]

    def test_batch_size_changes_nothing(self, archive: Path) -> None:
        one, other = (evaluate(archive, "open", batch_size=size) for size in (3, 32))
        assert one["expression"]["confusion"] == other["expression"]["confusion"]
        assert one["valence"]["rmse"] == pytest.approx(other["valence"]["rmse"], abs=1e-4)

    def test_annotated_affect_is_not_derived(self, capsys: pytest.CaptureFixture[str]) -> None:
        rows = [{"image": image, "valence": 0.2, "arousal": 0.1 * i} for i, image in enumerate(noise(4))]
        figures = evaluate(iter(rows), "open")
        assert figures["affect_is_derived"] is False and "expression" not in figures
        assert figures["valence"]["count"] == 4

    def test_expressions_alone(self) -> None:
        figures = evaluate(({"image": image, "expression": "sad"} for image in noise(4)), "open")
        assert figures["expression"]["classes"]["Sad"]["count"] == 4 and "valence" not in figures

    def test_one_of_the_two_is_enough(self) -> None:
        rows = [{"image": image, "expression": "sad", "valence": -0.5} for image in noise(4)]
        figures = evaluate(rows, "open")
        assert figures["valence"]["count"] == 4 and "arousal" not in figures

    def test_colour_and_large_pictures(self, tmp_path: Path) -> None:
        """The same face, small and grey or large and in colour, is told to be about the same."""
        small = noise(1)[0]
        large = cv2.cvtColor(cv2.resize(small, (500, 500), interpolation=cv2.INTER_LINEAR), cv2.COLOR_GRAY2BGR)
        (tmp_path / "a.png").write_bytes(cv2.imencode(".png", large)[1].tobytes())
        rows = [{"image": image, "valence": 0.0, "arousal": 0.0} for image in (small, tmp_path / "a.png")]
        rmse = [evaluate([row], "open")["valence"]["rmse"] for row in rows]
        assert rmse[0] == pytest.approx(rmse[1], abs=0.03)

    @pytest.mark.parametrize("weights", ["open", "open-int8"])
    def test_a_box_gives_exactly_what_a_video_gives(self, tmp_path: Path, weights: str) -> None:
        """The values of a picture that is annotated with a box stream, and the same box in pixels."""
        picture = np.random.default_rng(0).integers(0, 256, (128, 256, 3)).astype(np.uint8)
        (tmp_path / "a.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        write_stream(tmp_path / "a.stream", Stream(np.array([[0.25, 0.25, 0.875, 0.5, 1]], np.float32), 25.0))
        annotator = Annotator(Options(weights=weights))
        expected = annotator.annotate(tmp_path / "a.png", tmp_path / "a.stream")
        row = {"path": tmp_path / "a.png", "face_x": 64, "face_y": 32, "face_width": 64, "face_height": 80}
        faces = load_faces([{**row, "expression": "happy"}])
        found = _scores(faces, annotator.weights, annotator.options, lambda progress: None)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
        np.testing.assert_array_equal(found.valence, expected.valence)
        np.testing.assert_array_equal(found.arousal, expected.arousal)

    def test_data_without_splits_is_not_called_the_test_split(self, archive: Path) -> None:
        said: list[str] = []
        figures = evaluate([{"image": noise(1)[0], "valence": 0.5}], "open", say=said.append)
        assert figures["split"] == "all" and "the data has no splits: all its faces are used" in said
        assert evaluate(archive, "open")["split"] == "test"


class TestWriteJson:
    def test_json_that_cannot_be_written_leaves_the_older_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "figures.json"
        write_json(path, {"older": 1})

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OutputError, match=r"figures\.json"):
            write_json(path, {"newer": 1})
        assert json.loads(path.read_text()) == {"older": 1} and list(tmp_path.iterdir()) == [path]

    def test_figures_are_json_that_anything_reads(self, tmp_path: Path) -> None:
        """Few faces: no class has 50, no label other than 0, no clear majority. JSON has no NaN."""
        tied = np.array([[0.5, 0.5, 0, 0, 0, 0, 0, 0]])
        figures = {
            "expression": expression_metrics(np.array([[0.65] + [0.05] * 7]), tied),
            "valence": affect_metrics(np.array([0.1]), np.array([0.0])),
        }
        write_json(tmp_path / "figures.json", figures)

        def refuse(text: str) -> None:
            raise AssertionError(f"{text} is not JSON")

        json.loads((tmp_path / "figures.json").read_text("utf-8"), parse_constant=refuse)
