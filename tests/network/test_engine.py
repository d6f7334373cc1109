"""The same faces get the same scores: in batches of any size, and in the order of columns that the manifest gives."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rbdm.errors import OptionError, WeightsError
from rbdm.expressions import EXPRESSIONS
from rbdm.network.engine import FaceScores, LiteRTEngine, load_engine
from rbdm.network.weights import Weights
from tests.support.command_line import untuned_networks
from tests.support.networks import BATCH, assert_close, crops_of, predict


@pytest.fixture(scope="module", autouse=True)
def _untuned_networks() -> Iterator[None]:
    with untuned_networks():
        yield


@pytest.fixture(scope="module")
def litert(open_weights: Weights) -> LiteRTEngine:
    return LiteRTEngine(open_weights, BATCH)


@pytest.fixture(scope="module")
def crops(face_clip: tuple[Path, Path], open_weights: Weights) -> np.ndarray:
    """The faces of every third frame of the packaged clip."""
    return crops_of(*face_clip, open_weights)[::3]


def test_scores_are_what_they_are_said_to_be(litert, crops):
    scores = litert.predict(crops[:BATCH])
    assert [values.dtype for values in scores] == [np.float32] * 3
    assert [values.shape for values in scores] == [(BATCH, 8), (BATCH,), (BATCH,)]
    np.testing.assert_allclose(scores.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (scores.probabilities >= 0).all()
    assert (np.abs(scores.valence) <= 1).all()
    assert (np.abs(scores.arousal) <= 1).all()


# batches


@pytest.mark.parametrize("count", [1, 7, BATCH - 1])
def test_a_batch_that_is_not_full_gives_what_a_full_one_gives(litert, crops, count):
    full = litert.predict(crops[:BATCH])
    assert_close(litert.predict(crops[:count]), FaceScores(*(values[:count] for values in full)), 1e-6)


@pytest.mark.parametrize("batch_size", [1, 7, 25])
def test_scores_do_not_depend_on_the_batch_size(litert, open_weights, crops, batch_size):
    assert_close(predict(LiteRTEngine(open_weights, batch_size), crops), predict(litert, crops), 1e-5)


def test_scores_do_not_change_when_the_engine_is_used_again(litert, crops):
    first = litert.predict(crops[:BATCH])
    kept = FaceScores(*(values.copy() for values in first))
    litert.predict(crops[:BATCH] // 2)
    assert_close(first, kept, 0)


# the manifest


def engine_with(weights: Weights, **fields: Any) -> LiteRTEngine:
    return LiteRTEngine(replace(weights, entry=replace(weights.entry, **fields)), BATCH)


def test_the_class_order_of_the_manifest_counts(litert, open_weights, crops):
    names = [expression.name for expression in EXPRESSIONS]
    turned = engine_with(open_weights, classes=(*names[3:], *names[:3])).predict(crops[:BATCH])
    found = litert.predict(crops[:BATCH])
    # The network's column 0 is now called Surprise, our expression 3.
    np.testing.assert_array_equal(turned.probabilities[:, 3], found.probabilities[:, 0])
    np.testing.assert_array_equal(turned.probabilities, np.roll(found.probabilities, 3, axis=1))


def test_the_order_of_valence_and_arousal_of_the_manifest_counts(litert, open_weights, crops):
    swapped = engine_with(open_weights, valence_arousal=("arousal", "valence")).predict(crops[:BATCH])
    found = litert.predict(crops[:BATCH])
    np.testing.assert_array_equal(swapped.valence, found.arousal)
    np.testing.assert_array_equal(swapped.arousal, found.valence)
    assert not np.allclose(found.valence, found.arousal)


# the device


def test_the_cpu_means_litert(open_weights):
    assert isinstance(load_engine(open_weights, "cpu", 1), LiteRTEngine)


def test_auto_means_keras_only_where_keras_sees_a_gpu(open_weights, monkeypatch):
    made: list[str] = []
    monkeypatch.setattr("rbdm.network.engine.KerasEngine", lambda *_: made.append("Keras"))
    monkeypatch.setattr("rbdm.network.engine.LiteRTEngine", lambda *_: made.append("LiteRT"))
    for driver, keras in [(False, True), (True, False), (True, True)]:
        monkeypatch.setattr("rbdm.network.engine._has_nvidia_gpu", lambda driver=driver: driver)
        monkeypatch.setattr("rbdm.network.engine._keras_sees_gpu", lambda keras=keras: keras)
        load_engine(open_weights, "auto", 1)
    assert made == ["LiteRT", "LiteRT", "Keras"]


def test_a_gpu_that_is_not_there_is_an_error_that_names_the_option(open_weights, monkeypatch):
    monkeypatch.setattr("rbdm.network.engine._keras_sees_gpu", lambda: False)
    with pytest.raises(OptionError, match="option device is 'gpu'"):
        load_engine(open_weights, "gpu", 1)


def test_a_gpu_without_keras_is_an_error_that_says_what_to_install(open_weights, monkeypatch):
    monkeypatch.setattr("rbdm.network.engine.importlib.util.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"option device is 'gpu': .*pip install 'rbdm\[keras\]'"):
        load_engine(open_weights, "gpu", 1)
    assert isinstance(load_engine(open_weights, "auto", 1), LiteRTEngine)


# Keras weights without a LiteRT model


def test_keras_weights_run_without_keras_and_without_a_cache(open_weights, litert, crops, tmp_path, monkeypatch):
    (tmp_path / "cache").write_bytes(b"a file is in the way")
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    scores = LiteRTEngine(replace(open_weights, tflite=None), BATCH).predict(crops[:BATCH])
    assert_close(scores, litert.predict(crops[:BATCH]), 1e-5)


def test_weights_of_another_network_are_an_error_that_names_them(open_weights, tmp_path):
    path = tmp_path / "mine.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["emotions"]
        file.create_group("emotions").attrs["weight_names"] = ["emotions/kernel:0"]
        file["emotions/emotions/kernel:0"] = np.zeros((4, 8), np.float32)
    with pytest.raises(WeightsError, match=r"mine\.h5: weights of another network: 106 of 106 layers do not fit"):
        LiteRTEngine(replace(open_weights, path=path, tflite=None), 1)
