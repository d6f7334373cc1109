"""Removes a library's messages from standard error if the library has no option to switch them off."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_STDERR = 2
_lock = threading.RLock()
"""All threads share standard error, so only one may replace it at a time."""


def _new_lock() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    # A thread that does not exist in the new process may have held the lock.
    os.register_at_fork(after_in_child=_new_lock)


@contextmanager
def filter_stderr(chatter: str) -> Iterator[None]:
    """Drop the lines of standard error that contain `chatter`, also those of native code. Others appear at the end."""
    with _lock, ExitStack() as undo:
        try:
            original = os.dup(_STDERR)
            undo.callback(os.close, original)
            captured = undo.enter_context(tempfile.TemporaryFile())
        except OSError:  # a program without a console, or a machine without space for temporary files
            yield
            return
        _flush()
        os.dup2(captured.fileno(), _STDERR)
        try:
            yield
        finally:
            _flush()
            os.dup2(original, _STDERR)
            captured.seek(0)
            for line in captured:
                if chatter.encode() not in line:
                    os.write(_STDERR, line)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
