"""Runs the network: LiteRT on the CPU, Keras on a GPU, behind one `predict`."""

import ctypes
import importlib.util
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rbdm.convert import derive
from rbdm.errors import OptionError, WeightsError
from rbdm.manifest import Entry
from rbdm.quiet import without_lines
from rbdm.threads import fastest, usable_cores
from rbdm.weights import Weights, cache_folder

Crops = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_CPU_BATCH = 64
"""More is no faster on a CPU, and every face of a batch takes 7 MB."""
_TRIAL_BATCH = 4
_TRIALS = 3
_GPU_BATCH = 128
"""A GPU idles between smaller ones: on an H100 batches of 16 run at 1,600 faces/s, of 128 at 7,400."""


class Scores(NamedTuple):
    """What the network says about N faces.

    Attributes:
        probabilities: (N, 8) float32 in the order of `rbdm.labels.EXPRESSIONS`, rows summing to 1.
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

    def predict(self, crops: Crops) -> Scores:
        """Scores of N crops (N, size, size, 3), uint8 RGB; N is at most `batch_size`."""
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
        """Load the model, deriving it first where none is cached, with as many threads as it is fastest with."""
        self._entry, self.batch_size = weights.entry, min(batch_size, _CPU_BATCH)
        model = weights.tflite or _derived(weights)
        try:
            with without_lines("XNNPACK delegate"):
                threads = fastest(lambda count: _seconds(self._load(model, count, _TRIAL_BATCH)), usable_cores())
                self._network = self._load(model, threads, self.batch_size)
        except (ValueError, RuntimeError) as error:
            raise WeightsError(f"{model}: LiteRT cannot load it, or it is another network ({error})") from error
        self._input = self._network.get_input_details()[0]["index"]
        outputs = {detail["shape"][-1]: detail["index"] for detail in self._network.get_output_details()}
        if set(outputs) != {8, 2}:
            raise WeightsError(f"{model}: a model of another network: it does not give 8 and 2 numbers a face")
        self._emotions, self._affect = outputs[8], outputs[2]

    def _load(self, model: Path, threads: int, batch_size: int) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        size = self._entry.input_size
        network = Interpreter(str(model), num_threads=threads)
        network.resize_tensor_input(network.get_input_details()[0]["index"], (batch_size, size, size, 3))
        network.allocate_tensors()
        return network

    def predict(self, crops: Crops) -> Scores:
        """See `Engine.predict`."""
        count = len(crops)
        network_input = self._network.tensor(self._input)()
        network_input[:count] = crops
        del network_input  # LiteRT refuses to run while a view of its memory is alive
        self._network.invoke()
        emotions = self._network.get_tensor(self._emotions)[:count]
        return _scores(self._entry, emotions, self._network.get_tensor(self._affect)[:count])


class KerasEngine:
    """Keras on whatever backend and device it has."""

    def __init__(self, weights: Weights, batch_size: int) -> None:
        """Build the network and read its weights."""
        from rbdm.model import build_model
        from rbdm.tensors import assign, read_tensors

        self._entry, self.batch_size = weights.entry, max(batch_size, _GPU_BATCH)
        self._model = build_model(weights.entry.input_size)
        assign(self._model, read_tensors(weights.path), weights.path)

    def predict(self, crops: Crops) -> Scores:
        """See `Engine.predict`."""
        from rbdm.model import EMOTIONS, VALENCE_AROUSAL

        count = len(crops)
        # Batches of one shape: a compiling backend compiles once.
        padded = np.concatenate([crops, np.zeros((self.batch_size - count, *crops.shape[1:]), np.uint8)])
        outputs = self._model.predict_on_batch(padded)
        return _scores(self._entry, outputs[EMOTIONS][:count], outputs[VALENCE_AROUSAL][:count])


def _scores(entry: Entry, emotions: Any, affect: Any) -> Scores:
    affect = np.clip(np.asarray(affect, np.float32), -1, 1)
    valence, arousal = entry.valence_arousal_columns
    return Scores(np.asarray(emotions, np.float32)[:, entry.class_columns], affect[:, valence], affect[:, arousal])


def _derived(weights: Weights) -> Path:
    size = weights.entry.input_size
    path = cache_folder() / "derived" / f"{weights.sha256}-{size}.tflite"
    if not path.exists():
        derive(weights.path, size, path)
    return path


def _seconds(network: Any) -> float:
    """The shortest of a few runs, after one to warm up."""
    network.invoke()
    times = [time.perf_counter()]
    for _ in range(_TRIALS):
        network.invoke()
        times.append(time.perf_counter())
    return min(after - before for before, after in pairwise(times))


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
