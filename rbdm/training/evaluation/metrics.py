"""Defines the metrics of an evaluation: how good predictions are."""

from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS

Array = npt.NDArray[np.floating]
_BINS = 15
"""Number of bins of the calibration error."""
CLEAR = 0.7
"""A face is clear if its most probable class has more than this."""
_NORMAL_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def expression_metrics(probabilities: Array, labels: Array) -> dict[str, Any]:
    """The metrics for the expressions of N faces.

    Args:
        probabilities: (N, 8) predicted, rows adding up to 1.
        labels: (N, 8) label distributions. The class of a face is the most probable one of its row (the first if
            several are equal).

    Returns:
        `count`, `accuracy`, `balanced_accuracy` (mean recall of the classes with at least one face),
        `balanced_accuracy_50` (mean recall of the classes with at least 50 faces), `majority_accuracy` and
        `majority_count` (accuracy and number of the faces for which one class has more than half of the label),
        `cross_entropy` (mean, in nats, against the label distribution), `calibration_error`, `clear_share` (share of
        faces whose most probable class has more than 0.7), `classes` (precision, recall, f1, count, and
        `calibration_error` of each class), `confusion` (8×8 counts: a row per label, a column per prediction).
        `accuracy_interval` and each class's `recall_interval` are 95 % intervals, see `wilson_interval`. A metric
        without faces is None.
    """
    truth, guess = labels.argmax(axis=1), probabilities.argmax(axis=1)
    confusion = np.zeros((8, 8), int)
    np.add.at(confusion, (truth, guess), 1)
    hit, of_class, of_guess = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    recall = hit / np.maximum(of_class, 1)
    precision = hit / np.maximum(of_guess, 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    clear = labels.max(axis=1) > 0.5
    return {
        "count": len(truth),
        "accuracy": float(hit.sum() / len(truth)),
        "accuracy_interval": wilson_interval(int(hit.sum()), len(truth)),
        "balanced_accuracy": _mean(recall[of_class > 0]),
        "balanced_accuracy_50": _mean(recall[of_class >= 50]),
        "majority_accuracy": _mean(truth[clear] == guess[clear]),
        "majority_count": int(clear.sum()),
        "cross_entropy": float(-(labels * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1).mean()),
        "calibration_error": calibration_error(probabilities.max(axis=1), truth == guess),
        "clear_share": clear_share(probabilities),
        "classes": {
            expression.name: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "recall_interval": wilson_interval(int(hit[i]), int(of_class[i])),
                "f1": float(f1[i]),
                "count": int(of_class[i]),
                "calibration_error": calibration_error(probabilities[:, i], truth == i),
            }
            for i, expression in enumerate(EXPRESSIONS)
        },
        "confusion": confusion.tolist(),
    }


def clear_share(probabilities: Array) -> float | None:
    """The share of faces whose most probable class has more than 0.7.

    Args:
        probabilities: (N, 8) predicted, rows adding up to 1.

    Returns:
        0…1; None without faces.
    """
    return _mean(probabilities.max(axis=1) > CLEAR) if len(probabilities) else None


def calibration_error(confidences: Array, is_right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error, after Guo et al. 2017 (arXiv 1706.04599): how far probabilities are from frequencies.

    It uses 15 bins of equal width.

    Args:
        confidences: (N,) the probability of an answer for each face: of the most probable class, or of one class.
        is_right: (N,) whether that answer is right.

    Returns:
        The mean over all faces of |frequency of right answers − mean confidence| of the face's bin, 0…1.
    """
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, is_right - confidences.astype(float), minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidences))


def wilson_interval(hits: int, count: int) -> list[float] | None:
    """The 95 % interval of a share, after Wilson 1927 (Journal of the American Statistical Association 22, 209–212).

    Args:
        hits: number of successes.
        count: number of trials.

    Returns:
        Lower and upper bound, 0…1; None without trials.
    """
    if not count:
        return None
    share, square = hits / count, _NORMAL_95**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = _NORMAL_95 / (1 + square / count) * (share * (1 - share) / count + square / (4 * count**2)) ** 0.5
    # Without these two cases, rounding errors would exclude the share itself.
    return [centre - half if hits else 0.0, centre + half if hits < count else 1.0]


def affect_metrics(predicted: Array, labels: Array) -> dict[str, Any]:
    """The metrics for valence or for arousal.

    Args:
        predicted: (N,) in [-1, 1].
        labels: (N,) in [-1, 1].

    Returns:
        `rmse` (root mean squared error), `pearson` (product-moment correlation), `ccc` (concordance correlation
        coefficient, Lin 1989: 2·cov / (var + var + (difference of means)²)), `sagr` (sign agreement: of the faces
        whose label is not 0, the share with the right sign; None if there are no such faces), `count`. If the
        predictions or the labels are constant, both correlations are 0.
    """
    predicted, labels = predicted.astype(float), labels.astype(float)
    covariance = float(((predicted - predicted.mean()) * (labels - labels.mean())).mean())
    # Rounding errors: the computed standard deviation of equal numbers is not always 0.
    varies = bool(np.ptp(predicted) and np.ptp(labels))
    spread = float(predicted.std() * labels.std())
    distance = float(predicted.var() + labels.var() + (predicted.mean() - labels.mean()) ** 2)
    return {
        "rmse": float(np.sqrt(((predicted - labels) ** 2).mean())),
        "pearson": covariance / spread if varies and spread else 0.0,
        "ccc": 2 * covariance / distance if varies and distance else 0.0,
        "sagr": _mean(np.sign(predicted[labels != 0]) == np.sign(labels[labels != 0])),
        "count": len(labels),
    }


def _mean(values: npt.NDArray[Any]) -> float | None:
    """The mean; None without values, because JSON has no NaN."""
    return float(values.mean()) if values.size else None
