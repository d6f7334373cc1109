"""The tables show every figure of an evaluation, and only those that there are."""

from typing import Any

import numpy as np
from rich.console import Console

from rbdm.cli.training.evaluation_tables import evaluation_tables
from rbdm.expressions import EXPRESSIONS
from rbdm.training.evaluation.metrics import affect_metrics, expression_metrics

FIGURES: dict[str, Any] = {"weights": "open", "split": "test", "affect_is_derived": True}


def shown(figures: dict[str, Any]) -> str:
    console = Console(width=150, highlight=False)
    with console.capture() as capture:
        console.print(evaluation_tables(figures))
    return capture.get()


def test_all_figures_are_shown() -> None:
    random = np.random.default_rng(0)
    said, labels = random.dirichlet(np.ones(8), (2, 40))
    expression = expression_metrics(said, labels)
    valence, arousal = (affect_metrics(*random.uniform(-1, 1, (2, 40))) for _ in range(2))
    text = shown({**FIGURES, "expression": expression, "valence": valence, "arousal": arousal})
    assert "weights open on the test split" in text and "labels derived from the expressions" in " ".join(text.split())
    for value in (expression["accuracy"], expression["cross_entropy"], valence["rmse"], arousal["ccc"]):
        assert f"{value:.4f}" in text
    assert all(expression.name in text for expression in EXPRESSIONS)


def test_only_what_there_are_labels_for_is_shown() -> None:
    valence = affect_metrics(np.full(4, 0.5), np.zeros(4))
    text = shown({**FIGURES, "affect_is_derived": False, "valence": valence})
    rows = [line.split()[1] for line in text.splitlines() if line.startswith("│")]
    assert rows == ["valence"] and "accuracy" not in text and "derived" not in text
    assert "–" in text, "no label has a sign that could be right"
