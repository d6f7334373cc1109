"""Compares two sets of predictions on held-out faces: figures, their intervals, and whether one set is better.

Faces of one session resemble each other, so sessions are drawn and exchanged as a whole, never single faces.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS
from rbdm.options import AgreementSettings
from rbdm.study.agreement import classes, values
from rbdm.study.agreement.bootstrap import over_videos
from rbdm.study.agreement.estimates import LEAST_VIDEOS, Estimate, Evidence, estimate
from rbdm.training.evaluation.metrics import calibration_error
from rbdm.training.tuning.frames import Faces

Floats = npt.NDArray[np.float64]
Coefficient = Callable[[Floats], Floats]

LEVEL = 0.05
"""A difference is taken as real if p is below this, and 0 is outside of the 95 % interval."""
_SETTINGS = AgreementSettings()
_EXACT = 13
"""With up to this many units, all exchanges are computed, otherwise `_EXCHANGES` random ones."""
_EXCHANGES = 20_000
_UNDEFINED = "not defined: there is nothing of this kind"


@dataclass(frozen=True)
class Figure:
    """A figure before and after tuning, on the same held-out faces.

    Attributes:
        name: of the figure.
        before: with the weights that were the start.
        after: with tuned weights that have not seen the session of the face.
        difference: after − before.
        p: how often a difference of at least this size arises if before and after are exchanged at random in each unit
            (two-sided); NaN if it is not tested.
    """

    name: str
    before: Estimate
    after: Estimate
    difference: Estimate
    p: float = float("nan")


@dataclass(frozen=True)
class Comparison:
    """Before and after for one output.

    Attributes:
        output: `expression`, `valence` or `arousal`.
        units: number of units with labels of it.
        faces: number of faces.
        seconds: seconds that they stand for, of each expression by its name; or of `valence` or `arousal`.
        figures: the first one decides: the mean recall of the expressions (without `alone`), or the CCC.
        verdict: `better`, `worse`, or `no better` if that was not shown.
        method: how the intervals were made, or why there are none.
        alone: expressions that are in one unit only: if it is held out, nothing shows how they look. They are not in
            the mean recall.
    """

    output: str
    units: int
    faces: int
    seconds: dict[str, float]
    figures: tuple[Figure, ...]
    verdict: str
    method: str
    alone: tuple[str, ...] = ()


def compare_expression(faces: Faces, before: Floats, after: Floats) -> Comparison:
    """Compare probabilities of expressions.

    Faces on which annotators disagree count in shares: with two annotators, half for each of both expressions.

    Args:
        faces: N faces with an expression.
        before: (N, 8) probabilities; 0 where an expression was not possible.
        after: (N, 8) the same after tuning.
    """
    both, unit = (before, after), _dense(faces.unit)
    tables = np.zeros((unit.max() + 1, 2, 8, 8))
    losses = np.zeros((unit.max() + 1, 2, 2))
    for side, predicted in enumerate(both):
        guess = predicted.argmax(axis=1)
        for truth in range(8):
            np.add.at(tables[:, side, truth], (unit, guess), faces.expression[:, truth] * faces.seconds)
        loss = -(faces.expression * np.log(np.maximum(predicted, 1e-12))).sum(axis=1)
        np.add.at(losses[:, side], unit, np.column_stack([loss * faces.seconds, faces.seconds]))
    of_class = tables[:, 0].sum(axis=2)
    seconds, shown_in = of_class.sum(axis=0), (of_class > 0).sum(axis=0)
    measured = np.flatnonzero(shown_in > 1) if (shown_in > 1).any() else np.flatnonzero(shown_in)
    wanted: list[tuple[str, Floats, Coefficient]] = [
        ("mean recall", tables, partial(_mean_recall, measured)),
        ("accuracy", tables, classes.agreed_share),
        ("cross-entropy", losses, lambda sums: sums[..., 0] / sums[..., 1]),
    ]
    wanted += [
        (f"recall of {EXPRESSIONS[i].name}", tables, partial(_recall_of, int(i))) for i in np.flatnonzero(seconds)
    ]
    figures, verdict, method = _figures(wanted)
    truth = faces.expression.argmax(axis=1)
    errors = (float(calibration_error(one.max(axis=1), one.argmax(axis=1) == truth)) for one in both)
    calibration = _points("calibration error", *errors)
    return Comparison(
        "expression",
        len(tables),
        len(faces),
        {EXPRESSIONS[i].name: float(seconds[i]) for i in np.flatnonzero(seconds)},
        (*figures[:3], calibration, *figures[3:]),
        verdict,
        method,
        tuple(EXPRESSIONS[i].name for i in np.flatnonzero(shown_in == 1)),
    )


def compare_value(output: str, faces: Faces, before: Floats, after: Floats) -> Comparison:
    """Compare values of valence or arousal.

    Args:
        output: `valence` or `arousal`.
        faces: N faces that are rated.
        before: (N,) values in [-1, 1].
        after: (N,) the same after tuning.
    """
    labels, unit = faces.value(output), _dense(faces.unit)
    sums = np.zeros((unit.max() + 1, 2, values.SUMS))
    for side, predicted in enumerate((before, after)):
        np.add.at(sums[:, side], unit, values.each_pair(labels, np.asarray(predicted, float)))
    wanted: list[tuple[str, Floats, Coefficient]] = [
        ("CCC", sums, values.ccc),
        ("Pearson r", sums, values.pearson),
        ("RMSE", sums, values.rmse),
    ]
    figures, verdict, method = _figures(wanted)
    return Comparison(
        output, len(sums), len(faces), {output: float(faces.seconds.sum())}, tuple(figures), verdict, method
    )


def exchange_test(sums: Floats, coefficient: Coefficient) -> float:
    """The two-sided p of a difference, if before and after are exchanged at random in each unit.

    An exact test for pairs (Good 2005, *Permutation, Parametric and Bootstrap Tests of Hypotheses*, chapter 3). With n
    units, p is at least 2 / 2ⁿ: five units can never give p < 0.05.

    Args:
        sums: (units, 2, …) of each unit, before and after.
        coefficient: gives one number from sums.
    """
    count = len(sums)
    if count <= _EXACT:
        exchanged = np.array(list(product((0.0, 1.0), repeat=count)))
    else:
        exchanged = np.random.default_rng(_SETTINGS.seed).integers(0, 2, (_EXCHANGES, count)).astype(float)
        exchanged[0] = 0
    total, gain = sums.sum(axis=0), sums[:, 1] - sums[:, 0]
    moved = np.tensordot(exchanged, gain, axes=1)
    differences = coefficient(total[1] - moved) - coefficient(total[0] + moved)
    observed = differences[0]
    if np.isnan(observed):
        return float("nan")
    return float(np.mean(~(np.abs(differences) < abs(observed) - 1e-12)))


def _figures(wanted: Sequence[tuple[str, Floats, Coefficient]]) -> tuple[list[Figure], str, str]:
    """The figures of (units, 2, …) sums, the verdict of the first one, and how the intervals were made."""
    drawn = {id(sums): _evidence(sums) for _, sums, _ in wanted}
    figures = []
    for name, sums, coefficient in wanted:
        side, evidence = 1 - sums.ndim, drawn[id(sums)]

        def before(both: Floats, side: int = side, of: Coefficient = coefficient) -> Floats:
            return of(np.take(both, 0, axis=side))

        def after(both: Floats, side: int = side, of: Coefficient = coefficient) -> Floats:
            return of(np.take(both, 1, axis=side))

        def gain(both: Floats, before: Coefficient = before, after: Coefficient = after) -> Floats:
            return after(both) - before(both)

        first, second, difference = (estimate(evidence, of, _UNDEFINED, _SETTINGS) for of in (before, after, gain))
        figures.append(Figure(name, first, second, difference, exchange_test(sums, coefficient)))
    return figures, _verdict(figures[0]), drawn[id(wanted[0][1])].method


def _evidence(sums: Floats) -> Evidence:
    count, total = len(sums), sums.sum(axis=0)
    if count < LEAST_VIDEOS:
        return Evidence(total, None, f"no intervals: fewer than {LEAST_VIDEOS} can be held out")
    drawn = over_videos(sums, _SETTINGS.samples, _SETTINGS.seed)
    return Evidence(total, drawn, f"95 % intervals: bootstrap over {count}")


def _verdict(figure: Figure) -> str:
    if not figure.p < LEVEL:
        return "no better"
    return "better" if figure.difference.low > 0 else "worse" if figure.difference.high < 0 else "no better"


def _points(name: str, before: float, after: float) -> Figure:
    """A figure without intervals."""
    none = float("nan")
    return Figure(name, Estimate(before, none, none), Estimate(after, none, none), Estimate(after - before, none, none))


def _dense(unit: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The units numbered from 0 without gaps."""
    return np.unique(unit, return_inverse=True)[1]


def _recall_of(index: int, table: Floats) -> Floats:
    return np.asarray(classes.recall(table)[..., index])


def _mean_recall(measured: npt.NDArray[np.int64], table: Floats) -> Floats:
    recall = classes.recall(table)[..., measured]
    known = ~np.isnan(recall)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, recall, 0).sum(axis=-1) / known.sum(axis=-1))
