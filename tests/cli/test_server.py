"""`rbdm install` and `rbdm demo` hand their folder on, and an error is one line."""

from pathlib import Path

import pytest

from rbdm.client.client import Client
from tests.support.fixture_types import Rbdm


def test_install_says_where_the_module_is(tmp_path: Path, rbdm: Rbdm) -> None:
    folder = tmp_path.resolve() / "modules" / "rbdm"
    assert rbdm("install", tmp_path) == (0, [f"installed in {folder}"], [])
    assert (folder / "rbdm.trainer").is_file()
    code, out, err = rbdm("install", tmp_path / "missing")
    assert (code, out, len(err)) == (1, [], 1) and "no such folder" in err[0]


def test_demo_runs_in_the_folder_that_is_named(tmp_path: Path, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[Path, str | None]] = []

    def run_demo(out: Path, client: Client | None) -> None:
        runs.append((out, client and client.url))

    monkeypatch.setattr("rbdm.client.demo.run_demo", run_demo)
    assert rbdm("demo", "--out", tmp_path)[0] == 0
    assert rbdm("demo")[0] == 0
    assert rbdm("demo", "--server", "https://lab:8080", "--insecure")[0] == 0
    assert runs == [(tmp_path, None), (Path("rbdm-demo"), None), (Path("rbdm-demo"), "https://lab:8080")]
    assert rbdm("demo", "--study", "x", "--insecure") == (2, [], ["rbdm: --study needs no server."])
    assert rbdm("demo", "--insecure") == (2, [], ["rbdm: --ca and --insecure are only for --server."])
