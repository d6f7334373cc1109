"""Tunes the heads on some sessions: chooses the penalty and the temperature by holding out sessions among these."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.network.constants import Layer
from rbdm.training.temperature import fit_temperature
from rbdm.training.tuning.base import logits
from rbdm.training.tuning.frames import Faces, folds_of
from rbdm.training.tuning.heads import PENALTIES, Targets, fit_path
from rbdm.types import VALUES

Floats = npt.NDArray[np.float64]
Heads = dict[str, Layer]
"""The heads by the outputs `expression`, `valence` and `arousal`."""

OUTPUTS = ("expression", *VALUES)
_INNER_FOLDS = 5
_UNCHOSEN = 1.0
"""The penalty if there is one unit only, so that nothing can be held out to choose one."""


@dataclass(frozen=True)
class Choice:
    """How a head was tuned.

    Attributes:
        penalty: see `rbdm.training.tuning.heads.fit_path`; infinite if the head stays as it is.
        temperature: by which the logits were divided; 1 for valence and arousal.
    """

    penalty: float
    temperature: float = 1.0

    def __str__(self) -> str:
        """In words, for people."""
        how = "unchanged" if np.isinf(self.penalty) else f"penalty {self.penalty:g}"
        return how if self.temperature == 1 else f"{how}, temperature {self.temperature:.2f}"


def separate(heads: Heads) -> Heads:
    """The network's two heads as three: of expression, valence and arousal."""
    affect = heads[VALENCE_AROUSAL]
    separated = {"expression": heads[EMOTIONS]}
    for column, name in enumerate(VALUES):
        separated[name] = Layer(affect.kernel[:, [column]], affect.bias[[column]])
    return separated


def joined(heads: Heads) -> Heads:
    """Undoes `separate`."""
    kernels, biases = zip(*(heads[name] for name in VALUES), strict=True)
    return {EMOTIONS: heads["expression"], VALENCE_AROUSAL: Layer(np.hstack(kernels), np.concatenate(biases))}


def targets_of(faces: Faces, output: str) -> Targets:
    """What the head of an output is to learn of faces that all have a label for it."""
    if output == "expression":
        return Targets(faces.expression, faces.possible, faces.weight(output))
    return Targets(faces.value(output)[:, None], None, faces.weight(output))


def tune_head(faces: Faces, output: str, start: Layer) -> tuple[Layer, Choice]:
    """Tune the head of an output on faces that all have a label for it.

    The penalty is the one with the smallest loss on held-out units (five folds, or one for each unit if there are
    fewer); the temperature is fitted to the same predictions. Both then hold for the head that all faces give.

    Args:
        faces: the faces, whose values are features.
        output: `expression`, `valence` or `arousal`.
        start: the head to start from.
    """
    targets = targets_of(faces, output)
    if len(np.unique(faces.unit)) < 2:
        *_, head = fit_path(faces.values, targets, start, [_UNCHOSEN])
        return head, Choice(_UNCHOSEN)
    held_out = np.empty((len(PENALTIES), len(faces), len(start.bias)))
    for is_out in folds_of(faces.unit, _INNER_FOLDS, seed=1):
        kept, out = np.flatnonzero(~is_out), np.flatnonzero(is_out)
        for number, head in enumerate(fit_path(faces.values[kept], targets.take(kept), start, PENALTIES)):
            held_out[number, out] = logits(faces.values[out], head)
    losses = [float(targets.weight @ targets.losses(z)) for z in held_out]
    best = int(np.argmin(losses))
    *_, head = fit_path(faces.values, targets, start, PENALTIES[: best + 1])
    if targets.possible is None:
        return head, Choice(PENALTIES[best])
    temperature = fit_temperature(np.where(targets.possible, held_out[best], -np.inf), targets.values, faces.seconds)
    cooled = Layer((head.kernel / temperature).astype(np.float32), (head.bias / temperature).astype(np.float32))
    return cooled, Choice(PENALTIES[best], temperature)


def values_of(features: npt.NDArray[Any], heads: Heads) -> dict[str, Floats]:
    """The values of the heads before softmax and tanh, by output."""
    return {name: logits(features, head) for name, head in heads.items()}
