"""Runs the network: LiteRT on the CPU, Keras on a GPU, behind one `predict`."""

import ctypes
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rbdm.errors import OptionError, WeightsError
from rbdm.files.resources import cache_folder
from rbdm.network.conversion import convert_to_tflite
from rbdm.network.manifest import WeightsEntry
from rbdm.network.weights import Weights
from rbdm.runtime.litert import LiteRTPool

Crops = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_CPU_BATCH = 64
"""Larger ones only take memory."""
_RUN = 2
"""Faces that a core's network runs at once: 455 faces/s on two cores, with 16 at once 330."""
_GPU_BATCH = 128
"""A GPU idles between smaller ones: on an H100 batches of 16 run at 1,600 faces/s, of 128 at 7,400."""


class FaceScores(NamedTuple):
    """What the network says about N faces.

    Attributes:
        probabilities: (N, 8) float32 in the order of `rbdm.expressions.EXPRESSIONS`, rows summing to 1.
        valence: (N,) float32 in [-1, 1].
        arousal: (N,) float32 in [-1, 1].
    """

    probabilities: Floats
    valence: Floats
    arousal: Floats


class Engine(Protocol):
    """The network on some device.

    Attributes:
        batch_size: the most crops per call, and the number that it is fastest with.
    """

    batch_size: int

    def submit(self, crops: Crops) -> Callable[[], FaceScores]:
        """Begin with N crops (N, size, size, 3), uint8 RGB, N at most `batch_size`.

        Returns:
            What waits for the scores and gives them; until then the crops must stay as they are.
        """
        ...

    def predict(self, crops: Crops) -> FaceScores:
        """Scores of N crops, as of `submit`."""
        ...


def load_engine(weights: Weights, device: str, batch_size: int) -> Engine:
    """The network with these weights on the device that the option `device` means.

    Raises:
        WeightsError: the weights are of another network, or need TensorFlow and it is not installed.
        OptionError: `device` is `gpu` and Keras finds none.
    """
    if device == "gpu" and not weights.is_keras:
        raise OptionError(f"option device is 'gpu': {weights.path.name} is a LiteRT model, which runs on the CPU")
    if device == "gpu" or (weights.is_keras and device == "auto" and _has_nvidia_gpu() and _keras_sees_gpu()):
        if device == "gpu" and not _keras_sees_gpu():
            raise OptionError("option device is 'gpu': Keras finds no GPU here; use cpu or auto")
        return KerasEngine(weights, batch_size)
    return LiteRTEngine(weights, batch_size)


class LiteRTEngine:
    """LiteRT with XNNPACK: the fastest on a CPU. The model is derived from Keras weights once and cached."""

    def __init__(self, weights: Weights, batch_size: int) -> None:
        """Load the model, deriving it first where none is cached."""
        self._entry, self.batch_size = weights.entry, min(batch_size, _CPU_BATCH)
        model, size = weights.tflite or _derived(weights), weights.entry.input_size
        self._networks = LiteRTPool(model, (size, size, 3), _RUN)
        widths = self._networks.widths
        if sorted(widths) != [2, 8]:
            raise WeightsError(f"{model}: a model of another network: it does not give 8 and 2 numbers a face")
        self._emotions, self._affect = widths.index(8), widths.index(2)

    def submit(self, crops: Crops) -> Callable[[], FaceScores]:
        """See `Engine.submit`."""
        outputs = self._networks.submit(crops)

        def result() -> FaceScores:
            found = outputs()
            return _scores(self._entry, found[self._emotions], found[self._affect])

        return result

    def predict(self, crops: Crops) -> FaceScores:
        """See `Engine.predict`."""
        return self.submit(crops)()


def _derived(weights: Weights) -> Path:
    size = weights.entry.input_size
    path = cache_folder() / "derived" / f"{weights.sha256}-{size}.tflite"
    if not path.exists():
        convert_to_tflite(weights.path, size, path)
    return path


class KerasEngine:
    """Keras on whatever backend and device it has."""

    def __init__(self, weights: Weights, batch_size: int) -> None:
        """Build the network and read its weights."""
        from rbdm.network.architecture import build_model
        from rbdm.network.keras_weights import assign, read_tensors

        self._entry, self.batch_size = weights.entry, max(batch_size, _GPU_BATCH)
        self._model = build_model(weights.entry.input_size)
        assign(self._model, read_tensors(weights.path), weights.path)

    def submit(self, crops: Crops) -> Callable[[], FaceScores]:
        """See `Engine.submit`; the scores are there at once."""
        scores = self.predict(crops)
        return lambda: scores

    def predict(self, crops: Crops) -> FaceScores:
        """See `Engine.predict`."""
        from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL

        count = len(crops)
        # Batches of one shape: a compiling backend compiles once.
        padded = np.concatenate([crops, np.zeros((self.batch_size - count, *crops.shape[1:]), np.uint8)])
        outputs = self._model.predict_on_batch(padded)
        return _scores(self._entry, outputs[EMOTIONS][:count], outputs[VALENCE_AROUSAL][:count])


def _scores(entry: WeightsEntry, emotions: Any, affect: Any) -> FaceScores:
    affect = np.clip(np.asarray(affect, np.float32), -1, 1)
    valence, arousal = entry.valence_arousal_columns
    return FaceScores(np.asarray(emotions, np.float32)[:, entry.class_columns], affect[:, valence], affect[:, arousal])


def _has_nvidia_gpu() -> bool:
    """Asked of the driver: importing a Keras backend to find out takes seconds."""
    if importlib.util.find_spec("keras") is None:
        return False
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int()
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def _keras_sees_gpu() -> bool:
    if importlib.util.find_spec("keras") is None:
        return False
    import keras

    if keras.backend.backend() == "torch":  # Keras 3.15 lists no devices there
        import torch

        return bool(torch.cuda.is_available())
    return bool(keras.distribution.list_devices("gpu"))
