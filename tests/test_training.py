"""Training and evaluating: the start from nsfwjs, runs that stop and go on, figures and the two commands."""

import base64
import csv
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from rbdm.cli.main import run
from rbdm.errors import InputError, OptionError, OutputError, WeightsError
from rbdm.network.weights import find_weights
from rbdm.training.dataset import LabelledFaces, load_faces
from rbdm.training.evaluation import evaluate, write_json
from rbdm.training.pretrained import read_nsfwjs
from rbdm.training.train import CROP_SCALE, Recipe, calibrate, train

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
FOLDER = "package/dist/models/mobilenet_v2"
TINY = Recipe(epochs=2, batch_size=8, learning_rate=1e-3)
Tensors = Mapping[str, npt.NDArray[np.uint8]]
TENSORS: Tensors = {
    "Conv1/kernel": np.arange(24, dtype=np.uint8).reshape(2, 2, 3, 2),
    "expanded_conv_depthwise/depthwise_kernel": np.full((3, 3, 1, 1), 150, np.uint8),
    "bn_Conv1/gamma": np.array([0, 255], np.uint8),
    "bn_Conv1/moving_variance": np.array([151, 152], np.uint8),
    "dense_3/bias": np.array([9], np.uint8),
}


def noise(count: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """(N, 48, 48): blurred, so that no two are alike after scaling."""
    raw = np.random.default_rng(seed).integers(0, 256, (count, 48, 48), np.uint8)
    return np.stack([cv2.normalize(cv2.GaussianBlur(image, (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX) for image in raw])


def write_archive(path: Path, count: int = 20) -> Path:
    """Noise with the votes of each class in turn, every split the same size."""
    votes = np.zeros((count, 10), np.uint8)
    votes[np.arange(count), np.arange(count) % 8] = 10
    arrays = {f"{split}_votes": votes for split in ("train", "valid", "test")}
    arrays |= {f"{split}_images": noise(count, seed) for seed, split in enumerate(("train", "valid", "test"))}
    np.savez(path, columns=np.array(COLUMNS), **arrays)
    return path


def some_faces(count: int, seed: int = 0) -> LabelledFaces:
    rows = [
        {"image": image, "expression": i % 8, "valence": 0.1 * (i % 8)} for i, image in enumerate(noise(count, seed))
    ]
    return load_faces([{**row, "arousal": -0.1} for row in rows])


def write_package(path: Path, tensors: Tensors, quantization: str = '{min:-1.5,scale:.01,dtype:"uint8"}') -> Path:
    """What `npm pack nsfwjs` holds: a manifest in minified JavaScript, and the tensors' bytes in base64."""
    entries = ",".join(
        f'{{name:"{name}",shape:[{",".join(map(str, values.shape))}],dtype:"float32",quantization:{quantization}}}'
        for name, values in tensors.items()
    )
    content = base64.b64encode(b"".join(values.tobytes() for values in tensors.values())).decode()
    return pack(
        path,
        {
            "model.min.js": '(()=>{var e={modelTopology:{name:"Conv1",config:{}},weightsManifest:[{paths:["group1"],'
            f"weights:[{entries}]}}]}};module.exports=e}})();",
            "group1-shard1of1.min.js": f'(()=>{{module.exports="{content}"}})();',
        },
    )


def pack(path: Path, files: Mapping[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What a failed command said."""
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rbdm: ")]
    assert len(lines) == 1
    return lines[0]


class TestStart:
    def test_tensors_by_keras_names(self, tmp_path: Path) -> None:
        found = read_nsfwjs(write_package(tmp_path / "nsfwjs-4.2.0.tgz", TENSORS))
        assert set(found) == {
            "Conv1/kernel",
            "expanded_conv_depthwise/kernel",
            "bn_Conv1/gamma",
            "bn_Conv1/moving_variance",
        }
        assert all(values.dtype == np.float32 for values in found.values())
        np.testing.assert_allclose(found["bn_Conv1/gamma"], [-1.5, 1.05], rtol=1e-6)
        np.testing.assert_allclose(found["Conv1/kernel"], TENSORS["Conv1/kernel"] * 0.01 - 1.5, rtol=1e-5)
        np.testing.assert_allclose(found["expanded_conv_depthwise/kernel"], 0, atol=1e-6)
        np.testing.assert_allclose(found["bn_Conv1/moving_variance"], [0.01, 0.02], atol=1e-6)

    def test_numbers_as_a_minifier_writes_them(self, tmp_path: Path) -> None:
        package = write_package(tmp_path / "n.tgz", TENSORS, '{min:-3e-5,scale:.5e-2,dtype:"uint8"}')
        np.testing.assert_allclose(read_nsfwjs(package)["bn_Conv1/gamma"], [-3e-5, 1.275 - 3e-5], rtol=1e-5)

    @pytest.mark.parametrize(
        "files",
        [
            {},
            {"model.min.js": "weightsManifest"},
            {"model.min.js": "weightsManifest", "group1-shard1of1.min.js": "nothing"},
            {"model.min.js": "weightsManifest", "group1-shard1of1.min.js": 'exports="***"'},
            {"model.min.js": "nothing", "group1-shard1of1.min.js": 'exports="AAAA"'},
            {"model.min.js": "weightsManifest:[]", "group1-shard1of1.min.js": 'exports="AAAA"'},
        ],
        ids=["empty", "no shard", "no content", "no base64", "no manifest", "no tensors"],
    )
    def test_another_package(self, tmp_path: Path, files: dict[str, str]) -> None:
        with pytest.raises(WeightsError, match=r"other\.tgz.*nsfwjs"):
            read_nsfwjs(pack(tmp_path / "other.tgz", files))

    @pytest.mark.parametrize("content", [None, b"", b"nonsense", b"\x1f\x8b\x08\x00 torn"])
    def test_no_package(self, tmp_path: Path, content: bytes | None) -> None:
        if content is not None:
            (tmp_path / "other.tgz").write_bytes(content)
        with pytest.raises(WeightsError, match=r"other\.tgz"):
            read_nsfwjs(tmp_path / "other.tgz")

    def test_truncated(self, tmp_path: Path) -> None:
        package = write_package(tmp_path / "n.tgz", {"Conv1/kernel": noise(20)})
        package.write_bytes(package.read_bytes()[:-2000])
        with pytest.raises(WeightsError, match=r"n\.tgz"):
            read_nsfwjs(package)

    def test_fewer_bytes_than_tensors(self, tmp_path: Path) -> None:
        package = write_package(tmp_path / "n.tgz", TENSORS)
        with tarfile.open(package) as archive:
            manifest = archive.extractfile(f"{FOLDER}/model.min.js")
            assert manifest is not None
            files = {"model.min.js": manifest.read().decode(), "group1-shard1of1.min.js": 'exports="AAAA"'}
        with pytest.raises(WeightsError, match=r"short\.tgz"):
            read_nsfwjs(pack(tmp_path / "short.tgz", files))

    def test_backbone_takes_every_tensor(self, tmp_path: Path) -> None:
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


class Killed(Exception):
    pass


@pytest.fixture(scope="class")
def stopped_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A run of two epochs that was killed after the first and then went on to its end; the rows of both."""
    out = tmp_path_factory.mktemp("run") / "new" / "folder"
    faces, valid = some_faces(16), some_faces(9, 1)
    rows: list[dict[str, Any]] = []

    def stop(row: dict[str, Any]) -> None:
        rows.append(row)
        raise Killed

    with pytest.raises(Killed):
        train(faces, valid, out, TINY, log=stop)
    assert len(read_log(out)) == 1 and not (out / "final.weights.h5").exists()
    assert train(faces, valid, out, TINY, log=rows.append) == out / "final.weights.h5"
    return out, rows


def read_log(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


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
        train(some_faces(16), some_faces(9, 1), out, TINY, log=rows.append)
        after = read_tensors(out / "final.weights.h5")
        assert not rows and (out / "log.csv").read_bytes() == log
        for name, values in before.items():
            for one, other in zip(values, after[name], strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-5)

    def test_seed_decides(self, stopped_run: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
        rows: list[dict[str, Any]] = []

        def stop(row: dict[str, Any]) -> None:
            rows.append(row)
            raise Killed

        with pytest.raises(Killed):
            train(some_faces(16), some_faces(9, 1), tmp_path, TINY, log=stop)
        assert rows[0]["loss"] == pytest.approx(stopped_run[1][0]["loss"], rel=1e-3)

    def test_evaluated(self, stopped_run: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
        path = stopped_run[0] / "final.weights.h5"
        figures = evaluate(write_archive(tmp_path / "a.npz"), str(path))
        assert figures["weights"] == "folder" and figures["expression"]["count"] == 20

    def test_manifest_says_how_to_crop(self, stopped_run: tuple[Path, list[dict[str, Any]]]) -> None:
        weights = find_weights(str(stopped_run[0] / "final.weights.h5"))
        assert weights.entry.color == "grey" and weights.entry.crop_scale == CROP_SCALE

    def test_expressions_alone(self, tmp_path: Path) -> None:
        """As in most data sets: no valence and arousal to learn from or validate on."""
        rows = [{"image": image, "expression": i % 8} for i, image in enumerate(noise(8))]
        log: list[dict[str, Any]] = []
        train(load_faces(rows), load_faces(rows), tmp_path, Recipe(epochs=1, batch_size=8), log=log.append)
        assert np.isfinite(log[0]["loss"]) and np.isnan(log[0]["valence_ccc"])
        assert (tmp_path / "final.weights.h5").is_file()

    def test_command(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        data, out = write_archive(tmp_path / "a.npz", 8), tmp_path / "run"
        common = ["train", str(data), "--out", str(out), "--batch-size", "8"]
        assert run([*common, "--epochs", "1"]) == 0
        printed = capsys.readouterr().out
        assert "8 faces to learn from, 8 to validate on" in printed and "epoch 0" in printed
        assert str(out / "final.weights.h5") in printed
        assert run([*common, "--epochs", "2"]) == 1
        assert "recipe.json" in one_line(capsys)


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

    @pytest.mark.parametrize(
        ("name", "value"),
        [("epochs", 0), ("batch_size", 0), ("learning_rate", -1.0), ("learning_rate", float("nan")), ("seed", -1)],
    )
    def test_impossible_recipe(self, name: str, value: float) -> None:
        with pytest.raises(OptionError, match=name):
            Recipe(**{name: value})

    def test_no_expression_to_validate_on(self, tmp_path: Path) -> None:
        rows = [{"image": image, "valence": 0.1, "arousal": 0.2} for image in noise(4)]
        with pytest.raises(InputError, match="expression"):
            train(some_faces(8), load_faces(rows), tmp_path / "run", TINY)

    def test_missing_data(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["train", str(tmp_path / "gone.npz"), "--out", str(tmp_path / "run")]) == 1
        assert "gone.npz" in one_line(capsys)
        assert not (tmp_path / "run").exists()

    def test_out_is_required(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["train", str(tmp_path)]) == 2
        assert "out" in one_line(capsys)


class Network:
    """As much of a Keras model as calibration uses, with fixed answers."""

    def __init__(self, logits: npt.NDArray[np.floating]) -> None:
        exponential = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.probabilities = exponential / exponential.sum(axis=1, keepdims=True)
        self.weights = [np.ones((3, 8)), np.full(8, 2.0)]

    def predict(self, images: npt.NDArray[np.uint8], **_: object) -> dict[str, npt.NDArray[np.floating]]:
        return {"emotions": self.probabilities[: len(images)], "valence_arousal": np.zeros((len(images), 2))}

    def get_layer(self, name: str) -> "Network":
        assert name == "emotions"
        return self

    def get_weights(self) -> list[npt.NDArray[np.floating]]:
        return self.weights

    def set_weights(self, weights: list[npt.NDArray[np.floating]]) -> None:
        self.weights = weights


class TestCalibrate:
    @pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
    def test_finds_the_temperature(self, temperature: float) -> None:
        """Labels drawn from softmax(logits / temperature), network with softmax(logits)."""
        rng = np.random.default_rng(0)
        logits = rng.normal(0, 2, (3000, 8))
        truth = (logits / temperature + rng.gumbel(size=logits.shape)).argmax(axis=1)
        network, faces = Network(logits), labelled(np.eye(8)[truth])
        found = calibrate(network, np.zeros((3000, 1), np.uint8), faces)
        assert found == pytest.approx(temperature, rel=0.07)
        np.testing.assert_allclose(network.weights[0], 1 / found)
        np.testing.assert_allclose(network.weights[1], 2 / found)

    def test_faces_without_an_expression_do_not_count(self) -> None:
        rng = np.random.default_rng(0)
        logits = rng.normal(0, 2, (1000, 8))
        labels = np.eye(8)[(logits + rng.gumbel(size=logits.shape)).argmax(axis=1)]
        images = np.zeros((1000, 1), np.uint8)
        known = calibrate(Network(logits[:600]), images[:600], labelled(labels[:600]))
        labels[600:] = np.nan
        assert calibrate(Network(logits), images, labelled(labels)) == known


def labelled(probabilities: npt.NDArray[np.floating]) -> LabelledFaces:
    count = len(probabilities)
    blank = [np.full((count, width), np.nan, np.float32) for width in (2, 4)]
    return LabelledFaces([np.zeros((1, 1), np.uint8)] * count, probabilities.astype(np.float32), *blank)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("data") / "noise.npz")


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

    def test_json_is_what_was_returned(self, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "figures.json"
        assert run(["evaluate", str(archive), "--weights", "open", "--json", str(path)]) == 0
        figures = evaluate(archive, "open")
        written = json.loads(path.read_text("utf-8"))
        assert list(written) == list(figures)
        assert written["valence"] == figures["valence"] and written["weights_sha256"] == figures["weights_sha256"]
        assert written["expression"]["classes"] == figures["expression"]["classes"]
        assert written["expression"]["confusion"] == figures["expression"]["confusion"]
        assert list(tmp_path.iterdir()) == [path]
        printed = capsys.readouterr().out
        assert f"{figures['expression']['accuracy']:.4f}" in printed and "derived" in printed

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

    def test_box_is_cropped_as_in_a_video(self) -> None:
        """A box whose crop is the face gives what the face gives."""
        face, around = noise(1)[0], np.zeros((100, 120), np.uint8)
        around[30:78, 50:98] = face
        side = 48 / find_weights("open").entry.crop_scale
        box = {"face_x": 74 - side / 2, "face_y": 54 - side / 2, "face_width": side, "face_height": side}
        labels = {"valence": 0.5, "arousal": 0.5}
        rows = {"image": face, **labels}, {"image": around, **box, **labels}
        found = [evaluate([row], "open")["valence"]["rmse"] for row in rows]
        assert found[0] == pytest.approx(found[1], abs=0.01)

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--split", "tests"], "tests"),
            (["--weights", "gone.h5"], "gone.h5"),
            (["--batch-size", "0"], "batch_size"),
            (["--device", "abacus"], "abacus"),
            (["--json", "no/such/folder/figures.json"], "figures.json"),
        ],
        ids=lambda value: value if isinstance(value, str) else value[0],
    )
    def test_failures_are_one_line(
        self, archive: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["evaluate", str(archive), "--weights", "open", *arguments]) in (1, 2)
        assert says in one_line(capsys)

    @pytest.mark.parametrize("name", ["gone.npz", "gone.csv", "gone"])
    def test_missing_data(self, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["evaluate", str(tmp_path / name), "--weights", "open"]) == 1
        assert name in one_line(capsys)

    def test_missing_picture(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "labels.csv").write_text("path,expression\ngone.png,sad\n", encoding="utf-8")
        assert run(["evaluate", str(tmp_path), "--weights", "open"]) == 1
        assert "gone.png" in one_line(capsys)

    def test_data_are_required(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["evaluate"]) == 2
        assert one_line(capsys)

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
