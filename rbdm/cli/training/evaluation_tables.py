"""Formats the results of an evaluation as tables for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table

from rbdm.expressions import EXPRESSIONS
from rbdm.types import VALUES


def evaluation_tables(figures: Mapping[str, Any]) -> Group:
    """Tables for a terminal.

    Args:
        figures: the result of `rbdm.training.evaluation.evaluate.evaluate`.
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
    groups = _show_groups(figures["group"], figures["groups"]) if "groups" in figures else []
    return Group(*parts, *([affect] if affect.rows else []), *groups)


def _show_groups(column: str, groups: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """A table with a row for each group, and one with the recall of each class in each group."""
    summary = Table(column, "faces", "accuracy (95 %)", "calibration error", *VALUES, title=f"by {column}")
    labelled = [group for group in groups.values() if "expression" in group]
    seen = [e.name for e in EXPRESSIONS if any(group["expression"]["classes"][e.name]["count"] for group in labelled)]
    recall = Table(column, *seen, title=f"recall by {column} (95 %)")
    for name, group in groups.items():
        found = group.get("expression")
        counts = [found["count"] if found else None, *(group[value]["count"] for value in VALUES if value in group)]
        share = _with_interval(found["accuracy"], found["accuracy_interval"]) if found else "–"
        error = _cell(found["calibration_error"]) if found else "–"
        affect = (
            f"r {_cell(group[v]['pearson'])}, RMSE {_cell(group[v]['rmse'])}" if v in group else "–" for v in VALUES
        )
        summary.add_row(name, str(next(count for count in counts if count is not None)), share, error, *affect)
        classes = [found["classes"][known] for known in seen] if found else []
        recall.add_row(name, *(_with_interval(one["recall"], one["recall_interval"]) for one in classes))
    return [summary, recall]


def _errors(figures: Mapping[str, Any] | None) -> str:
    return "–" if figures is None else f"r {_cell(figures['pearson'])}, RMSE {_cell(figures['rmse'])}"


def _with_interval(share: float, interval: Sequence[float] | None) -> str:
    return "–" if interval is None else f"{share:.1%} ({interval[0]:.1%}–{interval[1]:.1%})"


def _show_expression(figures: Mapping[str, Any]) -> list[Any]:
    summary = Table("figure", "value", title=f"expressions of {figures['count']} faces")
    for key in (
        "accuracy",
        "balanced_accuracy",
        "balanced_accuracy_50",
        "majority_accuracy",
        "cross_entropy",
        "calibration_error",
        "clear_share",
    ):
        summary.add_row(key, _cell(figures[key]))
    names = [expression.name for expression in EXPRESSIONS]
    classes = Table("class", "precision", "recall (95 %)", "F1", "calibration error", "faces")
    confusion = Table("label \\ predicted", *(name[:4] for name in names))
    for name, counts in zip(names, figures["confusion"], strict=True):
        figure = figures["classes"][name]
        recall = _with_interval(figure["recall"], figure["recall_interval"])
        rates = (f"{figure[key]:.3f}" for key in ("f1", "calibration_error"))
        classes.add_row(name, f"{figure['precision']:.3f}", recall, *rates, str(figure["count"]))
        confusion.add_row(name, *map(str, counts))
    return [summary, classes, confusion]


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
