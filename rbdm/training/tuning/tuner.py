"""What is common to all kinds of tuning: a tuner makes tuned layers of labelled faces, and they give predictions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rbdm.network.constants import Layer
from rbdm.training.sessions.faces import Submit
from rbdm.training.tuning.base import Base
from rbdm.training.tuning.choice import Heads, joined, separate, tune_head, values_of
from rbdm.training.tuning.frames import Faces

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tuned:
    """Tuned layers.

    Attributes:
        layers: their constants by name, in the order of columns that the model has.
        settings: how each was tuned, by output, in words.
        values: the outputs `expression` (N, 8), `valence` and `arousal` (N, 1) before softmax and tanh, from what was
            computed of N faces.
    """

    layers: Mapping[str, Layer]
    settings: Mapping[str, str]
    values: Callable[[npt.NDArray[Any]], Mapping[str, Floats]]


class Tuner(Protocol):
    """Tunes a part of the network.

    Attributes:
        most_folds: how many times at most it is tuned to measure held-out units.
    """

    most_folds: int

    def submit(self) -> Submit:
        """What to compute of the crop of each face."""
        ...

    def tune(self, faces: Faces, outputs: Sequence[str]) -> Tuned:
        """Tune on labelled faces; outputs that are not named stay as they are."""
        ...

    def start_values(self, values: npt.NDArray[Any]) -> Mapping[str, Floats]:
        """What the start gives for what was computed of N faces; see `Tuned.values`."""
        ...


class HeadsTuner:
    """Tunes the heads only, on features that are computed once; see `rbdm.training.tuning.choice`."""

    most_folds = 10

    def __init__(self, base: Base) -> None:
        self._base = base
        self._start: Heads = separate(base.heads)

    def submit(self) -> Submit:
        """See `Tuner.submit`."""
        return self._base.features()

    def tune(self, faces: Faces, outputs: Sequence[str]) -> Tuned:
        """See `Tuner.tune`."""
        heads, settings = dict(self._start), {}
        for output in outputs:
            labelled = faces.take(faces.with_label(output))
            if len(labelled):
                heads[output], choice = tune_head(labelled, output, self._start[output])
                settings[output] = str(choice)
        changed = {name: self._base.layer_of(name, head) for name, head in joined(heads).items()}
        return Tuned(changed, settings, lambda values: values_of(values, heads))

    def start_values(self, values: npt.NDArray[Any]) -> Mapping[str, Floats]:
        """See `Tuner.start_values`."""
        return values_of(values, self._start)
