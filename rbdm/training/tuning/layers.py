"""Tunes the last block, or all layers, of the network with Keras: for more annotations than the heads can use.

The network is built from the constants of the LiteRT model, in which batch normalisation is part of the convolutions.
Its statistics are lost, so the batch normalisations stay as they are: only convolutions and heads are tuned.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rbdm.network.architecture import EMOTIONS, FEATURES, VALENCE_AROUSAL, build_model
from rbdm.network.constants import Layer
from rbdm.network.derivation import fold, unfold
from rbdm.network.keras_weights import Tensors, assign
from rbdm.training import require_keras
from rbdm.training.sessions.faces import Submit
from rbdm.training.temperature import fit_temperature
from rbdm.training.tuning.base import Base, softmax
from rbdm.training.tuning.choice import OUTPUTS, Heads, separate, targets_of, values_of
from rbdm.training.tuning.frames import Faces, folds_of
from rbdm.training.tuning.recipe import LayersRecipe
from rbdm.training.tuning.tuner import Tuned
from rbdm.types import VALUES

if TYPE_CHECKING:
    import keras

Floats = npt.NDArray[np.float64]

_BLOCK_INPUT = "block_15_add"
_BLOCK_INPUT_PARTS = ("block_13_project", "block_14_project", "block_15_project")
"""The layers whose outputs add up to the input of the last block: both blocks before it add to what they get."""
_AFFECT_WEIGHT = 2.0
"""Weight of the squared error of valence and arousal, as in the training of the open weights."""
_VALID_FOLDS = 4
_PREDICTED_AT_ONCE = 64


class LayersTuner:
    """Tunes the last block (its convolutions and the heads), or all layers.

    An output that is not named keeps what the start says of the same faces as its target, because the layers that
    change are common to all outputs.

    Args:
        base: the start.
        is_all: whether all layers are tuned.
        recipe: how.

    Raises:
        RbdmError: Keras is not installed.
    """

    most_folds = 5

    def __init__(self, base: Base, is_all: bool, recipe: LayersRecipe) -> None:
        """Build the network."""
        require_keras()
        import keras

        self._base, self._is_all, self._recipe = base, is_all, recipe
        self._start: Tensors = unfold(base.layers)
        self._network = build_model(base.weights.entry.input_size)
        for layer in self._network.layers:
            # `training=False` of a model inside another model has no effect on them.
            layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
        assign(self._network, self._start, base.weights.path)
        self._body = self._build_body()

    def submit(self) -> Submit:
        """See `rbdm.training.tuning.tuner.Tuner.submit`: the input of the last block, or the crop itself."""
        if not self._is_all:
            return self._base.outputs(_BLOCK_INPUT_PARTS, lambda parts: sum(parts).astype(np.float16))  # type: ignore[union-attr]
        channels = 1 if self._base.weights.entry.color == "grey" else 3
        return lambda crops: lambda: crops[..., :channels]

    def start_values(self, values: npt.NDArray[Any]) -> Mapping[str, Floats]:
        """See `rbdm.training.tuning.tuner.Tuner.start_values`."""
        return self._values(self._start, separate(self._base.heads), values)

    def tune(self, faces: Faces, outputs: Sequence[str]) -> Tuned:
        """See `rbdm.training.tuning.tuner.Tuner.tune`.

        The number of epochs is the one with the smallest loss on a quarter of the units, which are held out first; the
        temperature is fitted to them. Then everything is tuned for that many epochs.
        """
        epochs, temperature = self._choose(faces, outputs)
        *_, (tensors, heads) = self._epochs(faces, outputs, epochs)
        expression = heads["expression"]
        heads = {**heads, "expression": Layer(expression.kernel / temperature, expression.bias / temperature)}
        tensors = {**tensors, EMOTIONS: [one / np.float32(temperature) for one in tensors[EMOTIONS]]}
        layers = {name: fold(tensors, name, layer) for name, layer in self._base.layers.items()}
        how = f"{epochs} epochs, learning rate {self._recipe.learning_rate:g}, temperature {temperature:.2f}"
        return Tuned(layers, dict.fromkeys(outputs, how), lambda values: self._values(tensors, heads, values))

    def _choose(self, faces: Faces, outputs: Sequence[str]) -> tuple[int, float]:
        if len(np.unique(faces.unit)) < 2:
            return self._recipe.epochs, 1.0
        is_valid = folds_of(faces.unit, _VALID_FOLDS, seed=1)[0]
        valid, best = faces.take(is_valid), (math.inf, 0, 1.0)
        for epoch, (tensors, heads) in enumerate(self._epochs(faces.take(~is_valid), outputs, self._recipe.epochs)):
            loss, temperature = 0.0, 1.0
            values = self._values(tensors, heads, valid.values)
            for output in outputs:
                known = valid.with_label(output)
                if not known.any():
                    continue
                targets, found = targets_of(valid.take(known), output), values[output][known]
                loss += float(targets.weight @ targets.losses(found)) / float(targets.weight.sum())
                if targets.possible is not None:
                    logits = np.where(targets.possible, found, -np.inf)
                    temperature = fit_temperature(logits, targets.values, valid.seconds[known])
            best = min(best, (loss, epoch, temperature))
        return best[1], best[2]

    def _epochs(self, faces: Faces, outputs: Sequence[str], epochs: int) -> Iterator[tuple[Tensors, Heads]]:
        """Yields the network at the start and after each epoch."""
        import keras

        keras.utils.set_random_seed(self._recipe.seed)
        assign(self._network, self._start, self._base.weights.path)
        model, steps = self._compiled(len(faces), epochs), math.ceil(len(faces) / self._recipe.batch_size)
        inputs, targets, weights = self._batches_of(faces, outputs)
        rng = np.random.default_rng(self._recipe.seed)
        yield self._tensors()
        for _ in range(epochs):
            for chosen in np.array_split(rng.permutation(len(faces)), steps):
                crops = self._network_input(faces.values[chosen], rng)
                model.train_on_batch(
                    {"face": crops, **{name: array[chosen] for name, array in inputs.items()}},
                    {name: array[chosen] for name, array in targets.items()},
                    {name: array[chosen] for name, array in weights.items()},
                )
            yield self._tensors()

    def _batches_of(
        self, faces: Faces, outputs: Sequence[str]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Inputs, targets and weights of all faces, in the order of columns that the model has."""
        start = self.start_values(faces.values)
        labels = {name: (np.tanh(start[name]) if name in VALUES else softmax(start[name])) for name in OUTPUTS}
        weight = {name: np.ones(len(faces)) for name in OUTPUTS}
        possible = np.ones((len(faces), 8))
        for output in outputs:
            known = faces.with_label(output)
            targets = targets_of(faces.take(known), output)
            weight[output] = np.zeros(len(faces))
            weight[output][known] = targets.weight / targets.weight.mean()
            labels[output][known] = targets.values
            if targets.possible is not None:
                possible[known] = targets.possible
        order = {name: np.argsort(columns) for name, columns in self._base.columns.items()}
        root = np.sqrt(np.column_stack([weight[name] for name in VALUES]))[:, order[VALENCE_AROUSAL]]
        affect = np.column_stack([labels[name] for name in VALUES])[:, order[VALENCE_AROUSAL]]
        return (
            {"possible": possible[:, order[EMOTIONS]].astype(np.float32), "root": root.astype(np.float32)},
            {EMOTIONS: labels["expression"][:, order[EMOTIONS]], VALENCE_AROUSAL: affect * root},
            {EMOTIONS: weight["expression"], VALENCE_AROUSAL: np.ones(len(faces))},
        )

    def _build_body(self) -> "keras.Model":
        """The layers that are tuned, from their input to the features."""
        import keras

        first = self._network.input if self._is_all else self._network.get_layer(_BLOCK_INPUT).output
        return keras.Model(first, self._network.get_layer(FEATURES).output, name="body")

    def _compiled(self, count: int, epochs: int) -> "keras.Model":
        """A model for training that shares the layers of the network."""
        import keras

        face = keras.Input(self._body.input.shape[1:], name="face")
        possible, root = keras.Input((8,), name="possible"), keras.Input((2,), name="root")
        features = self._body(face)
        likely = self._network.get_layer(EMOTIONS)(features) * possible
        affect = self._network.get_layer(VALENCE_AROUSAL)(features) * root
        shares = likely / keras.ops.maximum(keras.ops.sum(likely, axis=-1, keepdims=True), 1e-12)
        outputs = {EMOTIONS: shares, VALENCE_AROUSAL: affect}
        model = keras.Model({"face": face, "possible": possible, "root": root}, outputs)
        steps = max(1, math.ceil(count / self._recipe.batch_size) * epochs)
        schedule = keras.optimizers.schedules.CosineDecay(self._recipe.learning_rate, steps)
        model.compile(
            keras.optimizers.Adam(schedule, global_clipnorm=1.0),
            loss={EMOTIONS: "categorical_crossentropy", VALENCE_AROUSAL: "mean_squared_error"},
            loss_weights={EMOTIONS: 1.0, VALENCE_AROUSAL: _AFFECT_WEIGHT},
        )
        return model

    def _tensors(self) -> tuple[Tensors, Heads]:
        """The tensors of the network now, and its heads in the order of columns of rbdm."""
        tensors = {layer.name: layer.get_weights() for layer in self._network.layers if layer.weights}
        heads = {name: self._base.head_of(name, Layer(*tensors[name])) for name in (EMOTIONS, VALENCE_AROUSAL)}
        return tensors, separate(heads)

    def _values(self, tensors: Tensors, heads: Heads, values: npt.NDArray[Any]) -> Mapping[str, Floats]:
        now, _ = self._tensors()
        assign(self._network, tensors, self._base.weights.path)
        parts = [
            np.asarray(self._body.predict_on_batch(self._network_input(values[first : first + _PREDICTED_AT_ONCE])))
            for first in range(0, len(values), _PREDICTED_AT_ONCE)
        ]
        assign(self._network, now, self._base.weights.path)
        return values_of(np.concatenate(parts), heads)

    def _network_input(
        self, values: npt.NDArray[Any], rng: np.random.Generator | None = None
    ) -> npt.NDArray[np.float32]:
        """The input of the layers that are tuned; for training, half of the crops are mirrored."""
        found = values.astype(np.float32)
        if not self._is_all:
            return found
        if rng is not None:
            mirrored = rng.random(len(found)) < 0.5
            found[mirrored] = found[mirrored, :, ::-1]
        return np.repeat(found, 3, axis=3) if found.shape[3] == 1 else found
