"""The network that is tuned: its LiteRT model, its heads, and the features of faces that the heads see."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.constants import Layer, read_constants
from rbdm.network.derivation import derive_model
from rbdm.network.engine import Engine, load_engine
from rbdm.network.outputs import with_outputs
from rbdm.network.weights import Weights, network_graph
from rbdm.options import Options
from rbdm.runtime.litert import LiteRTPool
from rbdm.scoring import Scorer
from rbdm.training.sessions.faces import Submit
from rbdm.types import Image

Floats = npt.NDArray[np.float32]

LAST_MAP = "Conv_1"
"""The layer whose mean over all places are the features."""
_FACES_PER_RUN = 2
_BATCH = 64
_TOLERANCE = 1e-3


class Base:
    """The weights to start from.

    Args:
        weights: the weights; their LiteRT model must be float32.

    Attributes:
        weights: the same.
        model: the content of their LiteRT model.
        layers: the constants of the model.
        columns: for the heads, the column in the model of each expression, and of valence and arousal.
        heads: the kernel and bias of `emotions`, (1280, 8) and (8,), and of `valence_arousal`, (1280, 2) and (2,); the
            columns in the order of rbdm: the expressions, and valence before arousal.

    Raises:
        WeightsError: the weights are not float32, or belong to another network.
    """

    def __init__(self, weights: Weights) -> None:
        """Load the model."""
        self.weights = weights
        self.model = weights.tflite.read_bytes() if weights.tflite else derive_model(network_graph(), weights.path)
        try:
            self.layers = read_constants(self.model)
        except WeightsError as error:
            raise WeightsError(f"{weights.path}: cannot be tuned: {error}; start from the float32 weights") from None
        self.columns = {
            EMOTIONS: weights.entry.class_columns,
            VALENCE_AROUSAL: list(weights.entry.valence_arousal_columns),
        }
        self.heads = {name: self.head_of(name, self.layers[name]) for name in self.columns}

    def head_of(self, name: str, layer: Layer) -> Layer:
        """A head of the model in the order of columns that rbdm has."""
        return Layer(layer.kernel[:, self.columns[name]], layer.bias[self.columns[name]])

    def layer_of(self, name: str, head: Layer) -> Layer:
        """A head in the order of columns that the model has; undoes `head_of`."""
        places = np.argsort(self.columns[name])
        return Layer(head.kernel[:, places], head.bias[places])

    def outputs(self, layers: Sequence[str], combine: Callable[[Sequence[Floats]], Floats]) -> Submit:
        """Loads the model with the outputs of some layers.

        Args:
            layers: names of layers.
            combine: makes one array with a row for each face from the layers' outputs.

        Returns:
            Starts to compute the rows of crops, see `rbdm.training.sessions.faces.Submit`.
        """
        size = self.weights.entry.input_size
        shape, content = (size, size, 3), with_outputs(self.model, layers)
        pool = LiteRTPool(self.weights.tflite or self.weights.path, shape, _FACES_PER_RUN, content)

        def submit(crops: Image) -> Callable[[], Floats]:
            outputs = pool.submit(crops)
            return lambda: combine(cast(Sequence[Floats], outputs()[-len(layers) :]))  # the model's own come first

        return submit

    def features(self) -> Submit:
        """Computes the (N, 1280) features of crops, which are checked once against the scores of the engine."""
        return self._checked(self.outputs([LAST_MAP], lambda outputs: outputs[0].mean(axis=(1, 2))))

    @cached_property
    def engine(self) -> Engine:
        """Runs the weights as an annotation does."""
        return load_engine(self.weights, "cpu", _BATCH)

    def scorer(self, options: Options) -> Scorer:
        """Makes crops for these weights, as an annotation does."""
        return Scorer(self.engine, self.weights.entry, options)

    def _checked(self, submit: Submit) -> Submit:
        is_checked = False

        def checked(crops: Image) -> Callable[[], Any]:
            nonlocal is_checked
            result = submit(crops)
            if not is_checked:
                is_checked = True
                expected = self.engine.predict(crops[:1])
                found = result()[:1].astype(np.float64)
                scores = (
                    *softmax(logits(found, self.heads[EMOTIONS])),
                    *np.tanh(logits(found, self.heads[VALENCE_AROUSAL])),
                )
                wanted = (expected.probabilities[0], np.array([expected.valence[0], expected.arousal[0]]))
                if not all(np.allclose(*pair, rtol=0, atol=_TOLERANCE) for pair in zip(scores, wanted, strict=True)):
                    raise WeightsError(
                        f"{self.weights.path}: its features and heads give other scores than the model: please report"
                    )
            return result

        return checked


def logits(features: npt.NDArray[Any], head: Layer) -> npt.NDArray[np.float64]:
    """(N, outputs) what a head makes of (N, 1280) features, before its softmax or tanh."""
    return np.asarray(features @ head.kernel.astype(np.float64) + head.bias, np.float64)


def softmax(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, C) probabilities, rows adding up to 1; 0 where a value is minus infinity."""
    exponentials = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
