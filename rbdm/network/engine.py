"""Runs the network, with one interface for both devices: LiteRT on a CPU, Keras on a GPU."""

import ctypes
import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rbdm.errors import OptionError, RbdmError, WeightsError
from rbdm.network.derivation import derive_model
from rbdm.network.manifest import WeightsEntry
from rbdm.network.weights import Weights, network_graph
from rbdm.runtime.litert import LiteRTPool

Crops = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_CPU_BATCH = 64
"""The largest batch on a CPU. Larger ones take more memory and are not faster."""
_FACES_PER_RUN = 2
"""Faces per run of one core's copy of the network. On two cores, 2 give 455 faces/s and 16 give 330 faces/s."""
_GPU_BATCH = 128
"""The smallest batch on a GPU, which idles between smaller ones: an H100 runs 1,600 faces/s with 16, 7,400 with 128."""


class FaceScores(NamedTuple):
    """The network's output for N faces.

    Attributes:
        probabilities: (N, 8) float32 in the order of `rbdm.expressions.EXPRESSIONS`; each row adds up to 1.
        valence: (N,) float32 in [-1, 1].
        arousal: (N,) float32 in [-1, 1].
    """

    probabilities: Floats
    valence: Floats
    arousal: Floats


class Engine(Protocol):
    """The network on a device.

    Attributes:
        batch_size: the largest number of crops per call. With this number, the network is fastest.
    """

    batch_size: int

    def submit(self, crops: Crops) -> Callable[[], FaceScores]:
        """Start to score N crops.

        Args:
            crops: (N, size, size, 3) uint8 RGB, N from 1 to `batch_size`. They must not change before the scores are
                ready.

        Returns:
            A function that blocks until the scores are ready and returns them.
        """
        ...

    def predict(self, crops: Crops) -> FaceScores:
        """Score N crops; for arguments see `submit`."""
        ...


def load_engine(weights: Weights, device: str, batch_size: int) -> Engine:
    """Load the network with these weights.

    Args:
        weights: the weights.
        device: `cpu`, `gpu`, or `auto`: a GPU if the weights are Keras weights and Keras finds a GPU, else the CPU.
        batch_size: faces per run. A CPU uses at most 64, a GPU at least 128.

    Raises:
        WeightsError: the weights belong to another network.
        OptionError: `device` is `gpu`, but Keras is not installed or finds no GPU, or the weights are a LiteRT model.
    """
    if device == "gpu" and not weights.is_keras:
        raise OptionError(f"option device is 'gpu': {weights.path.name} is a LiteRT model, which runs on the CPU")
    if device == "gpu" and not _has_keras():
        raise OptionError("option device is 'gpu': a GPU needs Keras: pip install 'rbdm[keras]'; or use cpu or auto")
    if device == "gpu" or (weights.is_keras and device == "auto" and _has_nvidia_gpu() and _keras_sees_gpu()):
        if device == "gpu" and not _keras_sees_gpu():
            raise OptionError("option device is 'gpu': Keras finds no GPU here; use cpu or auto")
        return KerasEngine(weights, batch_size)
    return LiteRTEngine(weights, batch_size)


class LiteRTEngine:
    """Runs the network with LiteRT and XNNPACK, the fastest on a CPU."""

    def __init__(self, weights: Weights, batch_size: int) -> None:
        """Load the model. If the weights are Keras weights without a LiteRT model, make it first, which takes 0.2 s."""
        self._entry, self.batch_size = weights.entry, min(batch_size, _CPU_BATCH)
        model, size = weights.tflite or weights.path, weights.entry.input_size
        derived = None if weights.tflite else derive_model(network_graph(), weights.path)
        self._networks = LiteRTPool(model, (size, size, 3), _FACES_PER_RUN, derived)
        widths = self._networks.widths
        if sorted(widths) != [2, 8]:
            raise WeightsError(f"{model}: belongs to another network: its outputs must have 8 and 2 values per face")
        self._emotions, self._affect = widths.index(8), widths.index(2)

    def submit(self, crops: Crops) -> Callable[[], FaceScores]:
        """See `Engine.submit`."""
        outputs = self._networks.submit(crops)

        def result() -> FaceScores:
            values = outputs()
            return _scores(self._entry, values[self._emotions], values[self._affect])

        return result

    def predict(self, crops: Crops) -> FaceScores:
        """See `Engine.predict`."""
        return self.submit(crops)()


class KerasEngine:
    """Runs the network with Keras, on the backend and device that Keras uses."""

    def __init__(self, weights: Weights, batch_size: int) -> None:
        """Build the network and load its weights."""
        from rbdm.network.architecture import build_model
        from rbdm.network.keras_weights import assign, read_tensors

        self._process = os.getpid()
        self._entry, self.batch_size = weights.entry, max(batch_size, _GPU_BATCH)
        self._model = build_model(weights.entry.input_size)
        assign(self._model, read_tensors(weights.path), weights.path)

    def submit(self, crops: Crops) -> Callable[[], FaceScores]:
        """See `Engine.submit`. This computes the scores before it returns.

        Raises:
            RbdmError: this process was forked from the one that loaded the network: Keras would hang.
        """
        scores = self.predict(crops)
        return lambda: scores

    def predict(self, crops: Crops) -> FaceScores:
        """See `Engine.predict`."""
        from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL

        if self._process != os.getpid():
            raise RbdmError(
                "Keras cannot run in a forked process: make the Annotator in the new process, or start it with "
                "multiprocessing.get_context('spawn')"
            )
        count = len(crops)
        # All batches get the same shape, since a backend that compiles does so again for each new shape.
        padded = np.concatenate([crops, np.zeros((self.batch_size - count, *crops.shape[1:]), np.uint8)])
        outputs = self._model.predict_on_batch(padded)
        return _scores(self._entry, outputs[EMOTIONS][:count], outputs[VALENCE_AROUSAL][:count])


def _scores(entry: WeightsEntry, emotions: Any, affect: Any) -> FaceScores:
    """Bring the network's outputs into our order of columns, which may differ from that of the weights."""
    affect = np.clip(np.asarray(affect, np.float32), -1, 1)
    valence, arousal = entry.valence_arousal_columns
    return FaceScores(np.asarray(emotions, np.float32)[:, entry.class_columns], affect[:, valence], affect[:, arousal])


def _has_keras() -> bool:
    return importlib.util.find_spec("keras") is not None


def _has_nvidia_gpu() -> bool:
    """Whether Keras is installed and the NVIDIA driver finds a GPU. To import Keras to find out would take seconds."""
    if not _has_keras():
        return False
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int()
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def _keras_sees_gpu() -> bool:
    import keras

    if keras.backend.backend() == "torch":  # Keras 3.15 lists no devices for this backend
        import torch

        return bool(torch.cuda.is_available())
    return bool(keras.distribution.list_devices("gpu"))
