"""A LiteRT model is made of Keras weights without Keras; a wrong one is never returned.

Other formats than that of the open weights: tests/integration/test_keras.py.
"""

import shutil
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.network import derivation
from rbdm.network.constants import Layer, read_constants
from rbdm.network.derivation import derive_model, unfold
from rbdm.network.keras_weights import read_tensors
from rbdm.network.reference import score_image
from rbdm.network.weights import Weights, network_graph
from rbdm.runtime.litert import run_once
from tests.support.networks import crops_of


@pytest.fixture(scope="module")
def derived(open_weights: Weights) -> bytes:
    """A model made of the open weights."""
    return derive_model(network_graph(), open_weights.path)


def test_it_gives_the_scores_of_the_model_that_tensorflow_has_made(derived, open_weights, face_clip):
    crops = crops_of(*face_clip, open_weights)[::5]
    for one, other in zip(run_once(derived, crops), run_once(network_graph(), crops), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_its_constants_are_those_that_tensorflow_has_folded(derived):
    expected = read_constants(network_graph())
    for name, layer in read_constants(derived).items():
        for one, other in zip(layer, expected[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * np.abs(other).max(), err_msg=name)


def test_the_constants_of_the_graph_do_not_count(derived, open_weights, monkeypatch):
    """Weights of somebody else are folded into the same model, whatever was in it before."""
    empty = derivation.write_constants(
        network_graph(), {name: Layer(*(0 * v for v in layer)) for name, layer in read_constants(derived).items()}
    )
    assert derive_model(empty, open_weights.path) == derived


@pytest.mark.parametrize("size", [32, 96, 256])
def test_it_takes_images_of_other_sizes(derived, open_weights, size):
    images = np.random.default_rng(1).integers(0, 256, (1, size, size, 3), np.uint8)
    outputs = {output.shape[-1]: output for output in run_once(derived, images)}
    expected = score_image(read_tensors(open_weights.path), images[0])
    np.testing.assert_allclose(outputs[8][0], expected.emotions, rtol=0, atol=1e-5)
    np.testing.assert_allclose(outputs[2][0], expected.affect, rtol=0, atol=1e-5)


def test_it_takes_less_than_two_seconds(open_weights):
    started = time.process_time()
    derive_model(network_graph(), open_weights.path)
    assert time.process_time() - started < 2


# the check at the end

EXCHANGES = [
    ("block_2_expand", "block_3_expand"),
    ("block_7_depthwise", "block_9_depthwise"),
    ("block_11_project", "block_12_project"),
    ("block_14_project", "block_15_project"),
]


@pytest.mark.parametrize("what", ["layer", "bias"])
@pytest.mark.parametrize("pair", EXCHANGES, ids=" ".join)
def test_two_layers_that_are_exchanged_are_an_error_that_names_the_file(open_weights, monkeypatch, pair, what):
    folded = derivation.fold
    other = dict([pair, pair[::-1]])

    def exchanged(tensors, name, layer):
        right, wrong = folded(tensors, name, layer), folded(tensors, other.get(name, name), layer)
        return wrong if what == "layer" else Layer(right.kernel, wrong.bias)

    monkeypatch.setattr(derivation, "fold", exchanged)
    with pytest.raises(WeightsError, match=r"rbdm-open-v1\.weights\.h5: .* other scores"):
        derive_model(network_graph(), open_weights.path)


@pytest.mark.parametrize("head", ["emotions", "valence_arousal"])
def test_a_head_whose_columns_are_turned_is_an_error(open_weights, monkeypatch, head):
    folded = derivation.fold

    def turned(tensors, name, layer):
        kernel, bias = folded(tensors, name, layer)
        return Layer(kernel[:, ::-1], bias[::-1]) if name == head else Layer(kernel, bias)

    monkeypatch.setattr(derivation, "fold", turned)
    with pytest.raises(WeightsError, match="other scores"):
        derive_model(network_graph(), open_weights.path)


def test_constants_go_back_into_keras_and_out_again(open_weights):
    layers = read_constants(open_weights.tflite.read_bytes())
    tensors = unfold(layers)
    assert {name: [t.shape for t in tensors[name]] for name in tensors} == {
        name: [t.shape for t in found] for name, found in read_tensors(open_weights.path).items() if name in tensors
    }
    for name, layer in layers.items():
        again = derivation.fold(tensors, name, layer)
        np.testing.assert_allclose(again.kernel, layer.kernel, rtol=1e-6)
        np.testing.assert_allclose(again.bias, layer.bias, rtol=1e-6, atol=1e-7)


# weights that do not fit


def changed(weights: Weights, folder: Path, layer: str, index: int, values: np.ndarray | None) -> Path:
    """A copy of a weights file in which one tensor of one layer is another one, or missing."""
    path = Path(shutil.copy(weights.path, folder / "mine.weights.h5"))
    with h5py.File(path, "r+") as file:
        found: list[h5py.Group] = []
        file.visititems(lambda _, group: found.append(group) if group.attrs.get("name") == layer else None)
        (group,) = found
        del group[str(index)]
        if values is not None:
            group[str(index)] = values
    return path


@pytest.mark.parametrize(
    ("layer", "index", "values"),
    [
        ("block_7_expand_BN", 3, None),
        ("emotions", 0, np.zeros((1280, 7), np.float32)),
        ("Conv1", 0, np.zeros((3, 3, 1, 32), np.float32)),
        ("valence_arousal", 1, np.float32([0, np.nan])),
        ("bn_Conv1", 3, np.full(32, -1, np.float32)),
    ],
    ids=["missing", "seven classes", "grey", "not a number", "negative variance"],
)
def test_weights_that_do_not_fit_are_an_error_that_names_file_and_layer(open_weights, tmp_path, layer, index, values):
    path = changed(open_weights, tmp_path, layer, index, values)
    with pytest.raises(WeightsError) as caught:
        derive_model(network_graph(), path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert layer.removeprefix("bn_") in message
    assert "\n" not in message
