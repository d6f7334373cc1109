"""What a map explains: one of the expressions, valence, or arousal."""

from collections.abc import Sequence

import numpy as np

from rbdm.errors import OptionError
from rbdm.explain.layers import Floats
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.network.constants import Layer
from rbdm.network.manifest import WeightsEntry
from rbdm.types import VALUES, Value

Target = int | Value
"""The index of one of `rbdm.expressions.EXPRESSIONS`, or `valence` or `arousal`."""


def find_target(name: str, count: int = len(EXPRESSIONS)) -> Target:
    """The target that a user means by a name.

    Args:
        name: the name of an expression or a synonym of it, `valence` or `arousal`; capital letters do not matter.
        count: the option `num_expressions`.

    Raises:
        OptionError: there is no such target among the `count` expressions.
    """
    wanted = name.strip().lower()
    index = match_class(wanted)
    for value in VALUES:
        if wanted == value:
            return value
    if index is None or index >= count:
        names = ", ".join([*(expression.name for expression in EXPRESSIONS[:count]), *VALUES])
        raise OptionError(f"{name!r} cannot be explained: choose one of {names}")
    return index


def target_name(target: Target) -> str:
    """The name of a target, such as `Happy` or `valence`."""
    return target if isinstance(target, str) else EXPRESSIONS[target].name


def weights_of_features(
    entry: WeightsEntry, emotions: Layer, affect: Layer, logits: Floats, targets: Sequence[Target], count: int
) -> Floats:
    """How strongly each feature speaks for a target.

    For valence and arousal, this is what the head multiplies the features with, before tanh. For a class, it is the
    gradient of its log-odds, `logit - log Σ exp(logits of the other classes)`: the probability of a class also
    depends on what speaks for the others.

    Args:
        entry: the order of the network's outputs.
        emotions: the head of the expressions.
        affect: the head of valence and arousal.
        logits: (N, 8) float32, the output of `emotions` before softmax.
        targets: what to explain of each of the N faces.
        count: number of classes that a class is compared with, itself among them: 8, or 5 for the first five.

    Returns:
        (N, 1280) float32.
    """
    columns, affect_columns = entry.class_columns[:count], dict(zip(VALUES, entry.valence_arousal_columns, strict=True))
    weights = np.empty((len(targets), len(emotions.kernel)), np.float32)
    for row, values, target in zip(weights, logits[:, columns], targets, strict=True):
        if isinstance(target, str):
            row[:] = affect.kernel[:, affect_columns[target]]
            continue
        others = np.delete(values, target)
        shares = np.exp(others - others.max())
        against = np.insert(shares / shares.sum(), target, -1)
        row[:] = np.take(emotions.kernel, columns, axis=1) @ -against
    return weights
