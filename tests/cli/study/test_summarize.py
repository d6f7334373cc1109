"""`rbdm summarize` writes the table, says what is missing, and does not replace what it reads."""

from pathlib import Path

from tests.support.study import write_samples, write_segments


def study(folder: Path) -> Path:
    for name in ("a", "b"):
        write_segments(folder / f"{name}.expression.annotation", [(0, 2, "Happy")])
        write_samples(folder / f"{name}.valence.annotation", [0.5] * 20)
    return folder


def test_a_table_of_a_folder(tmp_path: Path, rbdm) -> None:
    out = tmp_path / "new" / "study.csv"
    assert rbdm("summarize", study(tmp_path / "results"), "--out", out) == (0, [f"2 videos, 2 windows -> {out}"], [])
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("video,person,annotator,window,start,end,window_seconds") and len(lines) == 3
    assert lines[1].startswith("a,,,whole video,0.0,2.0,2.0,2.0,2.0,0.0,0.0,0.0,0,,,2.0,1.0,1,2.0,0.0")
    assert rbdm("summarize", tmp_path / "results", "--out", out, "--long")[0] == 0
    assert "a,,,whole video,0.0,2.0,valence,mean,0.5" in out.read_text(encoding="utf-8").splitlines()


def test_windows_and_baseline(tmp_path: Path, rbdm) -> None:
    table = tmp_path / "windows.csv"
    table.write_text("video,start,end,label\na.mp4,0,1,rest\nb,1,9,task\nc,0,1,rest\n", encoding="utf-8")
    options = ("--windows", table, "--baseline", "rest", "--face-confidence", "0.8")
    code, out, err = rbdm("summarize", study(tmp_path / "results"), "--out", tmp_path / "study.csv", *options)
    assert (code, out) == (1, [f"2 videos, 2 windows -> {tmp_path / 'study.csv'}"])
    assert "line 4: video 'c' has no annotations" in err[0]
    assert [line.partition(":")[0] for line in err[1:3]] == ["warning"] * 2
    assert err[3] == f"1 error: what they name is not in {tmp_path / 'study.csv'}"
    assert "valence_change" in (tmp_path / "study.csv").read_text(encoding="utf-8")


def test_the_table_of_the_windows_is_not_replaced(tmp_path: Path, rbdm) -> None:
    table = tmp_path / "windows.csv"
    table.write_text("video,start,end,label\na,0,1,x\n", encoding="utf-8")
    code, out, err = rbdm("summarize", study(tmp_path), "--windows", table, "--out", table)
    assert (code, out, len(err)) == (1, [], 1) and "would replace" in err[0]
    assert table.read_text(encoding="utf-8").startswith("video,start")


def test_nothing_to_summarize_writes_no_table(tmp_path: Path, rbdm) -> None:
    (study(tmp_path) / "a.expression.annotation~").write_bytes(b"x")
    code, out, err = rbdm("summarize", tmp_path / "a.expression.annotation", "--out", tmp_path / "study.csv")
    assert (code, out) == (1, []) and "is not written" in err[-1]
    assert not (tmp_path / "study.csv").exists()
    code, out, err = rbdm("summarize", tmp_path / "none", "--out", tmp_path / "study.csv")
    assert (code, out, len(err)) == (1, [], 1)
