"""`rbdm index` writes the page, says what is missing, and writes nothing if nothing can be read."""

from pathlib import Path

from tests.support.study import write_samples, write_segments


def study(folder: Path) -> Path:
    for name in ("a", "b"):
        write_segments(folder / f"{name}.expression.annotation", [(0, 2, "Happy")])
        write_samples(folder / f"{name}.valence.annotation", [0.5] * 20)
    return folder


def test_a_page_of_a_folder(tmp_path: Path, rbdm) -> None:
    out = tmp_path / "new" / "index.html"
    assert rbdm("index", study(tmp_path / "results"), "--out", out) == (0, [f"2 videos, 2 rows -> {out}"], [])
    assert "Happy 100 %" in out.read_text(encoding="utf-8")


def test_a_damaged_annotation_is_said_and_on_the_page(tmp_path: Path, rbdm) -> None:
    (study(tmp_path) / "a.valence.annotation~").write_bytes(b"x")
    out = tmp_path / "index.html"
    code, lines, err = rbdm("index", tmp_path, "--out", out)
    assert (code, lines) == (1, [f"1 video, 1 row -> {out}"])
    assert "a.valence.annotation" in err[0] and err[1:] == [f"1 error: what they name is not in {out}"]
    assert "left out: " in out.read_text(encoding="utf-8")
    (tmp_path / "b.valence.annotation~").write_bytes(b"x")
    out.unlink()
    code, lines, err = rbdm("index", tmp_path, "--out", out)
    assert (code, lines) == (1, []) and "is not written" in err[-1] and not out.exists()


def test_nothing_found_is_one_line(tmp_path: Path, rbdm) -> None:
    code, out, err = rbdm("index", tmp_path / "none", "--out", tmp_path / "index.html")
    assert (code, out, len(err)) == (1, [], 1)
