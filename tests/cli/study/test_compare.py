"""`rbdm compare` prints tables and writes JSON and a page; what is wrong is one line."""

import json
from pathlib import Path

import pytest

from tests.support.study import write_samples, write_segments


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name in ("v0", "v1"):
        write_segments(tmp_path / "A" / f"{name}.expression.annotation", [(0, 4, "Happy"), (4, 9, "Sad")])
        write_segments(tmp_path / "B" / f"{name}.expression.annotation", [(0, 5, "Happy"), (5, 9, "Sad")])
        for side, score in (("A", 0.1), ("B", 0.2)):
            rows = [score * (i % 7) for i in range(90)]
            write_samples(tmp_path / side / f"{name}.valence.annotation", rows)
    write_segments(tmp_path / "B" / "v2.expression.annotation", [(0, 5, "Happy")])
    return tmp_path


def test_tables_json_and_page(study: Path, rbdm) -> None:
    files = ("--json", study / "out" / "a.json", "--html", study / "out" / "a.html")
    code, out, err = rbdm("compare", study / "A", study / "B", "--samples", "100", "--block", "1", *files)
    assert (code, err) == (0, [f"-> {study / 'out' / 'a.json'}", f"-> {study / 'out' / 'a.html'}"])
    text = "\n".join(out)
    assert f"A: {study / 'A'}" in out and "only B has v2" in out
    for word in ("Cohen's kappa", "Krippendorff's alpha", "ICC(2,1)", "ICC(3,1)", "CCC", "Pearson r", "RMSE"):
        assert word in text
    assert "│ Happ  │ 8.00 │ 0.00 │" in text and "│ Sad   │ 2.00 │ 8.00 │" in text
    figures = json.loads((study / "out" / "a.json").read_text(encoding="utf-8"))
    assert f"│ Cohen's kappa        │ {figures['expression']['kappa']['value']:.3f} │" in text
    assert sorted(path.name for path in (study / "out").iterdir()) == ["a.html", "a.json"]


def test_what_is_not_defined_is_a_dash_with_a_reason(study: Path, rbdm) -> None:
    code, out, _ = rbdm("compare", study / "A" / "v0.expression.annotation", study / "B" / "v0.expression.annotation")
    assert code == 0
    assert "no interval: 1 video with fewer than 5 blocks of 10 s" in out
    assert any(line.startswith("│ Cohen's kappa") and line.rstrip(" │").endswith("–") for line in out)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("A",), 2, "Missing argument"),
        (("A", "gone"), 1, "no such file or folder"),
        (("ann", "bob", "--in", "A"), 1, "no annotation by 'ann'"),
        (("A", "B", "--step", "0"), 1, "step is 0: it must be"),
        (("A", "B", "--json", "x", "--html", "x"), 1, "are the same file"),
        (("A", "B", "--html", "x.html", "--videos", "gone"), 1, "no such folder"),
    ],
    ids=["one side", "missing", "no annotator", "option", "same file", "no videos"],
)
def test_failures_are_one_line(study: Path, rbdm, monkeypatch, arguments, code, says) -> None:
    monkeypatch.chdir(study)
    found, out, err = rbdm("compare", *arguments)
    assert (found, out, len(err)) == (code, [], 1)
    assert says in err[0]
    assert not list(study.glob("x*"))
