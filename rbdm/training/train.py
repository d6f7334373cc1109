"""Trains the network on labelled faces: soft labels, heavy augmentation, resumable after every epoch."""

import csv
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, OptionError, OutputError
from rbdm.files.atomic import atomic_write
from rbdm.network.architecture import EMOTIONS, FEATURES, VALENCE_AROUSAL, build_model
from rbdm.network.manifest import WeightsEntry, write_manifest
from rbdm.network.weights import hash_of
from rbdm.training.augmentation import resize
from rbdm.training.batches import Batches
from rbdm.training.dataset import LabelledFaces
from rbdm.training.metrics import affect_metrics, expression_metrics
from rbdm.training.pretrained import start_from
from rbdm.types import Image

if TYPE_CHECKING:
    import keras


INPUT_SIZE = 224
CROP_SCALE = 0.85
"""What the framing of FER+ is to a blazeface box; chosen on the real clips of the model card."""
_SAVE_EVERY = 60.0


@dataclass(frozen=True)
class Recipe:
    """How to train; the defaults are the recipe of the open weights.

    Attributes:
        epochs: passes over as many faces as the training split has.
        batch_size: faces per step.
        learning_rate: peak of AdamW's rate: a linear rise over the first twentieth, then a cosine to 0.
        weight_decay: AdamW's.
        dropout: share of the 1280 features dropped before the heads.
        balance: 0 draws every face equally often, 1 every class; between, inverse frequency to this power.
        affect_weight: weight of the valence/arousal error (mean squared) beside the expressions' cross-entropy.
        seed: of everything random.
        mixed_precision: compute in bfloat16 (a GPU's tensor cores), keep weights in float32.
    """

    epochs: int = 30
    batch_size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.03
    dropout: float = 0.3
    balance: float = 0.5
    affect_weight: float = 2.0
    seed: int = 0
    mixed_precision: bool = False

    def __post_init__(self) -> None:
        """Raise `OptionError` for what cannot be trained with."""
        if self.epochs < 1 or self.batch_size < 1 or self.seed < 0 or not self.learning_rate > 0:
            raise OptionError("epochs and batch_size must be 1 or more, seed 0 or more, learning_rate greater than 0")


def train(
    faces: LabelledFaces,
    valid: LabelledFaces,
    out: Path,
    recipe: Recipe = Recipe(),
    start: Path | None = None,
    log: Callable[[dict[str, Any]], None] = print,
) -> Path:
    """Train, or go on where an earlier run into the same folder stopped.

    Args:
        faces: to learn from.
        valid: to choose the best epoch and the temperature of the softmax by.
        out: folder for `last.weights.h5` (with the optimizer's state), `best.weights.h5`, `log.csv` (a row per
            epoch) and `recipe.json`.
        recipe: how.
        start: the npm package `nsfwjs` whose backbone to start from; None starts at random.
        log: called with every epoch's row.

    Returns:
        Path of the finished weights, `out/final.weights.h5`: the best epoch, its softmax calibrated on `valid`. The
        `manifest.json` beside it says how faces must be cropped for it.

    Raises:
        InputError: when the folder holds a run with another recipe, or no face of `valid` has an expression.
        OutputError: when the folder cannot be written.
    """
    import keras

    if not _labelled(valid).any():
        raise InputError("no face to validate on has an expression: the best epoch could not be told")
    _claim(out, recipe)
    keras.utils.set_random_seed(recipe.seed)
    images = np.stack([resize(valid.image(i, CROP_SCALE), INPUT_SIZE) for i in range(len(valid))])
    plain = _build(recipe.mixed_precision)
    if start is not None:
        start_from(plain, start)
    with Batches(faces, recipe.batch_size, INPUT_SIZE, CROP_SCALE, recipe.balance, recipe.seed) as batches:
        _run_epochs(plain, batches, images, valid, out, recipe, log)
    best = build_model(INPUT_SIZE)
    best.load_weights(out / "best.weights.h5")
    calibrate(best, images, valid)
    final = out / "final.weights.h5"
    _replace(final, best.save_weights)
    entry = WeightsEntry(
        name=out.name,
        file=final.name,
        sha256=hash_of(final),
        crop_scale=CROP_SCALE,
        color="grey",
        input_size=INPUT_SIZE,
        affect_is_derived=faces.derived,
    )
    _replace(out / "manifest.json", lambda path: write_manifest(path, {out.name: entry}))
    return final


