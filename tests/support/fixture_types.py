"""What the shared fixtures of `conftest.py` give."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Rbdm = Callable[..., tuple[int, list[str], list[str]]]


@dataclass(frozen=True)
class Keras2Files:
    """One network, written by the real Keras 2 in each of its formats.

    Attributes:
        folder: where `flat.h5`, `nested.h5`, `whole.h5` and so on are; see `write_keras2.py`.
        tensors: the tensors of each layer, by its name, as Keras 2 has them in memory.
        images: (N, 224, 224, 3) uint8.
        emotions: (N, 8) float32, what Keras 2 says about the images.
        valence_arousal: (N, 2) float32.
    """

    folder: Path
    tensors: dict[str, list[np.ndarray]]
    images: np.ndarray
    emotions: np.ndarray
    valence_arousal: np.ndarray
