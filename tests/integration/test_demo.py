"""The demo on a real server: what it shows, and that nothing stays behind."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rbdm.client.demo import run_demo
from rbdm.client.demo_clip import FRAMES
from rbdm.errors import RbdmError
from tests.support.nova_reader import open_in_nova

psutil = pytest.importorskip("psutil", reason="needs the extra server")
pytest.importorskip("discover", reason="needs the extra server")

# A shell lets what it runs in the background ignore SIGINT, and that is inherited; a user's terminal does not.


RUN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from rbdm.client.demo import run_demo
run_demo(sys.argv[1])
"""


def test_demo_gives_three_annotations(tmp_path: Path) -> None:
    before = family_of(os.getpid())  # servers of other tests
    printed = io.StringIO()
    outputs = run_demo(tmp_path / "demo", Console(file=printed, width=120))
    assert list(outputs) == ["expression", "valence", "arousal"]
    for name, path in outputs.items():
        assert path.parent == tmp_path / "demo" and open_in_nova(path)["name"] == name
        assert path.name in printed.getvalue()
    assert f"session 1/1: {FRAMES} frames, {FRAMES} with a face" in printed.getvalue()
    assert set(family_of(os.getpid())) <= set(before)


def test_server_that_does_not_come_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = family_of(os.getpid())
    monkeypatch.setattr("rbdm.client.local_server._PROGRAM", "raise SystemExit('no port left')")
    with pytest.raises(RbdmError, match="ended while starting: no port left"):
        run_demo(tmp_path / "demo")
    assert set(family_of(os.getpid())) <= set(before)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_no_process_is_left_when_the_demo_is_ended(tmp_path: Path, name: str) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "demo")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not family_of(demo.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    family = family_of(demo.pid)
    assert family, "the server has not started"
    demo.send_signal(getattr(signal, name))
    assert demo.wait(20) != 0
    _, alive = psutil.wait_procs(family, 20)
    assert not alive


def family_of(pid: int) -> list[Any]:
    return list(psutil.Process(pid).children(recursive=True))
