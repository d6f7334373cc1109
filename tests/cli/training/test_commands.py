"""`rbdm train` and `rbdm evaluate` end with one line where something is wrong; figures go to the screen and to JSON."""

import json
from pathlib import Path

import pytest

from rbdm.cli.main import run
from rbdm.training.evaluation.evaluate import evaluate
from tests.support.labelled_faces import write_noise


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What a failed command said."""
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rbdm: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_noise(tmp_path_factory.mktemp("data") / "noise.npz")


class TestTrain:
    def test_missing_data(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["train", str(tmp_path / "gone.npz"), "--out", str(tmp_path / "run")]) == 1
        assert "gone.npz" in one_line(capsys)
        assert not (tmp_path / "run").exists()

    def test_out_is_required(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["train", str(tmp_path)]) == 2
        assert "out" in one_line(capsys)

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--mask", "mean"], "--mask needs --mask-by"),
            (["--mask-share", "0.3"], "--mask-share needs --mask-by"),
            (["--mask-by", "open"], "--mask-by needs --mask"),
            (["--mask-by", "open", "--mask", "median"], "positive, negative, mean"),
            (["--mask-by", "open", "--mask", "mean", "--mask-share", "50"], "less than 1"),
            (["--mask-by", "open", "--mask", "mean", "--mask-share", "0"], "greater than 0"),
            (["--mask-by", "gone.h5", "--mask", "mean"], "gone.h5"),
        ],
        ids=lambda value: value if isinstance(value, str) else " ".join(value),
    )
    def test_masking_that_cannot_be(
        self, archive: Path, tmp_path: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Said before the data are read, and before Keras is needed."""
        assert run(["train", str(archive), "--out", str(tmp_path / "run"), *arguments]) == 1
        assert says in one_line(capsys)
        assert not (tmp_path / "run").exists()


class TestEvaluate:
    def test_json_is_what_was_returned(self, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "figures.json"
        assert run(["evaluate", str(archive), "--weights", "open", "--json", str(path)]) == 0
        figures = evaluate(archive, "open")
        written = json.loads(path.read_text("utf-8"))
        assert list(written) == list(figures)
        assert written["valence"] == figures["valence"] and written["weights_sha256"] == figures["weights_sha256"]
        assert written["expression"]["classes"] == figures["expression"]["classes"]
        assert written["expression"]["confusion"] == figures["expression"]["confusion"]
        assert list(tmp_path.iterdir()) == [path]
        printed = capsys.readouterr().out
        assert f"{figures['expression']['accuracy']:.4f}" in printed and "derived" in printed

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--split", "tests"], "tests"),
            (["--weights", "gone.h5"], "gone.h5"),
            (["--batch-size", "0"], "batch_size"),
            (["--device", "abacus"], "abacus"),
            (["--json", "no/such/folder/figures.json"], "figures.json"),
        ],
        ids=lambda value: value if isinstance(value, str) else value[0],
    )
    def test_failures_are_one_line(
        self, archive: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["evaluate", str(archive), "--weights", "open", *arguments]) in (1, 2)
        assert says in one_line(capsys)

    @pytest.mark.parametrize("name", ["gone.npz", "gone.csv", "gone"])
    def test_missing_data(self, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["evaluate", str(tmp_path / name), "--weights", "open"]) == 1
        assert name in one_line(capsys)

    def test_missing_picture(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "labels.csv").write_text("path,expression\ngone.png,sad\n", encoding="utf-8")
        assert run(["evaluate", str(tmp_path), "--weights", "open"]) == 1
        assert "gone.png" in one_line(capsys)

    def test_data_are_required(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["evaluate"]) == 2
        assert one_line(capsys)
