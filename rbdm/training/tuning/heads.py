"""Fits the heads of the network to labelled features, with a penalty on how far they move from where they start.

Both losses are minimised by bounding their curvature: for softmax with cross-entropy, Böhning & Lindsay 1988, *Annals
of the Institute of Statistical Mathematics* 40, 641–663. In the basis of the features' principal axes the bound is a
diagonal matrix, so that a step costs two products and many penalties share one basis. Steps are accelerated as in
Nesterov 1983, and start anew when the loss rises (O'Donoghue & Candès 2015, *Foundations of Computational Mathematics*
15, 715–732).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.network.constants import Layer
from rbdm.training.tuning.base import logits, softmax

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

PENALTIES = (np.inf, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
"""Penalties from which one is chosen; the infinite one leaves the head as it is."""
_SMALLEST_AXIS = 1e-2
"""Axes whose variance is below this share of the smallest penalty are left out: the penalty hardly lets them change."""
_MOST_AXES = 256
"""The most axes along which a head may change: those in which the features vary most."""
_MOST_STEPS = 300
_STILL = 1e-5
"""Relative change of the loss at which the steps end."""


@dataclass(frozen=True, eq=False)
class Targets:
    """What a head is to learn of N faces.

    Attributes:
        values: (N, 8) distributions over the expressions, or (N, 1) valence or arousal in [-1, 1].
        possible: (N, 8) bool: the expressions that the annotators could choose: the others say nothing. None for
            valence and arousal.
        weight: (N,) of each face.
    """

    values: Floats
    possible: npt.NDArray[np.bool_] | None
    weight: Floats

    def take(self, indices: npt.NDArray[np.integer]) -> "Targets":
        """The targets at `indices`, in that order."""
        possible = None if self.possible is None else self.possible[indices]
        return Targets(self.values[indices], possible, self.weight[indices])

    @property
    def curvature(self) -> float:
        """The largest second derivative of the loss of a face: ½ of softmax, below 1.25 of ½ (tanh z − y)²."""
        return 1.25 if self.possible is None else 0.5

    def predicted(self, z: Floats) -> Floats:
        """The head's output for its values `z` before softmax or tanh."""
        return np.tanh(z) if self.possible is None else softmax(np.where(self.possible, z, -np.inf))

    def losses(self, z: Floats) -> Floats:
        """(N,) the loss of each face: the cross-entropy in nats, or ½ (tanh z − y)²."""
        predicted = self.predicted(z)
        if self.possible is None:
            return np.asarray(((predicted - self.values) ** 2).sum(axis=1) / 2)
        return np.asarray(-(self.values * np.log(np.maximum(predicted, 1e-12))).sum(axis=1))

    def slope(self, z: Floats) -> Floats:
        """(N, outputs) the derivative of each face's loss."""
        predicted = self.predicted(z)
        difference = predicted - self.values
        return difference * (1 - predicted**2) if self.possible is None else difference


def fit_path(
    features: npt.NDArray[np.float32], targets: Targets, start: Layer, penalties: Sequence[float]
) -> Iterator[Layer]:
    """The heads that minimise the weighted mean loss plus ½ · penalty · |change|².

    Args:
        features: (N, 1280).
        targets: of the N faces.
        start: the head from which the change is measured.
        penalties: in decreasing order; each head is the start of the next search.

    Yields:
        The head for each penalty.
    """
    weight = targets.weight / targets.weight.sum()
    extended = np.column_stack([features, np.ones(len(features), np.float32)]).astype(np.float32)
    variance, axes = _axes(extended * np.sqrt(weight)[:, None].astype(np.float32), _SMALLEST_AXIS * min(penalties))
    seen, at_start = extended @ axes.astype(np.float32), logits(features, start)
    change = np.zeros((seen.shape[1], at_start.shape[1]))
    for penalty in penalties:
        if np.isfinite(penalty):
            change = _minimise(seen, variance, at_start, targets, weight, penalty, change)
        moved = axes @ change
        yield Layer((start.kernel + moved[:-1]).astype(np.float32), (start.bias + moved[-1]).astype(np.float32))


def _axes(weighted: Singles, smallest: float) -> tuple[Floats, Floats]:
    """The principal axes of (N, D) rows along which they vary most: (R,) their variances, and (D, R) the axes."""
    rows, columns = weighted.shape
    product = weighted @ weighted.T if rows < columns else weighted.T @ weighted
    variance, vectors = np.linalg.eigh(product.astype(np.float64))
    kept = np.flatnonzero(variance > smallest)[-_MOST_AXES:]
    variance, vectors = variance[kept], vectors[:, kept]
    return variance, weighted.T @ vectors / np.sqrt(variance) if rows < columns else vectors


def _minimise(
    seen: Singles, variance: Floats, at_start: Floats, targets: Targets, weight: Floats, penalty: float, change: Floats
) -> Floats:
    """The change of the head in the basis of the axes that minimises the loss, searched from `change` on."""
    step = 1 / (targets.curvature * variance + penalty)[:, None]

    def loss_of(point: Floats) -> tuple[float, Floats]:
        z = at_start + seen @ point.astype(np.float32)
        value = float(weight @ targets.losses(z) + penalty / 2 * (point**2).sum())
        slope = seen.T @ (weight[:, None] * targets.slope(z)).astype(np.float32)
        return value, slope + penalty * point

    ahead, momentum, last = change, 1.0, np.inf
    for _ in range(_MOST_STEPS):
        loss, slope = loss_of(ahead)
        if loss > last and momentum > 1:
            ahead, momentum = change, 1.0
            continue
        if last - loss < _STILL * abs(loss):
            break
        last, moved = loss, ahead - step * slope
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead, change, momentum = moved + (momentum - 1) / following * (moved - change), moved, following
    return change
