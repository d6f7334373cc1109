"""Computes maps of many faces: which parts of them a class, valence or arousal rests on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.explain.layers import Floats
from rbdm.explain.propagation import Rule, factors_of_pixels, gamma_rule, gradient
from rbdm.explain.target import Target, weights_of_features
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.constants import Layer, read_constants
from rbdm.network.derivation import derive_model
from rbdm.network.manifest import WeightsEntry
from rbdm.network.outputs import with_outputs
from rbdm.network.weights import Weights, network_graph
from rbdm.runtime.litert import LiteRTPool

GAMMA = 0.1
_LAST_MAP = "Conv_1"
_FACES_AT_ONCE = 4
"""Each face's feature maps take 27 MB."""


class Seen(NamedTuple):
    """What the network computed of N faces.

    Attributes:
        image: (N, size, size, 3) float32 in [-1, 1].
        maps: the outputs of all layers by name, see `rbdm.network.outputs.with_outputs`.
    """

    image: Floats
    maps: Mapping[str, Floats]


class Explainer:
    """Computes maps of faces. It is loaded once for many faces.

    Args:
        model: the content of a float32 LiteRT model of the network.
        entry: its description.
        size: height and width of the faces in pixels, a multiple of 32; that of the weights if it is None.

    Raises:
        WeightsError: `model` is not float32, or belongs to another network.
    """

    def __init__(self, model: bytes, entry: WeightsEntry, size: int | None = None) -> None:
        """Load the network."""
        self._entry, size = entry, size or entry.input_size
        self._layers: Mapping[str, Layer] = read_constants(model)
        name = Path(entry.tflite or entry.file)
        self._networks = LiteRTPool(name, (size, size, 3), 1, with_outputs(model, list(self._layers)))

    def relevance(self, crops: npt.NDArray[np.uint8], targets: Sequence[Target], gamma: float = GAMMA) -> Floats:
        """γ-LRP: how much each pixel contributes to the target.

        Args:
            crops: (N, size, size, 3) uint8 RGB, as the network gets them.
            targets: for each face, what to explain: the index of one of `rbdm.expressions.EXPRESSIONS`, `valence` or
                `arousal`.
            gamma: see `rbdm.explain.propagation.gamma_rule`.

        Returns:
            (N, size, size) float32: positive where the face speaks for the class, or raises the value; negative where
            it speaks against it.
        """
        rule = gamma_rule(gamma)
        return self._map(crops, targets, lambda seen, weights: (seen.image * self._back(seen, weights, rule)).sum(-1))

    def gradient(self, crops: npt.NDArray[np.uint8], targets: Sequence[Target]) -> Floats:
        """The length of the gradient at each pixel; arguments and shape as in `relevance`."""
        return self._map(
            crops, targets, lambda seen, weights: np.linalg.norm(self._back(seen, weights, gradient), axis=-1)
        )

    def _back(self, seen: Seen, weights: Floats, rule: Rule) -> Floats:
        return factors_of_pixels(self._layers, seen.maps, seen.image, weights, rule)

    def _map(self, crops, targets, compute) -> Floats:
        result = np.empty(crops.shape[:3], np.float32)
        for first in range(0, len(crops), _FACES_AT_ONCE):
            part = slice(first, first + _FACES_AT_ONCE)
            seen = self._see(crops[part])
            heads = self._layers[EMOTIONS].kernel, self._layers[VALENCE_AROUSAL].kernel
            weights = weights_of_features(self._entry, *heads, seen.maps[EMOTIONS], targets[part])
            result[part] = compute(seen, weights)
        return result

    def _see(self, crops: npt.NDArray[np.uint8]) -> Seen:
        outputs = self._networks.submit(crops)()
        return Seen((crops / np.float32(127.5) - 1).astype(np.float32), dict(zip(self._layers, outputs, strict=True)))


def load_explainer(weights: Weights, size: int | None = None) -> Explainer:
    """An explainer for weights of `rbdm.network.weights.find_weights`.

    Args:
        weights: the weights.
        size: see `Explainer`.

    Raises:
        WeightsError: the weights are 8-bit weights, or belong to another network.
    """
    model = weights.tflite.read_bytes() if weights.tflite else derive_model(network_graph(), weights.path)
    try:
        return Explainer(model, weights.entry, size)
    except WeightsError as error:
        text = "only weights with 32 bits can be explained, e.g. 'open' instead of 'open-int8'"
        raise WeightsError(f"{weights.path}: {text} ({error})") from error
