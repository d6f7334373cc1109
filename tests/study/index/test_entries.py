"""An index has the numbers of `summarize`, a timeline of the longest expressions, and says what is missing."""

from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.study import index_study, summarize
from rbdm.study.index.entries import COLUMNS, NOTHING
from tests.support.study import NAMES, write_samples, write_segments


def test_the_numbers_are_those_of_summarize(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_segments(tmp_path / f"{name}.expression.annotation", [(0, 2, "Happy"), (2.5, 3, "Sad"), (3, 9, "Happy")])
        write_samples(tmp_path / f"{name}.valence.annotation", [0.5] * 60 + [(0, 0)] * 40)
    index, summary = index_study(tmp_path), summarize(tmp_path)
    assert [entry.result.video for entry in index.entries] == ["a", "b"] and index.notes == []
    for entry, row in zip(index.entries, summary.rows, strict=True):
        np.testing.assert_equal(entry.measures, row.measures)
        assert (entry.duration, entry.segments) == (row.end, 3) == (10, 3)
        assert entry.face_share == pytest.approx(0.85)
        assert entry.shares == [(1, pytest.approx(8 / 8.5)), (2, pytest.approx(0.5 / 8.5))]


def test_a_step_of_a_timeline_has_the_longest_expression(tmp_path: Path) -> None:
    step = 30 / COLUMNS
    rows = [(0, 0.6 * step, "Happy"), (0.6 * step, step, "Sad"), (step, 10, "Fear"), (20, 30, "Anger")]
    write_segments(tmp_path / "a.expression.annotation", rows)
    write_samples(tmp_path / "a.arousal.annotation", [0.1] * 300, scheme="arousal")
    (entry,) = index_study(tmp_path).entries
    third = COLUMNS // 3
    happy, fear, anger = (NAMES.index(name) for name in ("Happy", "Fear", "Anger"))
    assert entry.timeline.tolist() == [happy] + [fear] * (third - 1) + [NOTHING] * third + [anger] * third


def test_valence_alone_has_no_timeline(tmp_path: Path) -> None:
    write_samples(tmp_path / "a.valence.annotation", [0.5, (0, 0)])
    (entry,) = index_study(tmp_path).entries
    assert (entry.timeline, entry.segments, entry.shares, entry.face_share) == (None, 0, [], 0.5)


def test_warnings_and_failures_are_kept(tmp_path: Path) -> None:
    write_segments(
        tmp_path / "a.expression.annotation", [(0, 1, "Happy"), (1, 2, "Talking")], classes=[*NAMES, "Talking"]
    )
    write_segments(tmp_path / "b.expression.annotation", [(0, 2, "Happy"), (1, 3, "Sad")])
    with pytest.raises(InputError, match="two segments overlap"):
        index_study(tmp_path, warn=lambda _: None)
    said, failures = [], []
    index = index_study(tmp_path, warn=said.append, failed=failures.append)
    assert [entry.result.video for entry in index.entries] == ["a"] and len(failures) == 1
    assert index.notes[0] == f"left out: {failures[0]}" and index.notes[1:] == said
    assert [
        word for word in ("'Talking'", "ending with its last segment") if not any(word in line for line in said)
    ] == []
