"""The tables of a tuning show both sides, the difference and what follows."""

import io

from rich.console import Console

from rbdm.cli.training.tuning_tables import tuning_tables
from rbdm.network.weights import Weights
from tests.training.tuning.test_write import comparisons, outcome


def printed(start: Weights, units: int) -> str:
    file = io.StringIO()
    found = {"expression": comparisons(units, 0.3, 0.8)["expression"]}
    Console(file=file, width=150).print(tuning_tables("smiles", outcome(start, found)))
    return file.getvalue()


def test_what_is_better_is_said_to_be(open_weights: Weights) -> None:
    text = printed(open_weights, 8)
    for part in ("rbdm-open-v1", "tuned", "mean recall", "8 held-out sessions", "better than rbdm-open-v1"):
        assert part in text
    assert "keep using" not in text


def test_what_is_not_shown_to_be_better_is_not_recommended(open_weights: Weights) -> None:
    assert "smiles is not shown to be better than rbdm-open-v1: keep using the latter" in printed(open_weights, 3)
