"""The older NOVA-Server, in a virtual environment of its own: its pins and ours do not go together."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import pytest
import requests

from rbdm import __version__
from tests.support.paths import ROOT

PACKAGES = ("hcai-nova-server==1.6.2", "hcai-nova-utils==1.6.8")
_MODULE = ROOT / "requirements.txt"
_NOT_NEEDED = "hcai-discover-utils"
"""The other server's library."""
_SCRIPTS = "Scripts" if os.name == "nt" else "bin"

# However the tests end, the server ends with them: their end closes its input.
_PROGRAM = """
import os, sys, threading
def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)
threading.Thread(target=end_with_parent, daemon=True).start()
from nova_server.app import _run
_run()
"""


def make_environment(folder: Path) -> Path:
    """A virtual environment with the older server and with what the module needs; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = next((folder / _SCRIPTS).glob("python*"))
    module = [line for line in _MODULE.read_text().split() if not line.startswith(_NOT_NEEDED)]
    # Python compiles what the server imports; pip would compile everything.
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", *PACKAGES, *module]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        pytest.skip(f"the older server cannot be installed without a package registry that has it: {last}")
    return python


class OlderServer:
    """A NOVA-Server of our own on a free port; a context manager, like `rbdm.client.local_server.LocalServer`.

    Args:
        python: of `make_environment`.
        folder: for its `cml`, `data`, `cache`, `tmp` and `log`, and its output `console.txt`.
        backend: `debug` or `venv`; for `venv` the module's environment is the server's own.
    """

    def __init__(self, python: Path, folder: Path, backend: str) -> None:
        self.folder, self.cml_dir = folder, folder / "cml"
        for name in ("cml", "data", "cache", "tmp", "log"):
            (folder / name).mkdir(parents=True)
        self._python, self._backend = python, backend
        if backend == "venv":
            made = folder / "cache" / "venvs" / f"rbdm@{__version__}" / _SCRIPTS
            made.mkdir(parents=True)
            for script in python.parent.glob("activate*"):
                shutil.copy(script, made / script.name)

    def __enter__(self) -> Self:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        options = {f"{name}_dir": str(self.folder / name) for name in ("cml", "data", "cache", "tmp", "log")}
        options |= {"host": "127.0.0.1", "port": str(port), "backend": self._backend}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        with (self.folder / "console.txt").open("w", encoding="utf-8") as console:
            self._process = subprocess.Popen(
                [str(self._python), "-c", _PROGRAM, *arguments],
                cwd=self.folder,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""},
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        for _ in range(600):
            try:
                requests.get(f"{self.url}/job_status_all", timeout=10)
                return self
            except requests.ConnectionError:
                assert self._process.poll() is None, self.console
                time.sleep(0.1)
        raise AssertionError(f"the older server does not come up:\n{self.console}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        family = [*self.processes(), psutil.Process(self._process.pid)]
        for process in family:
            process.kill()
        psutil.wait_procs(family, 5)
        self._process.wait(5)

    def processes(self) -> list[psutil.Process]:
        """What the server has started and is still there."""
        children = psutil.Process(self._process.pid).children(recursive=True)
        return [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]

    @property
    def console(self) -> str:
        """What the server has printed so far."""
        return (self.folder / "console.txt").read_text(encoding="utf-8", errors="replace")

    def submit(self, form: dict[str, str]) -> str:
        """Send a job under a name of its own, as multipart form; returns its name."""
        job = f"{form['jobID']}-{time.monotonic_ns()}"
        fields = {name: (None, value) for name, value in (form | {"jobID": job}).items()}
        requests.post(f"{self.url}/process", files=fields, timeout=10).raise_for_status()
        return job

    def ask(self, route: str, job: str) -> Any:
        return requests.post(f"{self.url}/{route}", data={"jobID": job}, timeout=10).json()

    def run(self, form: dict[str, str]) -> tuple[int, str]:
        """Submit a job and wait for its end; returns its status, 2 finished or 3 failed, and its log."""
        job = self.submit(form)
        deadline = time.monotonic() + 600
        while self.ask("job_status", job)["status"] < 2:
            assert time.monotonic() < deadline, self.ask("log", job)["message"]
            time.sleep(0.05)
        return int(self.ask("job_status", job)["status"]), str(self.ask("log", job)["message"])
