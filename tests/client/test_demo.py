"""The demo says that the server is not installed before it writes anything."""

import importlib.util
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rbdm.client.demo import _exit_on_sigterm, run_demo
from rbdm.errors import RbdmError


def test_server_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match=r"pip install 'rbdm\[server\]'"):
        run_demo(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_the_handler_of_a_program_that_runs_the_demo_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that was set in C is None, and cannot be put back; a thread cannot set handlers at all."""
    with ThreadPoolExecutor() as threads:
        assert threads.submit(lambda: _exit_on_sigterm().__enter__()).result() is None
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    monkeypatch.setattr(signal, "signal", lambda *_: pytest.fail("replaced"))
    with _exit_on_sigterm():
        pass
