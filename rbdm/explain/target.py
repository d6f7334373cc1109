"""What a map explains: one of the eight expressions, valence, or arousal."""

from collections.abc import Sequence

import numpy as np

from rbdm.explain.layers import Floats
from rbdm.network.manifest import WeightsEntry

Target = int | str
"""The index of one of `rbdm.expressions.EXPRESSIONS`, or `valence` or `arousal`."""


def weights_of_features(
    entry: WeightsEntry, emotions: Floats, affect: Floats, logits: Floats, targets: Sequence[Target]
) -> Floats:
    """How strongly each feature speaks for the target.

    Args:
        entry: the order of the network's outputs.
        emotions: (1280, 8) float32, the kernel of the head of the expressions.
        affect: (1280, 2) float32, the kernel of the head of valence and arousal.
        logits: (N, 8) float32, the head's output before softmax.
        targets: N targets.

    Returns:
        (N, 1280) float32. Times the features, it is the logit of the class without its bias; of valence and arousal,
        the value before tanh.
    """
    columns = entry.class_columns
    affects = dict(zip(("valence", "arousal"), entry.valence_arousal_columns, strict=True))
    return np.stack(
        [
            affect[:, affects[target]] if isinstance(target, str) else emotions[:, columns[target]]
            for target in targets
        ]
    )
