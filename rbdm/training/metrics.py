"""How good predictions are: every figure of an evaluation, defined here."""

from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS

Array = npt.NDArray[np.floating]
_BINS = 15


def expression_metrics(probabilities: Array, labels: Array) -> dict[str, Any]:
    """Figures for the expressions of N faces.

    Args:
        probabilities: (N, 8) predicted, rows summing to 1.
        labels: (N, 8) label distributions; a face's class is the largest of its row (the first of equals).

    Returns:
        `count`, `accuracy`, `balanced_accuracy` (mean recall of the classes present), `balanced_accuracy_50` (of
        those with 50 faces or more), `majority_accuracy` and `majority_count` (only faces for which one class has
        more than half of the label), `cross_entropy` (nats, against the distribution), `calibration_error`,
        `classes` (precision, recall, f1, count of each), `confusion` (8×8 counts, rows the label, columns the
        prediction).
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
    """Expected calibration error of the top class, after Guo et al. 2017 (arXiv 1706.04599), 15 bins of equal width.

    Args:
        probabilities: (N, 8), rows summing to 1.
        classes: (N,) the right class of each.

    Returns:
        Mean over the faces of |accuracy − mean confidence| of their bin, 0…1.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == classes
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, right - confidence.astype(float), minlength=_BINS)
    return float(np.abs(gaps).sum() / len(classes))


def affect_metrics(predicted: Array, labels: Array) -> dict[str, Any]:
    """Figures for valence or arousal.

    Args:
        predicted: (N,) in [-1, 1].
        labels: (N,) in [-1, 1].

    Returns:
        `rmse` (root mean squared error), `pearson` (product-moment correlation), `ccc` (concordance correlation
        coefficient, Lin 1989: 2·cov / (var + var + (difference of means)²)), `sagr` (sign agreement: share of the
        faces labelled other than 0 whose sign is right; None if there are none), `count`. A correlation with a
        constant is 0.
    """
    predicted, labels = predicted.astype(float), labels.astype(float)
    covariance = float(((predicted - predicted.mean()) * (labels - labels.mean())).mean())
    varies = bool(np.ptp(predicted) and np.ptp(labels))  # the computed spread of equal numbers is not always 0
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
    """None where there is nothing to average: JSON has no NaN."""
    return float(values.mean()) if values.size else None
