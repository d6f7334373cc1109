"""The constants of a LiteRT model can be read and replaced, all or some of them, and nothing else changes."""

import numpy as np
import pytest

from rbdm.errors import WeightsError
from rbdm.files.resources import BUNDLED
from rbdm.network.constants import Layer, read_constants, write_constants
from rbdm.network.weights import network_graph
from rbdm.runtime.litert import run_once


@pytest.fixture(scope="module")
def graph() -> bytes:
    """The float32 model that comes with rbdm."""
    return network_graph()


def test_every_layer_is_read_in_the_layout_of_keras(graph):
    shapes = {name: layer.kernel.shape for name, layer in read_constants(graph).items()}
    assert len(shapes) == 54
    assert shapes["Conv1"] == (3, 3, 3, 32)
    assert shapes["expanded_conv_depthwise"] == (3, 3, 32, 1)
    assert shapes["block_16_project"] == (1, 1, 960, 320)
    assert (shapes["emotions"], shapes["valence_arousal"]) == ((1280, 8), (1280, 2))


def test_what_is_read_can_be_written_back(graph):
    assert write_constants(graph, read_constants(graph)) == graph


def test_every_constant_is_replaced(graph):
    random = np.random.default_rng(1)
    new = {
        name: Layer(*(random.normal(size=values.shape).astype(np.float32) for values in layer))
        for name, layer in read_constants(graph).items()
    }
    found = read_constants(write_constants(graph, new))
    assert found.keys() == new.keys()
    for name, layer in new.items():
        for one, other in zip(found[name], layer, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_a_single_head_can_be_replaced(graph):
    """A head that knows nothing but its bias gives this bias, whatever the image; the other head stays."""
    logits = np.log(np.float32([0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]))
    head = Layer(np.zeros((1280, 8), np.float32), logits)
    images = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    (new_emotions, new_affect), (_, affect) = (
        sorted(run_once(model, images), key=lambda output: -output.shape[-1])
        for model in (write_constants(graph, {"emotions": head}), graph)
    )
    np.testing.assert_allclose(new_emotions[0], np.exp(logits), rtol=1e-5)
    np.testing.assert_array_equal(new_affect, affect)


def test_an_unknown_layer_is_an_error_that_names_it(graph):
    with pytest.raises(WeightsError, match="no layer 'emotion'"):
        write_constants(graph, {"emotion": Layer(np.zeros((1280, 8), np.float32), np.zeros(8, np.float32))})


@pytest.mark.parametrize(
    ("kernel", "bias"),
    [((1280, 7), (8,)), ((1280, 8), (1,)), ((8, 1280), (8,))],
    ids=["classes", "one bias for all", "turned"],
)
def test_another_shape_is_an_error_that_names_the_layer(graph, kernel, bias):
    with pytest.raises(WeightsError, match="layer 'emotions'"):
        write_constants(graph, {"emotions": Layer(np.zeros(kernel, np.float32), np.zeros(bias, np.float32))})


def test_numbers_that_are_not_finite_are_an_error_that_names_the_layer(graph):
    kernel, bias = read_constants(graph)["emotions"]
    with pytest.raises(WeightsError, match="layer 'emotions'"):
        write_constants(graph, {"emotions": Layer(kernel, bias * np.float32(np.nan))})


@pytest.mark.parametrize("name", ["rbdm-open-v1-int8.tflite", "face_detection_back.tflite"])
def test_a_model_with_other_constants_is_refused(name):
    with pytest.raises(WeightsError, match="the LiteRT model has"):
        read_constants((BUNDLED / name).read_bytes())
