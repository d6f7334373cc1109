"""The demo says that the server is not installed before it writes anything."""

import importlib.util
from pathlib import Path

import pytest

from rbdm.client.demo import run_demo
from rbdm.errors import RbdmError


def test_server_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match=r"pip install 'rbdm\[server\]'"):
        run_demo(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()
