"""The table has a row for each part of the face, with the numbers of the explanation."""

import csv
from dataclasses import replace

import pytest

from rbdm.export.explanation.table import COLUMNS, write_table


def test_a_row_for_each_part(happy, tmp_path):
    write_table([happy, happy.of("valence"), replace(happy, points=None)], tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["target"] for row in rows] == ["Happy"] * 4 + ["valence"] * 4
    for row, share in zip(rows[:4], happy.shares, strict=True):
        assert row["region"] == share.region
        for name in ("area", "supports", "opposes"):
            assert float(row[name]) == pytest.approx(getattr(share, name), abs=1e-4)
    assert sum(float(row["supports"]) for row in rows[:4]) == pytest.approx(1, abs=1e-3)
    assert float(rows[4]["value"]) == pytest.approx(happy.valence, abs=1e-4)
