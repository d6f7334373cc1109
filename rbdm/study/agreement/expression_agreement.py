"""Agreement about expressions: of one person in one video, and of all videos together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS
from rbdm.options import AgreementSettings
from rbdm.study.agreement import classes
from rbdm.study.agreement.estimates import Estimate, estimate, estimates, gather
from rbdm.study.agreement.segments import (
    CLASSES,
    NONE,
    Joint,
    disagreements,
    joint,
    seconds_table,
    step_codes,
    step_table,
)

Floats = npt.NDArray[np.float64]

_NO_TIME = "there is no time in which both have an expression"
_ONE_CLASS = "both have one and the same expression all the time"


@dataclass(frozen=True, eq=False)
class ClassesInVideo:
    """Expressions of one person in one video by both annotators.

    Attributes:
        seconds: (9, 9) exact seconds: A's expression in rows, B's in columns; the last row and column are the time
            without one. Their sum is the time from 0 to the end of the longer annotation.
        codes: (n, 2) int: the expression of A and of B at the middle of each step, or -1.
        steps: (8, 8) number of steps: A's expression in rows, B's in columns.
        disagreements: stretches in which both have an expression and these differ, longest first.
    """

    seconds: Floats
    codes: npt.NDArray[np.int64]
    steps: Floats
    disagreements: Joint


@dataclass(frozen=True, eq=False)
class ExpressionAgreement:
    """Agreement about expressions in all videos.

    Attributes:
        seconds: (9, 9), see `ClassesInVideo`.
        agreed: share of the steps in which both have the same expression.
        kappa: Cohen's kappa.
        alpha: Krippendorff's alpha.
        of_class: for each expression that one of the two has: `precision`, `recall` and `f1`; A is the reference.
        method: how the intervals were made, or why there are none.
    """

    seconds: Floats
    agreed: Estimate
    kappa: Estimate
    alpha: Estimate
    of_class: dict[str, dict[str, Estimate]]
    method: str


def in_video(a: npt.NDArray[np.void], b: npt.NDArray[np.void], end: float, step: float) -> ClassesInVideo:
    """Compare two sets of segments.

    Args:
        a: `SEGMENT_DTYPE` rows of A.
        b: `SEGMENT_DTYPE` rows of B.
        end: seconds, the time up to which they are compared.
        step: seconds.
    """
    both = joint(a, b, end)
    codes = step_codes(a, b, end, step)
    return ClassesInVideo(seconds_table(both), codes, step_table(codes), disagreements(both))


def in_all(found: Sequence[tuple[str, ClassesInVideo]], settings: AgreementSettings) -> ExpressionAgreement:
    """The agreement over all videos: their times are added up.

    Args:
        found: for each person in each video, the video's name and what was compared.
        settings: of the intervals.
    """
    videos, parts = [video for video, _ in found], [part for _, part in found]
    totals = np.array([part.steps for part in parts])
    evidence = gather(videos, totals, lambda: (_each_step(part.codes) for part in parts), settings)
    seconds = np.sum([part.seconds for part in parts], axis=0)
    rows, columns = evidence.total.sum(axis=1), evidence.total.sum(axis=0)
    reason = _ONE_CLASS if evidence.total.sum() else _NO_TIME
    never = ["never has this expression where both have one"] * CLASSES
    of_class = {
        "precision": estimates(evidence, classes.precision, [f"B {text}" for text in never], settings),
        "recall": estimates(evidence, classes.recall, [f"A {text}" for text in never], settings),
        "f1": estimates(evidence, classes.f1, [f"neither {text}" for text in never], settings),
    }
    return ExpressionAgreement(
        seconds,
        estimate(evidence, classes.agreed_share, _NO_TIME, settings),
        estimate(evidence, classes.kappa, reason, settings),
        estimate(evidence, classes.alpha, reason, settings),
        {
            EXPRESSIONS[index].name: {name: found[index] for name, found in of_class.items()}
            for index in range(CLASSES)
            if rows[index] or columns[index]
        },
        evidence.method,
    )


def _each_step(codes: npt.NDArray[np.int64]) -> Floats:
    """(T, 8, 8) the table of each step alone."""
    tables = np.zeros((len(codes), CLASSES, CLASSES))
    known = np.flatnonzero((codes != NONE).all(axis=1))
    tables[known, codes[known, 0], codes[known, 1]] = 1
    return tables
