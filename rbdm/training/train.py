"""Trains the network on labelled faces, with soft labels and strong augmentation. A stopped run can be continued."""

import csv
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, OptionError, OutputError
from rbdm.files.atomic import atomic_write
from rbdm.network.architecture import EMOTIONS, FEATURES, VALENCE_AROUSAL, build_model
from rbdm.network.manifest import WeightsEntry, write_manifest
from rbdm.network.weights import hash_of
from rbdm.training.batches import Batches
from rbdm.training.evaluation.metrics import affect_metrics, expression_metrics
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.masking.faces import MaskedFaces, Masking
from rbdm.training.pretrained import start_from
from rbdm.training.temperature import fit_temperature
from rbdm.types import Image

if TYPE_CHECKING:
    import keras


INPUT_SIZE = 224
CROP_SCALE = 0.85
"""Side of an FER+ image over the side of a blazeface box; chosen on the real clips of the model card."""
_SAVE_EVERY = 60.0
"""Seconds between two saved states of the training, from which a stopped run continues."""
_SCORE = "rbdm_score"
"""The attribute of `best.weights.h5` with the score of its epoch."""


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults are those of the open weights.

    Attributes:
        epochs: number of epochs; in each, as many faces are drawn as the training split has.
        batch_size: faces per step.
        learning_rate: highest learning rate of AdamW. It rises linearly over the first twentieth of the steps, then
            falls to 0 along a cosine.
        weight_decay: weight decay of AdamW.
        dropout: share of the 1280 features that is dropped before the heads.
        balance: 0 to 1. With 0, every face is drawn equally often; with 1, every class. In general, a class is drawn in
            proportion to its inverse frequency to this power.
        affect_weight: weight of the mean squared error of valence and arousal; the cross-entropy of the expressions has
            the weight 1.
        seed: of everything random.
        mixed_precision: compute in bfloat16 (fast on the tensor cores of a GPU), but keep the weights in float32.
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
        """Raise `OptionError` if a value is out of its range."""
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
    """Train the network, or continue a stopped run in the same folder.

    Args:
        faces: the faces for training; masked ones if they are `rbdm.training.masking.faces.MaskedFaces`.
        valid: the faces for validation, which are never masked. They determine the best epoch and the temperature of
            the softmax.
        out: folder for `last.weights.h5` (with the optimizer's state), `best.weights.h5`, `log.csv` (a row per
            epoch) and `recipe.json`.
        recipe: the settings of the training.
        start: the npm package `nsfwjs` with the initial weights of the backbone; None for random ones.
        log: called with the row of `log.csv` after each epoch.

    Returns:
        Path of the finished weights, `out/final.weights.h5`: those of the best epoch, with the softmax calibrated on
        `valid`. The `manifest.json` beside them says how faces must be cropped for them.

    Raises:
        InputError: the folder contains a run with another recipe or masking, or no face of `valid` has an expression.
        OutputError: the folder cannot be written.
        WeightsError: `start` is not the package, or does not fit the network.
    """
    if not _labelled(valid).any():
        raise InputError("no face for validation has an expression: the best epoch cannot be determined")
    claim_folder(out, recipe, faces.masking if isinstance(faces, MaskedFaces) else None)
    import keras  # takes seconds: a folder of another run is said before

    keras.utils.set_random_seed(recipe.seed)
    images = np.stack([valid.network_input(i, INPUT_SIZE, CROP_SCALE, grey=True) for i in range(len(valid))])
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


def claim_folder(out: Path, recipe: Recipe, masking: Masking | None = None) -> None:
    """Write into `out/recipe.json` how the run in this folder is made, or check that it is the same run.

    Args:
        out: the folder of the run; it is made if necessary.
        recipe: the settings of the training.
        masking: how the faces are masked; None for whole faces.

    Raises:
        InputError: the folder contains a run with another recipe or masking.
        OutputError: the folder cannot be written.
    """
    note = out / "recipe.json"
    ours = asdict(recipe) | ({"masking": asdict(masking)} if masking else {})
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not note.exists():
            _replace(note, lambda path: path.write_text(json.dumps(ours, indent=1), encoding="utf-8"))
        begun = json.loads(note.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error})") from error
    except ValueError as error:
        raise InputError(f"{note}: damaged ({error}); choose another folder") from error
    if begun != ours:
        raise InputError(
            f"{note}: this folder holds a run with another recipe; choose another folder or the same recipe"
        )


