"""A training run is complete, can be stopped and goes on, and what it writes can be used and evaluated."""

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.cli.main import run
from rbdm.errors import InputError, OutputError, WeightsError
from rbdm.expressions import EXPRESSIONS
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.weights import Weights, find_weights
from rbdm.training import train as train_module
from rbdm.training.dataset import load_faces
from rbdm.training.evaluation.evaluate import evaluate
from rbdm.training.masking.faces import mask_faces
from rbdm.training.train import CROP_SCALE, Recipe, _build, train
from tests.support.labelled_faces import noise, some_faces, write_noise
from tests.support.networks import needs_keras
from tests.support.nsfwjs import write_package

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

TINY = Recipe(epochs=2, batch_size=4, learning_rate=1e-3)

pytestmark = [
    needs_keras,
    pytest.mark.xdist_group("tensorflow"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning:keras"),
]


@pytest.fixture(scope="module", autouse=True)
def one_process_for_batches() -> Iterator[None]:
    """Each process of `Batches` takes most of a second to start, and these runs have two batches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 1)
        yield


@pytest.fixture(scope="class")
def without_compiling() -> Iterator[None]:
    """TensorFlow runs operation by operation: to compile a training step takes longer than the few steps of these runs.

    `test_command` trains with compiled steps, as users do.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="class")
def few_layers_learn() -> Iterator[None]:
    """Only the heads and the last convolution learn: a step of all layers takes 1.5 s, and 20 s to compile.

    In `test_expressions_alone` all layers learn.
    """

    def build(mixed_precision: bool) -> Any:
        model = _build(mixed_precision)
        for layer in model.layers:
            layer.trainable = layer.name in ("Conv_1", "Conv_1_bn", EMOTIONS, VALENCE_AROUSAL)
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rbdm.training.train._build", build)
        yield


class Killed(Exception):
    """Raised after an epoch, in the place of a signal."""


@pytest.fixture(scope="class")
def stopped_run(
    tmp_path_factory: pytest.TempPathFactory, without_compiling: None, few_layers_learn: None
) -> tuple[Path, list[dict[str, Any]]]:
    """A run of two epochs that was killed after the first and then went on to its end; the rows of both."""
    out = tmp_path_factory.mktemp("run") / "new" / "folder"
    faces, valid = some_faces(8), some_faces(9, 1)
    rows: list[dict[str, Any]] = []

    def stop(row: dict[str, Any]) -> None:
        rows.append(row)
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr("rbdm.training.train._SAVE_EVERY", float("inf"))  # however slow this computer is
        train(faces, valid, out, TINY, log=stop)
    assert len(read_log(out)) == 1 and not (out / "final.weights.h5").exists()
    assert train(faces, valid, out, TINY, log=rows.append) == out / "final.weights.h5"
    return out, rows


