"""Computes maps of many faces: which parts of them a class, valence or arousal rests on."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.explain.layers import Floats
from rbdm.explain.propagation import Place, Rule, gamma_rule, gradient, walk_back
from rbdm.explain.target import Target, weights_of_features
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.constants import Layer, read_constants
from rbdm.network.derivation import derive_model
from rbdm.network.manifest import WeightsEntry
from rbdm.network.outputs import with_outputs
from rbdm.network.weights import Weights, network_graph
from rbdm.runtime.litert import LiteRTPool

GAMMA = 0.1
_RELEVANCE_AT = "block_2"
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
        return self._map(crops, targets, gamma_rule(gamma), _RELEVANCE_AT, _relevance)

    def activation(self, crops: npt.NDArray[np.uint8], targets: Sequence[Target]) -> Floats:
        """Class activation map (Zhou et al. 2016): how much each cell of the last feature map speaks for the target.

        Arguments and result are those of `relevance`.
        """
        return self._map(crops, targets, gradient, "Conv_1", _relevance)

    def gradient(self, crops: npt.NDArray[np.uint8], targets: Sequence[Target]) -> Floats:
        """The sum of the magnitudes of the gradient at each pixel; arguments and shape as in `relevance`."""
        return self._map(crops, targets, gradient, "image", lambda place: np.abs(place.factors).sum(axis=-1))

    def _map(
        self,
        crops: npt.NDArray[np.uint8],
        targets: Sequence[Target],
        rule: Rule,
        name: str,
        read: Callable[[Place], Floats],
    ) -> Floats:
        result = np.empty(crops.shape[:3], np.float32)
        for first in range(0, len(crops), _FACES_AT_ONCE):
            part = slice(first, first + _FACES_AT_ONCE)
            seen = self._see(crops[part])
            heads = self._layers[EMOTIONS].kernel, self._layers[VALENCE_AROUSAL].kernel
            weights = weights_of_features(self._entry, *heads, seen.maps[EMOTIONS], targets[part])
            places = walk_back(self._layers, seen.maps, seen.image, weights, rule)
            found = read(next(place for place in places if place.name == name))
            for out, values in zip(result[part], found, strict=True):
                cv2.resize(values, out.shape[::-1], out, interpolation=cv2.INTER_LINEAR)
        return result

    def _see(self, crops: npt.NDArray[np.uint8]) -> Seen:
        outputs = self._networks.submit(crops)()
        return Seen((crops / np.float32(127.5) - 1).astype(np.float32), dict(zip(self._layers, outputs, strict=True)))


def _relevance(place: Place) -> Floats:
    return np.asarray((place.values * place.factors).sum(axis=-1), np.float32)


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
