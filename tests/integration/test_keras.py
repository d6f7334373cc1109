"""Keras and TensorFlow: every format of weights is read, and LiteRT and Keras give the same scores."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.network.architecture import build_model
from rbdm.network.derivation import derive_model
from rbdm.network.engine import FaceScores, KerasEngine, LiteRTEngine
from rbdm.network.keras_weights import Tensors, assign, read_tensors
from rbdm.network.weights import Weights, find_weights, network_graph
from rbdm.runtime.litert import run_once
from tests.support.networks import BATCH, assert_close, crops_of, needs_keras, predict, unreadable

SAME = 1e-4
"""How far LiteRT may be from Keras."""

pytestmark = [
    pytest.mark.xdist_group("tensorflow"),
    pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning:keras"),
]


@pytest.fixture(scope="module")
def litert(open_weights: Weights) -> LiteRTEngine:
    return LiteRTEngine(open_weights, BATCH)


@pytest.fixture(scope="module")
def network() -> Any:
    """Our network in Keras 3, with random weights."""
    pytest.importorskip("keras", reason="needs the extra keras")
    return build_model()


@pytest.fixture(scope="module")
def keras3(tmp_path_factory: pytest.TempPathFactory, network: Any, keras2: Any) -> Path:
    """A folder with the network of `keras2`, written by Keras 3 in each of its formats."""
    import keras

    folder = tmp_path_factory.mktemp("keras 3")
    assign(network, keras2.tensors, Path("expected"))
    network.save_weights(folder / "ours.weights.h5")
    network.save(folder / "ours.keras")
    network.compile("adam", "mse")
    network.optimizer.build(network.trainable_variables)
    network.save(folder / "in training.keras")
    image = keras.Input((224, 224, 3))
    backbone = keras.applications.MobileNetV2((224, 224, 3), include_top=False, weights=None)
    features = keras.layers.GlobalAveragePooling2D()(backbone(image / 127.5 - 1.0))
    heads = [keras.layers.Dense(2, name="valence_arousal"), keras.layers.Dense(8, name="emotions")]
    nested = keras.Model(image, [head(features) for head in heads])
    for layer in (*backbone.layers, *heads):
        if layer.weights:
            layer.set_weights(keras2.tensors[layer.name])
    nested.save_weights(folder / "nested.weights.h5")
    nested.save(folder / "nested.keras")
    return folder


def assert_same_tensors(found: Tensors, expected: dict[str, list[np.ndarray]]) -> None:
    assert {layer for layer, tensors in found.items() if tensors} == set(expected)
    for layer, tensors in expected.items():
        assert [tensor.dtype for tensor in found[layer]] == [np.float32] * len(tensors)
        for one, other in zip(found[layer], tensors, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=layer)


def keras_on_cpu(weights: Weights, batch_size: int) -> KerasEngine:
    """Keras with batches as small as said, not as large as a GPU wants them."""
    pytest.importorskip("tensorflow", reason="needs the extra keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rbdm.network.engine._GPU_BATCH", 1)
        return KerasEngine(weights, batch_size)


@pytest.fixture(scope="module")
def crops(face_clip: tuple[Path, Path], open_weights: Weights) -> np.ndarray:
    """The faces of every third frame of the packaged clip."""
    return crops_of(*face_clip, open_weights)[::3]


# the network


@needs_keras
def test_the_network_has_2_270_794_parameters(network):
    assert network.count_params() == 2_270_794
    assert network.input_shape == (None, 224, 224, 3)
    shapes = {name: output.shape for name, output in network.output.items()}
    assert shapes == {"valence_arousal": (None, 2), "emotions": (None, 8)}


# the formats


@pytest.mark.parametrize("name", ["flat.h5", "nested.h5", "frozen.h5", "whole.h5", "whole nested.h5"])
def test_every_format_of_keras_2_is_read_whole(keras2, name):
    assert_same_tensors(read_tensors(keras2.folder / name), keras2.tensors)


@needs_keras
@pytest.mark.parametrize(
    "name", ["ours.weights.h5", "ours.keras", "in training.keras", "nested.weights.h5", "nested.keras"]
)
def test_every_format_of_keras_3_is_read_whole(keras2, keras3, name):
    assert_same_tensors(read_tensors(keras3 / name), keras2.tensors)


@needs_keras
@pytest.mark.parametrize(
    ("name", "misleading"),
    [
        ("flat.h5", "flat.weights.h5"),
        ("flat.h5", "flat.keras"),
        ("whole.h5", "whole.weights.h5"),
        ("whole.h5", "whole.keras"),
        ("ours.weights.h5", "ours.h5"),
        ("ours.weights.h5", "ours.keras"),
        ("ours.keras", "ours.weights.h5"),
        ("ours.keras", "ours (1)"),
    ],
)
def test_a_format_is_told_by_content_and_not_by_name(keras2, keras3, tmp_path, name, misleading):
    folder = keras2.folder if (keras2.folder / name).exists() else keras3
    shutil.copy(folder / name, tmp_path / misleading)
    assert_same_tensors(read_tensors(tmp_path / misleading), keras2.tensors)


def test_names_are_read_as_older_versions_of_h5py_wrote_them(keras2, tmp_path):
    """Before version 3, h5py stored a list of names as strings of one length, which it still reads as bytes."""
    path = shutil.copy(keras2.folder / "flat.h5", tmp_path / "old.h5")
    with h5py.File(path, "r+") as file:
        for group, key in [(file, "layer_names"), *((group, "weight_names") for group in file.values())]:
            names = [name.encode() for name in group.attrs[key]]
            group.attrs[key] = np.array(names, "S64") if names else np.empty(0)
    assert_same_tensors(read_tensors(path), keras2.tensors)


@needs_keras
def test_the_weights_read_give_the_scores_they_gave_in_keras_2(keras2, open_weights):
    weights = replace(open_weights, path=keras2.folder / "whole nested.h5", tflite=None)
    scores = keras_on_cpu(weights, len(keras2.images)).predict(keras2.images)
    assert_close(scores, FaceScores(keras2.emotions, *keras2.valence_arousal.T), SAME)


# weights that do not fit


def misfit(network: Any, tensors: Tensors) -> str:
    before = [value.copy() for value in network.get_weights()]
    with pytest.raises(WeightsError) as caught:
        assign(network, tensors, Path("mine.h5"))
    for value, other in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, other)
    message = str(caught.value)
    assert message.startswith("mine.h5: ")
    assert "\n" not in message
    return message


@needs_keras
def test_a_missing_layer_is_an_error_that_names_it(network, keras2):
    tensors = {name: values for name, values in keras2.tensors.items() if name != "block_7_expand_BN"}
    assert "block_7_expand_BN" in misfit(network, tensors)


@needs_keras
def test_a_head_for_another_number_of_classes_is_an_error_that_names_it(network, keras2):
    emotions = [values[..., :7] for values in keras2.tensors["emotions"]]
    message = misfit(network, keras2.tensors | {"emotions": emotions})
    assert "emotions" in message
    assert "valence_arousal" not in message


@needs_keras
def test_a_layer_with_too_few_tensors_is_an_error_that_names_it(network, keras2):
    assert "bn_Conv1" in misfit(network, keras2.tensors | {"bn_Conv1": keras2.tensors["bn_Conv1"][:2]})


@needs_keras
def test_another_network_is_an_error_that_names_some_layers_and_counts_the_rest(network, keras2):
    message = misfit(network, read_tensors(keras2.folder / "another.h5"))
    assert "Conv1" in message
    assert f"{len(keras2.tensors)} of {len(keras2.tensors)} layers" in message
    assert f"{len(keras2.tensors) - 5} more" in message


@needs_keras
def test_numbers_that_are_none_are_an_error_that_names_the_layer(network, keras2):
    """With them every face would look like no face."""
    kernel, bias = keras2.tensors["valence_arousal"]
    assert "valence_arousal" in misfit(network, keras2.tensors | {"valence_arousal": [kernel, bias * np.nan]})


@needs_keras
def test_layers_that_are_not_ours_do_no_harm(network, keras2):
    assign(network, keras2.tensors | {"another_head": [np.zeros(3, np.float32)]}, Path("mine.h5"))


# damaged files


@needs_keras
@pytest.mark.parametrize("name", ["flat.h5", "whole.h5", "ours.weights.h5", "ours.keras"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_an_error_that_names_it(keras2, keras3, tmp_path, name, part):
    whole = (keras2.folder if (keras2.folder / name).exists() else keras3) / name
    content = whole.read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * part)])
    unreadable(path)


@needs_keras
def test_an_archive_with_a_wrong_byte_is_an_error_that_names_it(keras3, tmp_path):
    content = bytearray((keras3 / "ours.keras").read_bytes())
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "mine.keras"
    path.write_bytes(content)
    unreadable(path)


# LiteRT and Keras


@pytest.fixture(scope="module")
def keras_engine(open_weights: Weights) -> KerasEngine:
    return keras_on_cpu(open_weights, BATCH)


@needs_keras
def test_the_litert_model_that_comes_along_is_the_keras_weights(litert, keras_engine, crops):
    assert_close(predict(litert, crops), predict(keras_engine, crops), SAME)


@needs_keras
def test_litert_equals_keras_on_every_frame_of_a_real_clip(litert, keras_engine, faces_folder, open_weights):
    crops = crops_of(faces_folder / "single_face.mp4", faces_folder / "single_face.stream", open_weights)
    assert len(crops) == 72
    assert_close(predict(litert, crops), predict(keras_engine, crops), SAME)


@needs_keras
def test_a_batch_of_keras_that_is_not_full_gives_what_a_full_one_gives(keras_engine, crops):
    full = keras_engine.predict(crops[:BATCH])
    assert keras_engine.batch_size == BATCH
    assert_close(keras_engine.predict(crops[:5]), FaceScores(*(values[:5] for values in full)), 1e-5)


@needs_keras
def test_keras_takes_at_least_the_batch_that_a_gpu_is_fast_with(open_weights):
    assert KerasEngine(open_weights, 1).batch_size >= 64
    assert KerasEngine(open_weights, 1000).batch_size == 1000


# a LiteRT model made of Keras weights


@pytest.fixture(scope="module")
def faces(face_clip: tuple[Path, Path], open_weights: Weights) -> np.ndarray:
    """200 pictures of a face: the frames of the packaged clip, mirrored, and upside down."""
    upright = crops_of(*face_clip, open_weights)
    return np.concatenate([upright, upright[:, :, ::-1], upright[:, ::-1]])[:200]


@pytest.fixture(scope="module")
def derived(keras2: Any) -> bytes:
    """The model made of weights of Keras 2."""
    return derive_model(network_graph(), keras2.folder / "flat.h5")


@needs_keras
def test_a_model_made_of_weights_equals_keras_on_200_faces(network, keras2, derived, faces):
    assign(network, keras2.tensors, Path("expected"))
    expected = network.predict(faces, batch_size=50, verbose=0)
    assert len(faces) == 200
    assert np.ptp(expected["emotions"], axis=0).max() > 0.01, "faces that all look alike prove nothing"
    outputs = {output.shape[-1]: output for output in run_once(derived, faces)}
    np.testing.assert_allclose(outputs[8], expected["emotions"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(outputs[2], expected["valence_arousal"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["nested.h5", "frozen.h5", "whole.h5", "whole nested.h5"])
def test_every_format_of_keras_2_gives_the_same_model(keras2, derived, name):
    assert derive_model(network_graph(), keras2.folder / name) == derived


@needs_keras
@pytest.mark.parametrize(
    "name", ["ours.weights.h5", "ours.keras", "in training.keras", "nested.weights.h5", "nested.keras"]
)
def test_every_format_of_keras_3_gives_the_same_model(keras3, derived, name):
    assert derive_model(network_graph(), keras3 / name) == derived


def test_a_model_made_of_a_keras_2_file_says_what_keras_2_says(keras2, tmp_path):
    """The file's name says something else than its content."""
    weights = find_weights(str(shutil.copy(keras2.folder / "whole.h5", tmp_path / "whole.weights.h5")))
    scores = LiteRTEngine(weights, 4).predict(keras2.images)
    assert_close(scores, FaceScores(keras2.emotions, *keras2.valence_arousal.T), 1e-5)


@needs_keras
def test_a_model_made_of_the_open_weights_equals_keras_on_200_faces(open_weights, keras_engine, faces):
    derived = LiteRTEngine(replace(open_weights, tflite=None), BATCH)
    assert_close(predict(derived, faces), predict(keras_engine, faces), 1e-5)


@needs_keras
def test_another_input_size_equals_keras(keras2):
    """Trained weights may say another size in their manifest."""
    network = build_model(160)
    assign(network, keras2.tensors, Path("expected"))
    outputs = network.predict(keras2.images[:, :160, :160], verbose=0)
    weights = find_weights(str(keras2.folder / "flat.h5"))
    engine = LiteRTEngine(replace(weights, entry=replace(weights.entry, input_size=160)), 4)
    scores = engine.predict(keras2.images[:, :160, :160])
    assert_close(scores, FaceScores(outputs["emotions"], *outputs["valence_arousal"].T), 1e-5)