def _run_epochs(
    plain: "keras.Model",
    batches: Batches,
    images: Image,
    valid: LabelledFaces,
    out: Path,
    recipe: Recipe,
    log: Callable[[dict[str, Any]], None],
) -> None:
    """Train the epochs that are left, and keep the best weights, the last state and the log in `out`."""
    model = _compile(plain, recipe, batches.steps)
    last = out / "last.weights.h5"
    if last.exists():
        model.load_weights(last)
    rows = _read_log(out / "log.csv")[: int(model.optimizer.iterations) // batches.steps]
    saved = time.monotonic()
    for epoch in range(len(rows), recipe.epochs):
        fit = model.fit(batches.epoch(epoch), steps_per_epoch=batches.steps, shuffle=False, verbose=0)
        rows.append({"epoch": epoch, "loss": fit.history["loss"][-1], **_validate(plain, images, valid)})
        if rows[-1]["score"] >= max(row["score"] for row in rows):
            _replace(out / "best.weights.h5", plain.save_weights)
        if time.monotonic() - saved > _SAVE_EVERY or epoch + 1 == recipe.epochs:
            _replace(last, model.save_weights)
            saved = time.monotonic()
        _replace(out / "log.csv", lambda path: _write_log(path, rows))
        log(rows[-1])


def calibrate(model: "keras.Model", images: npt.NDArray[np.uint8], valid: LabelledFaces) -> float:
    """Fold into the expression head the softmax temperature that fits `valid` best (Guo et al. 2017, section 4.2).

    Soft labels make the network as unsure as the taggers were together; a temperature below 1 makes its top probability
    the chance that the majority agrees. Returns the temperature.
    """
    probabilities = _predict(model, images)[EMOTIONS]
    known = _labelled(valid)
    logits, truth = np.log(np.maximum(probabilities[known], 1e-9)), valid.probabilities[known].argmax(axis=1)

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        log_sum = np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1)) + scaled.max(axis=1)
        return float((log_sum - scaled[np.arange(len(truth)), truth]).mean())

    best = min(np.arange(0.3, 2.0, 0.01), key=loss)
    head = model.get_layer(EMOTIONS)
    head.set_weights([weights / best for weights in head.get_weights()])
    return float(best)


def _build(mixed_precision: bool) -> "keras.Model":
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed_precision else "float32")
    plain = build_model(INPUT_SIZE)
    keras.config.set_dtype_policy(policy)
    for layer in plain.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.99  # Keras' 0.999 lags hundreds of steps behind the weights
    return plain


def _compile(plain: "keras.Model", recipe: Recipe, steps: int) -> "keras.Model":
    """A model for training that shares the layers of `plain`: grey input (a third of the bytes to feed), dropout."""
    import keras

    grey = keras.Input((INPUT_SIZE, INPUT_SIZE, 1), name="grey")
    backbone = keras.Model(plain.inputs, plain.get_layer(FEATURES).output, name="backbone")
    features = backbone(keras.layers.Concatenate(name="rgb")([grey, grey, grey]))
    dropped = keras.layers.Dropout(recipe.dropout, name="dropout")(features)
    model = keras.Model(grey, {name: plain.get_layer(name)(dropped) for name in (VALENCE_AROUSAL, EMOTIONS)})
    total = steps * recipe.epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 25,
        total - total // 20,
        warmup_target=recipe.learning_rate,
        warmup_steps=total // 20,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay, global_clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    optimizer.build(model.trainable_variables)
    model.compile(
        optimizer,
        loss={VALENCE_AROUSAL: "mean_squared_error", EMOTIONS: "categorical_crossentropy"},
        loss_weights={VALENCE_AROUSAL: recipe.affect_weight, EMOTIONS: 1.0},
    )
    return model


def _validate(model: "keras.Model", images: npt.NDArray[np.uint8], valid: LabelledFaces) -> dict[str, float]:
    """Figures on the validation split; `score` chooses the best epoch."""
    predicted = _predict(model, images)
    known = _labelled(valid)
    figures = expression_metrics(predicted[EMOTIONS][known], valid.probabilities[known])
    rated = ~np.isnan(valid.valence_arousal[:, 0])
    kept = {name: figures[name] for name in ("accuracy", "balanced_accuracy", "cross_entropy")}
    ccc = math.nan
    if rated.any():
        ccc = affect_metrics(predicted[VALENCE_AROUSAL][rated, 0], valid.valence_arousal[rated, 0])["ccc"]
    return {"score": -figures["cross_entropy"], **kept, "valence_ccc": ccc}


def _labelled(faces: LabelledFaces) -> npt.NDArray[np.bool_]:
    return ~np.isnan(faces.probabilities[:, 0])


def _predict(model: "keras.Model", images: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
    """The network over N images in batches of one shape, so that a compiling backend compiles once."""
    batch = min(256, len(images))
    padded = np.concatenate([images, images[: -len(images) % batch]])
    predicted = model.predict(padded, batch_size=batch, verbose=0)
    return {name: values[: len(images)] for name, values in predicted.items()}


def _claim(out: Path, recipe: Recipe) -> None:
    note = out / "recipe.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not note.exists():
            _replace(note, lambda path: path.write_text(json.dumps(asdict(recipe), indent=1), encoding="utf-8"))
        begun = json.loads(note.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error})") from error
    except ValueError as error:
        raise InputError(f"{note}: damaged ({error}); choose another folder") from error
    if begun != asdict(recipe):
        raise InputError(
            f"{note}: this folder holds a run with another recipe; choose another folder or the same recipe"
        )


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """A run killed while saving can still go on from the epoch before."""
    with atomic_write(path) as beside:
        write(beside)


def _read_log(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _write_log(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