def read_log(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What a failed command said."""
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rbdm: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.usefixtures("without_compiling", "few_layers_learn")
class TestTrain:
    def test_killed_run_goes_on(self, stopped_run: tuple[Path, list[dict[str, Any]]]) -> None:
        out, rows = stopped_run
        log = read_log(out)
        assert [float(row["epoch"]) for row in log] == [0, 1]
        assert float(log[-1]["loss"]) == rows[-1]["loss"] and np.isfinite(rows[-1]["loss"])
        assert set(log[0]) >= {"epoch", "loss", "accuracy", "balanced_accuracy", "cross_entropy", "valence_ccc"}
        assert {path.name for path in out.iterdir()} == {
            "recipe.json",
            "log.csv",
            "last.weights.h5",
            "best.weights.h5",
            "final.weights.h5",
            "manifest.json",
        }, "nothing half written stays"

    def test_better_weights_of_a_lost_epoch_stay(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The run is killed after its best epoch, before it saves its state. The repeated epoch may be worse."""
        faces, valid, out = some_faces(8), some_faces(9, 1), tmp_path / "run"
        scores = iter((-1.0, -2.0, -3.0))
        validate = train_module._validate
        monkeypatch.setattr(train_module, "_validate", lambda *of: {**validate(*of), "score": next(scores)})
        monkeypatch.setattr(train_module, "_SAVE_EVERY", float("inf"))

        def stop(row: dict[str, Any]) -> None:
            raise Killed

        with pytest.raises(Killed):
            train(faces, valid, out, TINY, log=stop)
        best = (out / "best.weights.h5").read_bytes()
        train(faces, valid, out, TINY, log=lambda row: None)
        assert (out / "best.weights.h5").read_bytes() == best

    def test_result_is_complete(self, stopped_run: tuple[Path, list[dict[str, Any]]]) -> None:
        from rbdm.network.architecture import build_model
        from rbdm.network.keras_weights import assign, read_tensors

        path = stopped_run[0] / "final.weights.h5"
        model = build_model(224)
        tensors = read_tensors(path)
        assign(model, tensors, path)
        assert sum(values.size for layer in tensors.values() for values in layer) == 2_270_794
        assert all(np.isfinite(values).all() for layer in tensors.values() for values in layer)

    def test_result_is_the_best_epoch_calibrated(self, stopped_run: tuple[Path, list[dict[str, Any]]]) -> None:
        """Only the expression head differs, by one factor, the temperature."""
        from rbdm.network.keras_weights import read_tensors

        best, final = (read_tensors(stopped_run[0] / f"{name}.weights.h5") for name in ("best", "final"))
        factors = np.concatenate([f.ravel() for f in final["emotions"]]) * 1.0
        before = np.concatenate([b.ravel() for b in best["emotions"]])
        factors = factors[before != 0] / before[before != 0]
        np.testing.assert_allclose(factors, factors[0], rtol=1e-4)
        assert 1 / 2.0 <= factors[0] <= 1 / 0.3 + 1e-6
        for name in set(best) - {"emotions"}:
            for one, other in zip(best[name], final[name], strict=True):
                np.testing.assert_array_equal(one, other)

    def test_finished_run_stays_as_it_is(self, stopped_run: tuple[Path, list[dict[str, Any]]]) -> None:
        from rbdm.network.keras_weights import read_tensors

        out = stopped_run[0]
        before, log = read_tensors(out / "final.weights.h5"), (out / "log.csv").read_bytes()
        rows: list[Any] = []
        train(some_faces(8), some_faces(9, 1), out, TINY, log=rows.append)
        after = read_tensors(out / "final.weights.h5")
        assert not rows and (out / "log.csv").read_bytes() == log
        for name, values in before.items():
            for one, other in zip(values, after[name], strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-5)

    def test_seed_decides(self, stopped_run: tuple[Path, list[dict[str, Any]]]) -> None:
        """The killed run had saved no state: the second began anew."""
        _, rows = stopped_run
        assert [row["epoch"] for row in rows] == [0, 0, 1]
        assert rows[0]["loss"] == pytest.approx(rows[1]["loss"], rel=1e-3)

    def test_evaluated(
        self,
        stopped_run: tuple[Path, list[dict[str, Any]]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """With Keras: to convert the weights takes 10 s. What is converted: `test_keras.py`."""
        monkeypatch.setattr("rbdm.network.engine._keras_sees_gpu", lambda: True)
        monkeypatch.setattr("rbdm.network.engine._GPU_BATCH", 1)
        path = stopped_run[0] / "final.weights.h5"
        figures = evaluate(write_noise(tmp_path / "a.npz"), str(path), device="gpu")
        assert figures["weights"] == "folder" and figures["expression"]["count"] == 20

    def test_manifest_says_how_to_crop(self, stopped_run: tuple[Path, list[dict[str, Any]]]) -> None:
        weights = find_weights(str(stopped_run[0] / "final.weights.h5"))
        assert weights.entry.color == "grey" and weights.entry.crop_scale == CROP_SCALE


class TestFolder:
    """What `train` says before it has trained anything."""

    def test_another_recipe_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "recipe.json").write_text(json.dumps({"epochs": 3}))
        with pytest.raises(InputError, match=r"recipe\.json"):
            train(some_faces(8), some_faces(2), tmp_path, TINY)

    @pytest.mark.parametrize("content", ["", "{", "[]"])
    def test_torn_recipe_is_refused(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "recipe.json").write_text(content)
        with pytest.raises(InputError, match=r"recipe\.json"):
            train(some_faces(8), some_faces(2), tmp_path, TINY)

    def test_file_in_the_place_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "run").touch()
        with pytest.raises(OutputError, match="run"):
            train(some_faces(8), some_faces(2), tmp_path / "run", TINY)

    def test_no_expression_to_validate_on(self, tmp_path: Path) -> None:
        rows = [{"image": image, "valence": 0.1, "arousal": 0.2} for image in noise(4)]
        with pytest.raises(InputError, match="expression"):
            train(some_faces(8), load_faces(rows), tmp_path / "run", TINY)


def test_backbone_takes_every_tensor(tmp_path: Path) -> None:
    from rbdm.network.architecture import build_model
    from rbdm.training.pretrained import start_from

    model = build_model(32)
    heads = {"valence_arousal", "emotions"}
    rng = np.random.default_rng(0)
    names = {
        f"{layer.name}/{variable.name}": variable.shape
        for layer in model.layers
        if layer.name not in heads
        for variable in layer.weights
    }
    tensors = {name: rng.integers(0, 256, shape, np.uint8) for name, shape in names.items()}
    before = [np.copy(values) for name in sorted(heads) for values in model.get_layer(name).get_weights()]
    assert start_from(model, write_package(tmp_path / "n.tgz", tensors)) == len(names) == 260
    for name in ("Conv1/kernel", "block_3_depthwise/kernel", "Conv_1_bn/moving_mean"):
        layer, variable = name.split("/")
        found = {v.name: np.asarray(v) for v in model.get_layer(layer).weights}[variable]
        np.testing.assert_allclose(found, tensors[name] * 0.01 - 1.5, rtol=1e-4, atol=1e-6)
    after = [values for name in sorted(heads) for values in model.get_layer(name).get_weights()]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    del tensors["block_3_depthwise/kernel"]
    with pytest.raises(WeightsError, match="block_3_depthwise"):
        start_from(model, write_package(tmp_path / "n.tgz", tensors))


@pytest.mark.usefixtures("without_compiling")
def test_expressions_alone(tmp_path: Path) -> None:
    """As in most data sets: no valence and arousal to learn from or validate on."""
    rows = [{"image": image, "expression": EXPRESSIONS[i % 8].name} for i, image in enumerate(noise(8))]
    log: list[dict[str, Any]] = []
    train(load_faces(rows), load_faces(rows), tmp_path, Recipe(epochs=1, batch_size=8), log=log.append)
    assert np.isfinite(log[0]["loss"]) and np.isnan(log[0]["valence_ccc"])
    assert (tmp_path / "final.weights.h5").is_file()


@pytest.mark.usefixtures("few_layers_learn")
def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = write_noise(tmp_path / "a.npz", 8), tmp_path / "run"
    common = ["train", str(data), "--out", str(out), "--batch-size", "8"]
    assert run([*common, "--epochs", "1"]) == 0
    printed = capsys.readouterr().out
    assert "8 faces for training, 8 for validation" in printed and "epoch 0" in printed
    assert str(out / "final.weights.h5") in printed
    assert run([*common, "--epochs", "2"]) == 1
    assert "recipe.json" in one_line(capsys)


@pytest.mark.usefixtures("without_compiling", "few_layers_learn")
class TestMasked:
    """`rbdm train --mask-by`: with real relevance of the open weights."""

    @pytest.fixture
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
        return tmp_path / "cache"

    def test_command(self, tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
        data, out = write_noise(tmp_path / "a.npz", 8), tmp_path / "run"
        common = ["train", str(data), "--out", str(out), "--batch-size", "8", "--epochs", "1", "--mask-by", "open"]
        assert run([*common, "--mask", "mean"]) == 0
        assert "the faces are masked (mean, 0.5) by their relevance to rbdm-open-v1" in capsys.readouterr().out
        assert find_weights(str(out / "final.weights.h5")).entry.color == "grey"
        masking = {"teacher": find_weights("open").sha256, "mode": "mean", "share": 0.5}
        assert json.loads((out / "recipe.json").read_text())["masking"] == masking
        kept = [(path, path.stat().st_mtime_ns) for path in sorted((cache / "rbdm" / "relevance").iterdir())]
        assert len(kept) == 1
        for other in (["--mask", "negative"], ["--mask", "mean", "--mask-share", "0.3"]):
            assert run([*common, *other]) == 1
            assert "recipe.json" in one_line(capsys)
        assert run([*common, "--mask", "mean"]) == 0, "a finished run stays finished"
        assert kept == [(path, path.stat().st_mtime_ns) for path in sorted((cache / "rbdm" / "relevance").iterdir())]

    def test_masked_faces_reach_the_network(self, open_weights: Weights, tmp_path: Path, cache: Path) -> None:
        """The same seed, with and without masks: the first loss differs."""
        faces, valid, losses = some_faces(8), some_faces(8, 1), []
        for name, given in (("whole", faces), ("masked", mask_faces(faces, open_weights, "negative", 0.5))):
            rows: list[dict[str, Any]] = []
            train(given, valid, tmp_path / name, replace(TINY, epochs=1), log=rows.append)
            losses.append(rows[0]["loss"])
        assert all(np.isfinite(losses)) and losses[0] != losses[1]

    def test_teacher_of_8_bits(self, tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
        data = write_noise(tmp_path / "a.npz", 8)
        common = ["train", str(data), "--out", str(tmp_path / "run"), "--mask", "mean"]
        assert run([*common, "--mask-by", "open-int8"]) == 1
        assert "32-bit weights" in one_line(capsys)
