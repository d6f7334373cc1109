"""Starts and stops a DISCOVER server on this machine."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from rbdm.client.client import Client
from rbdm.errors import RbdmError

_POLL = 0.2
_START_TIMEOUT = 60.0
"""Seconds within which the server must start."""
_STOP_TIMEOUT = 5.0
"""Seconds to wait for killed processes."""

# The server must end with this process, even if this process is killed. It notices that its standard input is closed.
_PROGRAM = """
import os, sys, threading, psutil
def end_with_parent():
    sys.stdin.buffer.read()
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(0)
threading.Thread(target=end_with_parent, daemon=True).start()
from discover.app import _run
_run()
"""


class LocalServer:
    """A DISCOVER server on a free port of this machine; a context manager.

    The server and every process that it has started are killed when the context ends.

    Args:
        folder: for its folders `cml`, `data`, `cache`, `tmp` and `log`, and for its output `console.txt`.
        backend: `debug` runs jobs inside the server, `venv` in a virtual environment made for the module.

    Raises:
        RbdmError: the server is not installed, or does not start within 60 s.
    """

    def __init__(self, folder: Path, backend: Literal["debug", "venv"] = "debug") -> None:
        if not importlib.util.find_spec("discover") or not importlib.util.find_spec("discover.app"):
            raise RbdmError("the DISCOVER server is not installed: pip install 'rbdm[server]'")
        self.folder = folder.resolve()
        self.cml_dir = self.folder / "cml"
        self.cml_dir.mkdir(parents=True, exist_ok=True)
        self.cache_dir = self.folder / "cache"
        self._backend = backend

    def __enter__(self) -> Self:
        port = _free_port()
        self.client = self._client(port)
        with (self.folder / "console.txt").open("w", encoding="utf-8") as console:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *self._arguments(port)],
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Kill the server and every process that it has started."""
        import psutil

        try:
            server = psutil.Process(self._process.pid)
            family = [*server.children(recursive=True), server]
        except psutil.NoSuchProcess:
            family = []
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, _STOP_TIMEOUT)
        self._process.wait(_STOP_TIMEOUT)
        if self._process.stdin:
            self._process.stdin.close()

    @property
    def console(self) -> str:
        """The output of the server so far."""
        return (self.folder / "console.txt").read_text(encoding="utf-8", errors="replace")

    def _client(self, port: int) -> Client:
        return Client(f"http://127.0.0.1:{port}")

    def _arguments(self, port: int) -> list[str]:
        folders = {name: self.folder / name for name in ("cml", "data", "tmp", "log")}
        folders["cache"] = self.cache_dir
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        options = {f"{name}_dir": str(folder) for name, folder in folders.items()}
        options |= {"host": "127.0.0.1", "port": str(port), "backend": self._backend}
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                last = (self.console.strip().splitlines() or ["it printed nothing"])[-1]
                raise RbdmError(f"the DISCOVER server has ended while starting: {last}")
            try:
                self.client.jobs()
                return
            except RbdmError:
                time.sleep(_POLL)
        raise RbdmError(f"the DISCOVER server has not started within {_START_TIMEOUT:.0f} s: {self.client.url}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """Our environment variables, without those that configure another DISCOVER server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DISCOVER_")}
    return kept | {"PYTHONUNBUFFERED": "1"}
