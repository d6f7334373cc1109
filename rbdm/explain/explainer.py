"""Computes maps of many faces: which parts of them a class, valence or arousal rests on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.explain.layers import Floats
from rbdm.explain.propagation import LAST_MAP, Relevant, Rule, gamma_rule, gradient, layers_down_to, walk_back
from rbdm.explain.target import Target, weights_of_features
from rbdm.expressions import EXPRESSIONS
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.constants import Layer, read_constants
from rbdm.network.derivation import derive_model
from rbdm.network.manifest import WeightsEntry
from rbdm.network.outputs import with_outputs
from rbdm.network.weights import Weights, network_graph
from rbdm.runtime.litert import LiteRTPool

Crops = npt.NDArray[np.uint8]
Method = Literal["relevance", "activation"]
METHODS: tuple[Method, ...] = ("relevance", "activation")

GAMMA, PLACE = 0.05, "block_4"
"""The parameters of the method `relevance`, chosen by `benchmarks/explanations.py --choose`."""
_FACES_AT_ONCE = 4
"""More take more memory and are not faster: down to the image, the values of each face take 27 MB."""


class Explainer:
    """Computes maps of faces. It is loaded once for many faces.

    Args:
        model: the content of a float32 LiteRT model of the network.
        entry: its description.
        count: number of classes that a class is compared with: 8, or 5 for the first five.
        size: height and width of the faces in pixels, a multiple of 32; those of the weights if it is None.

    Attributes:
        entry: see above.
        count: see above.

    Raises:
        WeightsError: `model` does not have 32-bit weights, or belongs to another network.
    """

    def __init__(
        self, model: bytes, entry: WeightsEntry, count: int = len(EXPRESSIONS), size: int | None = None
    ) -> None:
        """Read the weights. The network itself is loaded when it is first used."""
        self.entry, self._model, self.count = entry, model, count
        self._size = size or entry.input_size
        self._layers: Mapping[str, Layer] = read_constants(model)
        self._networks: dict[str, LiteRTPool] = {}

    def maps(self, crops: Crops, targets: Sequence[Target], method: Method = "relevance") -> Floats:
        """A map of each face.

        Args:
            crops: (N, size, size, 3) uint8 RGB, as the network gets them.
            targets: what to explain of each face, see `rbdm.explain.target.find_target`.
            method: `relevance`: LRP-γ down to the inputs of `block_4`, cells of 8 pixels. `activation`: the class
                activation map (Zhou et al. 2016, "Learning deep features for discriminative localization"), cells of
                32 pixels.

        Returns:
            (N, size, size) float32: positive where the face speaks for the class, or raises the value; negative where
            it speaks against it. The unit is that of the target before softmax or tanh, per cell.
        """
        if method == "activation":
            return self._scaled(self.trace(crops, targets, gradient, LAST_MAP))
        return self._scaled(self.trace(crops, targets, gamma_rule(GAMMA), PLACE))

    def trace(self, crops: Crops, targets: Sequence[Target], rule: Rule, place: str) -> list[Relevant]:
        """Follow the targets back with any rule to any place of the network.

        Args:
            crops: see `maps`.
            targets: see `maps`.
            rule: `rbdm.explain.propagation.gradient`, or what `gamma_rule` returns.
            place: see `rbdm.explain.propagation.walk_back`.

        Returns:
            The values and factors of at most four faces each, in the order of the faces.
        """
        if place not in self._networks:
            content = with_outputs(self._model, layers_down_to(place, self._layers))
            shape = (self._size, self._size, 3)
            self._networks[place] = LiteRTPool(Path(self.entry.file), shape, 1, content)
        names = layers_down_to(place, self._layers)
        heads = self._layers[EMOTIONS], self._layers[VALENCE_AROUSAL]
        found = []
        for first in range(0, len(crops), _FACES_AT_ONCE):
            part = slice(first, first + _FACES_AT_ONCE)
            outputs = self._networks[place].submit(crops[part])()
            maps = dict(zip(names, outputs[-len(names) :], strict=True))  # the model's own outputs come first
            maps["image"] = (crops[part] / np.float32(127.5) - 1).astype(np.float32)
            weights = weights_of_features(self.entry, *heads, maps[EMOTIONS], targets[part], self.count)
            found.append(walk_back(place, self._layers, maps, weights, rule))
        return found

    def _scaled(self, found: list[Relevant]) -> Floats:
        sums = [cell for part in found for cell in (part.values * part.factors).sum(axis=-1)]
        size = self._size, self._size
        return np.array([cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR) for cells in sums], np.float32)


def load_explainer(weights: Weights, count: int = len(EXPRESSIONS), size: int | None = None) -> Explainer:
    """An explainer for weights of `rbdm.network.weights.find_weights`.

    Args:
        weights: the weights.
        count: see `Explainer`.
        size: see `Explainer`.

    Raises:
        WeightsError: the weights are 8-bit weights, or belong to another network.
    """
    model = weights.tflite.read_bytes() if weights.tflite else derive_model(network_graph(), weights.path)
    try:
        return Explainer(model, weights.entry, count, size)
    except WeightsError as error:
        text = "only 32-bit weights can be explained: annotate and explain with them, e.g. with 'open'"
        raise WeightsError(f"{weights.path}: {text} ({error})") from error
