"""`rbdm install` and `rbdm demo` hand their folder on, and an error is one line."""

from pathlib import Path

import pytest

from tests.support.fixture_types import Rbdm


def test_install_says_where_the_module_is(tmp_path: Path, rbdm: Rbdm) -> None:
    folder = tmp_path.resolve() / "modules" / "rbdm"
    assert rbdm("install", tmp_path) == (0, [f"installed in {folder}"], [])
    assert (folder / "rbdm.trainer").is_file()
    code, out, err = rbdm("install", tmp_path / "missing")
    assert (code, out, len(err)) == (1, [], 1) and "no such folder" in err[0]


def test_demo_runs_in_the_folder_that_is_named(tmp_path: Path, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []
    monkeypatch.setattr("rbdm.client.demo.run_demo", folders.append)
    assert rbdm("demo", "--out", tmp_path)[0] == 0
    assert rbdm("demo")[0] == 0
    assert folders == [tmp_path, Path("rbdm-demo")]
