"""Defines the metrics of an evaluation: how good predictions are."""

from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS

Array = npt.NDArray[np.floating]
_BINS = 15
"""Number of bins of the calibration error."""


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
        `cross_entropy` (mean, in nats, against the label distribution), `calibration_error`, `classes` (precision,
        recall, f1 and count of each class), `confusion` (8×8 counts: a row per label, a column per prediction).
        A metric without faces is None.
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
        "balanced_accuracy": _mean(recall[of_class > 0]),
        "balanced_accuracy_50": _mean(recall[of_class >= 50]),
        "majority_accuracy": _mean(truth[clear] == guess[clear]),
        "majority_count": int(clear.sum()),
        "cross_entropy": float(-(labels * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1).mean()),
        "calibration_error": calibration_error(probabilities, truth),
        "classes": {
            expression.name: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "count": int(of_class[i]),
            }
            for i, expression in enumerate(EXPRESSIONS)
        },
        "confusion": confusion.tolist(),
    }


def calibration_error(probabilities: Array, classes: npt.NDArray[np.integer]) -> float:
    """Expected calibration error of the most probable class, after Guo et al. 2017 (arXiv 1706.04599).

    It uses 15 bins of equal width.

    Args:
        probabilities: (N, 8), rows adding up to 1.
        classes: (N,) the true class of each face.

    Returns:
        The mean over all faces of |accuracy − mean confidence| of the face's bin, 0…1.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == classes
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, right - confidence.astype(float), minlength=_BINS)
    return float(np.abs(gaps).sum() / len(classes))


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
