"""Which annotations belong together, and what is said if they do not."""

from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.study.agreement.pairs import find_sides, pair
from tests.support.study import write_samples, write_segments

ROWS = [(0, 1, "Happy")]


def annotate(path: Path, **more: str) -> None:
    write_segments(path, ROWS, **more)


def paired(a, b, dataset=None):
    """Names of the pairs, of what only A has, of what only B has; and the warnings."""
    warnings: list[str] = []
    sides = find_sides(a, b, dataset, warnings.append)
    pairs, only_a, only_b = pair(*sides, warnings.append)
    return [str(found) for found in pairs], [str(x) for x in only_a], [str(x) for x in only_b], warnings


def test_folders_are_paired_by_the_names_of_the_videos(tmp_path: Path) -> None:
    for name in ("day1/a", "day1/b", "c"):
        annotate(tmp_path / "A" / f"{name}.expression.annotation")
    for name in ("day1/b", "c", "day2/a"):
        annotate(tmp_path / "B" / f"{name}.expression.annotation")
    assert paired(tmp_path / "A", tmp_path / "B") == (["c", "day1/b"], ["day1/a"], ["day2/a"], [])


def test_annotators_of_a_dataset(tmp_path: Path) -> None:
    for session in ("s1", "s2"):
        for role in ("guest", "host"):
            for annotator in ("ann", "rbdm"):
                if (session, role, annotator) != ("s2", "host", "ann"):
                    annotate(tmp_path / session / f"{role}.emotion.{annotator}.annotation", scheme="emotion")
    names, only_a, only_b, warnings = paired("ann", "rbdm", tmp_path)
    assert names == ["s1 (guest)", "s1 (host)", "s2 (guest)"]
    assert (only_a, only_b, warnings) == ([], ["s2 (host, rbdm)"], [])
    with pytest.raises(InputError, match=r"no annotation by 'bob'; annotators are ann, rbdm"):
        paired("bob", "rbdm", tmp_path)


def test_one_person_needs_no_name(tmp_path: Path) -> None:
    annotate(tmp_path / "A" / "talk.expression.annotation")
    annotate(tmp_path / "A" / "other.expression.annotation")
    annotate(tmp_path / "B" / "talk.guest.expression.annotation", meta={"video": "talk.mp4"})
    annotate(tmp_path / "B" / "third.expression.annotation")
    names, _, _, warnings = paired(tmp_path / "A", tmp_path / "B")
    assert names == ["talk (guest)"]
    assert warnings == ["compared although their names differ: talk and talk (guest)"]


def test_two_files_belong_together_whatever_their_names_are(tmp_path: Path) -> None:
    annotate(tmp_path / "x.expression.annotation")
    annotate(tmp_path / "y.expression.annotation")
    names, _, _, warnings = paired(tmp_path / "x.expression.annotation", tmp_path / "y.expression.annotation")
    assert (names, len(warnings)) == (["x"], 1)


def test_expressions_by_one_and_valence_by_another_are_one_side(tmp_path: Path) -> None:
    for side in "AB":
        annotate(tmp_path / side / "x.expression.annotation", annotator="ann")
        write_samples(tmp_path / side / "x.valence.annotation", [0.0, 0.5], annotator="bob")
    sides = find_sides(tmp_path / "A", tmp_path / "B", None, None)
    ((found,), only_a, only_b) = pair(*sides, None)
    assert list(found.a.paths) == ["expression", "valence"]
    assert (only_a, only_b) == ([], [])


def test_sides_are_called_by_their_annotators_or_else_by_their_paths(tmp_path: Path) -> None:
    annotate(tmp_path / "A" / "x.expression.annotation", annotator="ann")
    annotate(tmp_path / "B" / "x.expression.annotation", annotator="bob")
    annotate(tmp_path / "C" / "x.expression.annotation", annotator="ann")
    named = [side.name for side in find_sides(tmp_path / "A", tmp_path / "B", None, None)]
    assert named == ["ann", "bob"]
    named = [side.name for side in find_sides(tmp_path / "A", tmp_path / "C", None, None)]
    assert named == [str(tmp_path / "A"), str(tmp_path / "C")]


def test_what_cannot_be_paired_is_an_error(tmp_path: Path) -> None:
    annotate(tmp_path / "A" / "x.expression.annotation")
    for name in ("y", "z"):
        annotate(tmp_path / "B" / f"{name}.expression.annotation")
    with pytest.raises(InputError, match="no video in common, by name: x; and y, z"):
        paired(tmp_path / "A", tmp_path / "B")
    with pytest.raises(InputError, match="for the name of an annotator, add --in FOLDER"):
        paired("ann", tmp_path / "B")
    for annotator in ("ann", "bob"):
        annotate(tmp_path / "C" / "s" / f"guest.expression.{annotator}.annotation")
    with pytest.raises(InputError, match=r"two annotators: s \(guest, ann\) and s \(guest, bob\)"):
        paired(tmp_path / "C", tmp_path / "B")
