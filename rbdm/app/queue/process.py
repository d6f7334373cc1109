"""The other end of `worker.py`: starts the process, gives it jobs, and reads its answers."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_MODULE = "rbdm.app.queue.worker"
_PATIENCE = 15.0
"""Seconds in which a process that was told to stop does so."""


def _python() -> str:
    """This Python; on Windows the variant that can read and write, whose window is not shown."""
    program = Path(sys.executable)
    return str(program.with_name("python.exe") if program.name.lower() == "pythonw.exe" else program)


class WorkerProcess:
    """A process that annotates one video after the other.

    Args:
        log: a file for what it prints.
    """

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [_python(), *(["-P"] if sys.flags.safe_path else []), "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            creationflags=_NO_WINDOW,
            start_new_session=True,  # Ctrl-C in the terminal ends the app, which then lets this process end
        )
        self._lock = threading.Lock()
        self.run_id = ""
        """The run that it has got."""

    def send(self, command: dict[str, Any]) -> None:
        """Send a command. If the process has ended, nothing happens: then `answers` ends, too."""
        with self._lock, suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(f"{json.dumps(command)}\n".encode("ascii"))
            self._process.stdin.flush()

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yields its messages until the process has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):  # the last line of a process that was killed
                yield json.loads(line)

    def kill(self) -> None:
        """End the process at once."""
        with suppress(OSError):
            self._process.kill()

    def close(self) -> int:
        """Let the process end, wait for that, and return its exit code."""
        with self._lock, suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        code = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()
        return code
