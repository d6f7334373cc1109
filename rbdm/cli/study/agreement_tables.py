"""Formats an agreement as tables for a terminal."""

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from rbdm.progress import counted
from rbdm.study.agreement.compare import Agreement
from rbdm.study.agreement.estimates import Estimate
from rbdm.study.agreement.expression_agreement import ExpressionAgreement
from rbdm.study.agreement.figures import NAMES
from rbdm.study.agreement.value_agreement import ValueAgreement

_COEFFICIENTS = {
    "icc2": "ICC(2,1)",
    "icc3": "ICC(3,1)",
    "ccc": "CCC",
    "pearson": "Pearson r",
    "rmse": "RMSE",
    "mean_difference": "mean of B − A",
}
_LISTED = 10
"""The most names that a line lists."""


def agreement_tables(agreement: Agreement) -> Group:
    """Tables for a terminal. Why a number is missing is written below its table."""
    count = len({video.pair.video for video in agreement.videos})
    seconds = sum(video.duration for video in agreement.videos)
    parts: list[Any] = [
        _text(f"A: {agreement.a}"),
        _text(f"B: {agreement.b}"),
        _text(f"{counted(count, 'video')}, {seconds:.1f} s; one step is {agreement.settings.step:g} s"),
    ]
    parts += [
        _text(f"only {name} has {_listed(names)}")
        for name, names in (("A", agreement.only_a), ("B", agreement.only_b))
        if names
    ]
    level = f"{100 * agreement.settings.level:g} % interval"
    if agreement.expression is not None:
        parts += _expression(agreement.expression, level)
    for name, found in agreement.values.items():
        parts += _values(name, found, level)
    return Group(*parts)


def _expression(found: ExpressionAgreement, level: str) -> list[Any]:
    both = float(found.seconds[:-1, :-1].sum())
    summary = Table("", "value", level, title=f"expressions, {both:.1f} s in which both have one")
    rows = {"same expression": found.agreed, "Cohen's kappa": found.kappa, "Krippendorff's alpha": found.alpha}
    for name, estimate in rows.items():
        summary.add_row(name, *_cells(estimate))
    classes = Table("", "precision", level, "recall", level, "F1", title="A is the reference")
    for name, of_class in found.of_class.items():
        classes.add_row(name, *_cells(of_class["precision"]), *_cells(of_class["recall"]), _cells(of_class["f1"])[0])
    used = [index for index in range(len(NAMES)) if found.seconds[index].any() or found.seconds[:, index].any()]
    seconds = Table("A \\ B", *(NAMES[index][:4] for index in used), title="seconds: A in rows, B in columns")
    for row in used:
        seconds.add_row(NAMES[row][:4], *(f"{found.seconds[row, column]:.2f}" for column in used))
    return [summary, *_reasons(rows.values(), found.method), classes, seconds]


def _values(name: str, found: ValueAgreement, level: str) -> list[Any]:
    total = sum(found.seconds.values())
    without = total - found.seconds["both"]
    share = f", {100 * without / total:.1f} % of the time is excluded" if total else ""
    lag = "no lag" if math.isnan(found.lag) else _lag(found.lag)
    table = Table("", "value", level, lag, level, title=f"{name}, {found.seconds['both']:.1f} s{share}")
    for key, label in _COEFFICIENTS.items():
        shifted = _cells(found.shifted[key]) if found.shifted else ("–", "–")
        table.add_row(label, *_cells(found.unshifted[key]), *shifted)
    notes = [f"lag: {found.lag_note}"] if found.lag_note else []
    return [table, *_reasons(found.unshifted.values(), found.method), *map(_text, notes)]


def _lag(seconds: float) -> str:
    if seconds == 0:
        return "best lag: 0 s"
    return f"B {abs(seconds):.3g} s {'later' if seconds > 0 else 'earlier'}"


def _reasons(found: Any, method: str) -> list[Text]:
    reasons = dict.fromkeys(estimate.reason for estimate in found if estimate.reason)
    return [_text(method)] + [_text(f"–: {reason}") for reason in reasons if reason != method]


def _cells(found: Estimate) -> tuple[str, str]:
    value = "–" if math.isnan(found.value) else f"{found.value:.3f}"
    return value, "–" if math.isnan(found.low) else f"{found.low:.3f} to {found.high:.3f}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")


def _text(line: str) -> Text:
    return Text(line)
