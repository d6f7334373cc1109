"""The examples of README.md run as they are printed."""

import re
import shutil
from pathlib import Path

import pytest

from rbdm.export.writers import ANNOTATION_WRITERS, EXTRA_WRITERS
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_python_examples(face_clip, tmp_path, monkeypatch, capsys):
    pytest.importorskip("pandas", reason="an example makes a table of pandas")
    section = README.split("## In Python")[1].split("\n## ")[0]
    examples = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(examples) >= 3
    for name in ("interview", "a", "b"):
        shutil.copy(face_clip[0], tmp_path / f"{name}.mp4")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in examples:
        exec(example, names)
    printed = capsys.readouterr().out
    assert "Prediction('interview.mp4': 75 frames" in printed
    assert "pleasant from 0.00 s on" in printed
    assert (tmp_path / "out" / "interview.expression.annotation").is_file()


def test_commands_and_files_are_those_of_the_command_line():
    for command in ("annotate", "detect", "summarize", "compare", "index", "app", "submit", "demo"):
        assert f"rbdm {command}" in README
    endings = {writer.ending for writer in (*ANNOTATION_WRITERS, *EXTRA_WRITERS)}
    assert set(re.findall(r"`<video>(\.[\w.]+)`", README)) == endings


def test_exactly_two_commands_do_all_the_set_up(tmp_path: Path):
    first_screen = "\n".join(README.splitlines()[:26])
    commands = re.findall(r"^python3 -m venv .*$", first_screen, re.MULTILINE)
    assert len(commands) == 2
