"""The labelled faces of all sessions together, and how much each of them counts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.training.batches import rarity
from rbdm.training.sessions.faces import LabelledMoments

Floats = npt.NDArray[np.float64]

_BALANCE = 0.5
"""A class counts in proportion to its inverse frequency to this power, as in the training of the open weights."""


@dataclass(frozen=True, eq=False)
class Faces:
    """N labelled faces of several sessions.

    Attributes:
        values: (N, …) what was computed of each face, such as its features.
        expression: (N, 8), see `rbdm.training.sessions.labels.Labels`.
        possible: (N, 8), see there.
        affect: (N, 2), see there.
        seconds: (N,) how much time each face stands for.
        unit: (N,) int: the session (or role) of each face: what is held out as a whole.
    """

    values: npt.NDArray[Any]
    expression: Floats
    possible: npt.NDArray[np.bool_]
    affect: Floats
    seconds: Floats
    unit: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.unit)

    def take(self, chosen: npt.NDArray[Any]) -> "Faces":
        """The faces that are chosen by indices or by a mask."""
        return Faces(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def with_label(self, output: str) -> npt.NDArray[np.bool_]:
        """(N,) which faces have a label for `expression`, `valence` or `arousal`."""
        return ~np.isnan(self.expression[:, 0] if output == "expression" else self.value(output))

    def value(self, output: str) -> Floats:
        """(N,) the labels of `valence` or `arousal`."""
        return self.affect[:, int(output == "arousal")]

    def weight(self, output: str) -> Floats:
        """(N,) how much each face counts in training: every unit the same, and rare expressions more.

        All faces must have a label for `output`.
        """
        totals = np.bincount(self.unit, self.seconds)
        weight = self.seconds / totals[self.unit]
        return rarity(self.expression, _BALANCE, weight) if output == "expression" else weight / weight.sum()


def together(moments: Sequence[LabelledMoments], units: Sequence[str]) -> Faces:
    """The faces of several people.

    Args:
        moments: of each person.
        units: the unit of each person.
    """
    names = sorted(set(units))
    counts = [len(one.labels) for one in moments]
    labels = {
        name: np.concatenate([getattr(one.labels, name) for one in moments])
        for name in ("expression", "possible", "affect", "seconds")
    }
    unit = np.repeat([names.index(one) for one in units], counts)
    return Faces(np.concatenate([one.values for one in moments]), unit=unit, **labels)


def folds_of(unit: npt.NDArray[np.int64], most: int, seed: int) -> list[npt.NDArray[np.bool_]]:
    """Divide the units into folds: each unit alone, or if there are more than `most`, several together.

    Args:
        unit: (N,) the unit of each face.
        most: the largest number of folds.
        seed: of the random order of the units.

    Returns:
        For each fold, (N,) bool: which faces are held out.
    """
    names = np.unique(unit)
    order = np.random.default_rng(seed).permutation(names)
    count = min(most, len(names))
    return [np.isin(unit, order[fold::count]) for fold in range(count)]
