"""Temperature scaling: one number that makes the probabilities of a softmax fit labels (Guo et al. 2017)."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

_TRIED = np.arange(0.3, 2.0, 0.01)


def fit_temperature(logits: Floats, labels: Floats, weight: Floats | None = None) -> float:
    """The temperature T with which softmax(logits / T) has the smallest cross-entropy.

    Guo et al. 2017, arXiv 1706.04599, section 4.2.

    Args:
        logits: (N, C); minus infinity for a class that is not possible.
        labels: (N, C) distributions over the classes.
        weight: (N,) of each row; None for equal weights.

    Returns:
        The temperature, 0.3 to 1.99.
    """
    known = np.where(labels > 0, logits, 0)

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        log_sum = np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1)) + scaled.max(axis=1)
        each = labels.sum(axis=1) * log_sum - (labels * known).sum(axis=1) / temperature
        return float(np.average(each, weights=weight))

    return float(min(_TRIED, key=loss))
