"""The open weights, and a cache of what their first layers compute."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.slight_smiles.pictures import Image
from benchmarks.slight_smiles.trials import HEADS, ONE_BLOCK, THREE_BLOCKS
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL, build_model
from rbdm.network.keras_weights import assign, read_tensors
from rbdm.network.weights import find_weights
from rbdm.training.train import INPUT_SIZE

if TYPE_CHECKING:
    import keras

Floats = npt.NDArray[np.floating]
START = "open"
CUTS = {HEADS: "features", ONE_BLOCK: "late", THREE_BLOCKS: "early"}
"""The name of each cut in the files of the cache."""


class Network:
    """The network with the weights of the start, and the cache of what its first layers compute.

    Args:
        cache: the folder of the cache.
        averaged: whether each kernel is averaged with its mirror image, as if the network saw a face and its mirror
            image at once.
    """

    def __init__(self, cache: Path, averaged: bool = False) -> None:
        import keras

        found = find_weights(START)
        self._cache, self._path, self._tensors = cache, found.path, read_tensors(found.path)
        if averaged:
            self._tensors = {name: list(map(_averaged, tensors)) for name, tensors in self._tensors.items()}
        self.model = build_model(INPUT_SIZE)
        self.reset()
        outputs = {short: self.model.get_layer(layer).output for layer, short in CUTS.items()}
        self._first_layers = keras.Model(self.model.inputs, outputs)

    def reset(self) -> None:
        """Take the weights of the start."""
        assign(self.model, self._tensors, self._path)

    def tail(self, cut: str) -> "keras.Model":
        """The layers after `cut`; they are those of `model`. Batch normalisation keeps its means and variances."""
        import keras

        for layer in self.model.layers:
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
        outputs = {name: self.model.get_layer(name).output for name in (VALENCE_AROUSAL, EMOTIONS)}
        return keras.Model(self.model.get_layer(cut).output, outputs)

    def activations(self, name: str, cut: str) -> Floats:
        """What a set that was `compute`d is at a cut."""
        return np.asarray(np.load(self._cache / f"{name}.{CUTS[cut]}.npy", mmap_mode="r"))

    def compute(self, name: str, count: int, picture: Callable[[int], Image]) -> None:
        """Run the first layers on `count` pictures, each square and grey, if they are not in the cache."""
        if (self._cache / f"{name}.{CUTS[HEADS]}.npy").exists():
            return
        parts: dict[str, list[Floats]] = {short: [] for short in CUTS.values()}
        for first in range(0, count, 64):
            pictures = np.stack([picture(i) for i in range(first, min(first + 64, count))])
            values = self._first_layers.predict_on_batch(np.repeat(pictures[..., None], 3, axis=-1))
            for short, rows in parts.items():
                rows.append(np.asarray(values[short], np.float32 if short == CUTS[HEADS] else np.float16))
        for short in sorted(parts, key=lambda short: short == CUTS[HEADS]):  # whose file says that the set is complete
            np.save(self._cache / f"{name}.{short}.npy", np.concatenate(parts[short]))
        print(f"{name}: {count} faces", flush=True)


def _averaged(tensor: Floats) -> Floats:
    return (tensor + tensor[:, ::-1]) / 2 if tensor.ndim == 4 else tensor
