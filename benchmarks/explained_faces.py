"""Faces of FER+ whose explanations are measured, and the maps that are compared on them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.deletion import SIDE, Crops, Floats, blob, patches
from rbdm.explain.explainer import METHODS, Explainer
from rbdm.explain.propagation import Rule, gradient
from rbdm.explain.target import Target
from rbdm.expressions import EXPRESSIONS
from rbdm.network.engine import FaceScores, load_engine
from rbdm.network.weights import Weights
from rbdm.training.dataset import load_faces

NAMES = [expression.name for expression in EXPRESSIONS]
BASELINES = ("random", "blob", "gradient")
"""Patches in random order; a fixed blob in the middle of the crop; the size of the gradient at the pixels."""
_PART = 16


class Faces:
    """Some faces of each class that the network predicts, and its scores for them.

    Attributes:
        crops: (N, size, size, 3) uint8.
        classes: for each face, the index of the class that the network predicts.
    """

    def __init__(self, data: Path, split: str, per_class: int, weights: Weights) -> None:
        """Score the whole split, and draw the faces."""
        faces, entry = load_faces(data, split), weights.entry
        self._engine = load_engine(weights, "cpu", 64)

        def crops(indices: npt.NDArray[np.integer]) -> Crops:
            size, scale, grey = entry.input_size, entry.crop_scale, entry.color == "grey"
            return np.stack([faces.network_input(int(index), size, scale, grey) for index in indices])

        parts = np.array_split(np.arange(len(faces)), len(faces) // 64 + 1)
        predicted = np.concatenate([self._engine.predict(crops(part)).probabilities.argmax(axis=1) for part in parts])
        random = np.random.default_rng(0)
        chosen = [random.permutation(np.flatnonzero(predicted == index))[:per_class] for index in range(len(NAMES))]
        self.crops = crops(np.concatenate(chosen))
        self.classes = np.repeat(range(len(NAMES)), [len(indices) for indices in chosen])

    def scores(self, crops: Crops) -> FaceScores:
        """The network's output for any number of faces."""
        parts = [self._engine.predict(crops[first : first + 64]) for first in range(0, len(crops), 64)]
        return FaceScores(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def relevance_of(explainer: Explainer, crops: Crops, targets: list[Target], method: str) -> Floats:
    """(N, 14, 14): how relevant each patch is, according to one of `BASELINES` or `METHODS`."""
    if method == "random":
        return np.random.default_rng(1).random((len(crops), SIDE, SIDE), np.float32)
    if method == "blob":
        return blob(len(crops))
    if method == "gradient":
        return traced(explainer, crops, targets, gradient, "image", lambda values, factors: np.abs(factors))
    shipped = next(name for name in METHODS if name == method)
    parts = range(0, len(crops), _PART)
    return np.concatenate(
        [patches(explainer.maps(crops[at : at + _PART], targets[at : at + _PART], shipped)) for at in parts]
    )


def traced(
    explainer: Explainer,
    crops: Crops,
    targets: list[Target],
    rule: Rule,
    place: str,
    read: Callable[[Floats, Floats], Floats] = lambda values, factors: values * factors,
) -> Floats:
    """(N, 14, 14): the sums over each patch of what a rule gives at a place of the network."""
    found = []
    for first in range(0, len(crops), _PART):
        part = slice(first, first + _PART)
        for values, factors in explainer.trace(crops[part], targets[part], rule, place):
            found.append(patches(read(values, factors).sum(axis=-1)))
    return np.concatenate(found)
