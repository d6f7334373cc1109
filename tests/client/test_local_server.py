"""A local server says what is missing before it makes a folder, and takes no settings that are meant for others."""

import importlib.util
from pathlib import Path

import pytest

from rbdm.client.local_server import LocalServer, _environment
from rbdm.errors import RbdmError


def test_a_server_that_is_not_installed_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match="the DISCOVER server is not installed"):
        LocalServer(tmp_path / "server")
    assert not (tmp_path / "server").exists()


def test_settings_of_another_server_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCOVER_PORT", "8080")
    monkeypatch.setenv("CACHE_DIR", "kept")
    assert "DISCOVER_PORT" not in _environment() and _environment()["CACHE_DIR"] == "kept"
