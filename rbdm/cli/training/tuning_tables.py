"""Formats before and after a tuning as tables for a terminal."""

from typing import Any

from rich.console import Group
from rich.table import Table

from rbdm.training.tuning.card import doubts, is_any_better, p_text, verdict_lines, with_interval
from rbdm.training.tuning.estimate import Comparison
from rbdm.training.tuning.tune import Outcome


def tuning_tables(name: str, outcome: Outcome) -> Group:
    """Tables for a terminal, and what follows from them.

    Args:
        name: of the tuned weights.
        outcome: how they were made.
    """
    parts: list[Any] = [_table(found, outcome) for found in outcome.comparisons.values()]
    parts += [*verdict_lines(outcome), *doubts(outcome)]
    if not is_any_better(outcome):
        parts.append(f"{name} is not shown to be better than {outcome.start.entry.name}: keep using the latter")
    return Group(*parts)


def _table(found: Comparison, outcome: Outcome) -> Table:
    title = f"{found.output}: {found.faces} faces of {found.units} held-out {outcome.material.split}s ({found.method})"
    table = Table("figure", outcome.start.entry.name, "tuned", "difference", "p", title=title)
    for figure in found.figures:
        table.add_row(
            figure.name,
            with_interval(figure.before),
            with_interval(figure.after),
            with_interval(figure.difference, signed=True),
            p_text(figure.p),
        )
    return table
