"""Formats the results of an evaluation as tables for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table

from rbdm.expressions import EXPRESSIONS
from rbdm.types import VALUES


def evaluation_tables(figures: Mapping[str, Any]) -> Group:
    """Tables for a terminal.

    Args:
        figures: the result of `rbdm.training.evaluation.evaluate`.
    """
    split = "all faces" if figures["split"] == "all" else f"the {figures['split']} split"
    parts: list[Any] = [f"weights {figures['weights']} on {split}"]
    if "expression" in figures:
        parts += _show_expression(figures["expression"])
    derived = " (labels derived from the expressions)" if figures["affect_is_derived"] else ""
    affect = Table("", "RMSE", "Pearson r", "CCC", "SAGR", title=f"valence and arousal{derived}")
    for name in VALUES:
        if name in figures:
            affect.add_row(name, *(_cell(figures[name][key]) for key in ("rmse", "pearson", "ccc", "sagr")))
    return Group(*parts, *([affect] if affect.rows else []))


def _show_expression(figures: Mapping[str, Any]) -> list[Any]:
    summary = Table("figure", "value", title=f"expressions of {figures['count']} faces")
    for key in (
        "accuracy",
        "balanced_accuracy",
        "balanced_accuracy_50",
        "majority_accuracy",
        "cross_entropy",
        "calibration_error",
    ):
        summary.add_row(key, _cell(figures[key]))
    names = [expression.name for expression in EXPRESSIONS]
    classes = Table("class", "precision", "recall", "F1", "faces")
    confusion = Table("label \\ predicted", *(name[:4] for name in names))
    for name, counts in zip(names, figures["confusion"], strict=True):
        figure = figures["classes"][name]
        rates = (f"{figure[key]:.3f}" for key in ("precision", "recall", "f1"))
        classes.add_row(name, *rates, str(figure["count"]))
        confusion.add_row(name, *map(str, counts))
    return [summary, classes, confusion]


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