def _run_epochs(
    plain: "keras.Model",
    batches: Batches,
    images: Image,
    valid: LabelledFaces,
    out: Path,
    recipe: Recipe,
    log: Callable[[dict[str, Any]], None],
) -> None:
    """Train the remaining epochs, and save the best weights, the last state and the log in `out`."""
    model = _compile(plain, recipe, batches.steps)
    last = out / "last.weights.h5"
    if last.exists():
        model.load_weights(last)
    best, rows = out / "best.weights.h5", _read_log(out / "log.csv")
    best_score = _score_of(best, rows)
    del rows[int(model.optimizer.iterations) // batches.steps :]
    saved = time.monotonic()
    for epoch in range(len(rows), recipe.epochs):
        fit = model.fit(batches.epoch(epoch), steps_per_epoch=batches.steps, shuffle=False, verbose=0)
        rows.append({"epoch": epoch, "loss": fit.history["loss"][-1], **_validate(plain, images, valid)})
        if rows[-1]["score"] >= best_score:
            best_score = rows[-1]["score"]
            _replace(best, partial(_save_with_score, plain, best_score))
        if time.monotonic() - saved > _SAVE_EVERY or epoch + 1 == recipe.epochs:
            _replace(last, model.save_weights)
            saved = time.monotonic()
        _replace(out / "log.csv", lambda path: _write_log(path, rows))
        log(rows[-1])


def calibrate(model: "keras.Model", images: npt.NDArray[np.uint8], valid: LabelledFaces) -> float:
    """Find the softmax temperature that fits `valid` best, and divide the weights of the expression head by it.

    The method is temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2). Soft labels train the network to
    predict how many of the taggers chose each class. With a temperature below 1, the probability of the top class
    becomes the probability that it is the class that most taggers chose.

    Args:
        model: the network; its expression head is changed.
        images: (N, size, size, 3) uint8, the faces of `valid`.
        valid: the N faces.

    Returns:
        The temperature, 0.3 to 1.99.
    """
    probabilities = _predict(model, images)[EMOTIONS]
    known = _labelled(valid)
    logits, truth = np.log(np.maximum(probabilities[known], 1e-9)), valid.probabilities[known].argmax(axis=1)
    best = fit_temperature(logits, np.eye(logits.shape[1])[truth])
    head = model.get_layer(EMOTIONS)
    head.set_weights([weights / best for weights in head.get_weights()])
    return best


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
    """A model for training, which shares the layers of `plain`.

    It has dropout, and its input has one grey channel, so that a third of the bytes are copied to the device.
    """
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
    """The metrics on the validation split. The epoch with the highest `score` is the best."""
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
    """The outputs of the network for N images. All batches have the same shape, so that the backend compiles once."""
    batch = min(256, len(images))
    padded = np.concatenate([images, images[: -len(images) % batch]])
    predicted = model.predict(padded, batch_size=batch, verbose=0)
    return {name: values[: len(images)] for name, values in predicted.items()}


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Replace a file completely or not at all: a run that is killed while it saves can continue from the old file."""
    with atomic_write(path) as temporary:
        write(temporary)


def _save_with_score(model: "keras.Model", score: float, path: Path) -> None:
    import h5py

    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.attrs[_SCORE] = score


def _score_of(best: Path, rows: list[dict[str, Any]]) -> float:
    """The score of the best weights so far; minus infinity if there are none.

    They may be of an epoch that is repeated because the run was killed before it saved its state. Weights of older
    versions have no score: they are of the best row of the log.
    """
    import h5py

    if not best.exists():
        return -math.inf
    with h5py.File(best) as file:
        if _SCORE in file.attrs:
            return float(file.attrs[_SCORE])
    return max((row["score"] for row in rows), default=-math.inf)


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
