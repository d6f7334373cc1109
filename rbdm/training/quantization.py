"""Converts weights into an 8-bit LiteRT model: more than twice as fast on a CPU, a little less exact."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from rbdm.files.atomic import atomic_write
from rbdm.network.architecture import build_model
from rbdm.network.keras_weights import assign, read_tensors
from rbdm.network.weights import Weights
from rbdm.training.labelled_faces import LabelledFaces

_CALIBRATION_FACES = 300


def quantize(weights: Weights, faces: LabelledFaces, target: Path, seed: int = 0) -> None:
    """Write a LiteRT model with 8-bit weights and activations. Its inputs and outputs stay float32.

    The ranges of the activations are measured on 300 faces (Jacob et al. 2018, arXiv 1712.05877).

    Args:
        weights: Keras weights.
        faces: 300 of them are drawn at random; all of them if there are fewer.
        target: the `.tflite` file to write, completely or not at all.
        seed: of the random draw.

    Raises:
        WeightsError: the weights do not fit the network.
        OutputError: `target` cannot be written.
    """
    import tensorflow as tf

    size = weights.entry.input_size
    model = build_model(size)
    assign(model, read_tensors(weights.path), weights.path)
    count = min(_CALIBRATION_FACES, len(faces))
    chosen = np.random.default_rng(seed).choice(len(faces), count, replace=False)

    def examples() -> Iterator[list[np.ndarray]]:
        for index in chosen:
            crop = faces.network_input(index, size, weights.entry.crop_scale, weights.entry.color == "grey")
            yield [crop[None].astype(np.float32)]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = examples
    with redirect_stdout(io.StringIO()):  # TensorFlow prints every tensor it saves
        content = converter.convert()
    with atomic_write(target) as temporary:
        temporary.write_bytes(content)
