"""The trials: which layers are trained, on which faces and with which labels."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.slight_smiles.faces import BLENDED, HAPPY, LIFTED, LIT, NEUTRAL, RESHAPED
from benchmarks.slight_smiles.judgement import is_slight
from rbdm.network.architecture import EMOTIONS, FEATURES, VALENCE_AROUSAL
from rbdm.training.data.votes import CIRCUMPLEX

if TYPE_CHECKING:
    import keras

Floats = npt.NDArray[np.floating]
TRAIN = "train"
HEADS, ONE_BLOCK, THREE_BLOCKS = FEATURES, "block_15_add", "block_13_project_BN"
"""The layer whose output is kept; what follows it is trained."""


@dataclass(frozen=True)
class Trial:
    """One way to train.

    Attributes:
        name: its name in the table.
        cut: the layer after which the network is trained.
        mix: the share of each set in a batch.
        slight: how much more often faces with a minority of votes for Happy are drawn.
        rare: draw a class in proportion to its inverse frequency to this power.
        mixed: share of a batch that is mixed with another face of the batch, if all votes are for Neutral or Happy.
        smooth: smooth the labels, the more the taggers disagree.
        steps: number of batches.
    """

    name: str
    cut: str = HEADS
    mix: dict[str, float] = field(default_factory=lambda: {TRAIN: 1.0})
    slight: float = 1.0
    rare: float = 0.0
    mixed: float = 0.0
    smooth: bool = False
    steps: int = 400


TRIALS = (
    Trial("heads anew"),
    Trial("heads: slight smiles 3 times as often", slight=3),
    Trial("heads: slight smiles 8 times as often", slight=8),
    Trial("heads: features of Neutral and Happy mixed", mixed=0.5),
    Trial("heads: labels smoothed by disagreement", smooth=True),
    Trial("heads: rare classes more often", rare=0.5),
    Trial("heads: light and contrast changed", mix={TRAIN: 0.7, LIT: 0.3}),
    Trial("heads: faces blended", mix={TRAIN: 0.8, BLENDED: 0.2}),
    Trial("heads: corners of the mouth lifted", mix={TRAIN: 0.7, LIFTED: 0.15, RESHAPED: 0.15}),
    Trial("last block: slight smiles 4 times as often, mixed", ONE_BLOCK, slight=4, mixed=0.5, steps=100),
    Trial("last block: corners lifted", ONE_BLOCK, {TRAIN: 0.6, LIFTED: 0.2, RESHAPED: 0.2}, steps=100),
    Trial("last three blocks: corners lifted", THREE_BLOCKS, {TRAIN: 0.6, LIFTED: 0.2, RESHAPED: 0.2}, steps=100),
)
BATCHES = {HEADS: (512, 1e-3), ONE_BLOCK: (128, 3e-4), THREE_BLOCKS: (96, 3e-4)}
"""Faces per batch, and the highest learning rate."""


def batches(
    trial: Trial, sets: dict[str, tuple[Floats, Floats]], seed: int
) -> Iterator[tuple[Floats, dict[str, Floats]]]:
    """Yields batches without end: what the sets are at the trial's cut, and the targets of both heads."""
    rng, size = np.random.default_rng(seed), BATCHES[trial.cut][0]
    chances = {name: _chances(labels, trial) for name, (_, labels) in sets.items()}
    while True:
        parts = []
        for name, (values, labels) in sets.items():
            drawn = rng.choice(len(labels), max(int(size * trial.mix[name]), 1), p=chances[name])
            parts.append((values[drawn], labels[drawn]))
        values, labels = (np.concatenate(kind).astype(np.float32) for kind in zip(*parts, strict=True))
        if trial.mixed:
            values, labels = _mixed(values, labels, trial.mixed, rng)
        affect = labels @ CIRCUMPLEX
        if trial.smooth:
            disagreement = -(labels * np.log(np.maximum(labels, 1e-9))).sum(axis=1, keepdims=True) / np.log(8)
            rest = 0.05 + 0.1 * disagreement
            labels = labels * (1 - rest) + rest / 8
        yield values, {EMOTIONS: labels, VALENCE_AROUSAL: affect}


def _chances(labels: Floats, trial: Trial) -> Floats:
    """The chance of each face to be drawn."""
    chances = labels @ np.maximum(labels.mean(axis=0), 1e-3) ** -trial.rare
    chances = np.where(is_slight(labels), trial.slight, 1) * chances
    return np.asarray(chances / chances.sum())


def _mixed(values: Floats, labels: Floats, how_many: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    order, allowed = rng.permutation(len(values)), labels[:, NEUTRAL] + labels[:, HAPPY] >= 0.9
    chosen = allowed & allowed[order] & (rng.random(len(values)) < how_many)
    own = np.where(chosen, rng.uniform(0.3, 1, len(values)), 1).astype(np.float32)[:, None]
    of_values = own.reshape(-1, *[1] * (values.ndim - 1))
    return of_values * values + (1 - of_values) * values[order], own * labels + (1 - own) * labels[order]


def train(tail: "keras.Model", trial: Trial, sets: dict[str, tuple[Floats, Floats]]) -> None:
    """Train with AdamW; the result is the moving average of the weights over the run."""
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(BATCHES[trial.cut][1], trial.steps)
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=0.01, global_clipnorm=1.0, use_ema=True, ema_momentum=0.97
    )
    losses = {VALENCE_AROUSAL: "mean_squared_error", EMOTIONS: "categorical_crossentropy"}
    tail.compile(optimizer, loss=losses, loss_weights={VALENCE_AROUSAL: 2.0, EMOTIONS: 1.0})
    tail.fit(batches(trial, sets, seed=0), steps_per_epoch=trial.steps, shuffle=False, verbose=0)
