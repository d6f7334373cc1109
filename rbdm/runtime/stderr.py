"""Keeps a library's chatter off standard error where the library has no switch for it."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_STDERR = 2
_one_at_a_time = threading.RLock()


@contextmanager
def filter_stderr(chatter: str) -> Iterator[None]:
    """Drop the lines of standard error that contain `chatter`, native code's too; pass on all others at the end."""
    with _one_at_a_time, ExitStack() as undo:
        try:
            original = os.dup(_STDERR)
            undo.callback(os.close, original)
            caught = undo.enter_context(tempfile.TemporaryFile())
        except OSError:  # a program without a console, a machine without room for temporary files
            yield
            return
        _flush()
        os.dup2(caught.fileno(), _STDERR)
        try:
            yield
        finally:
            _flush()
            os.dup2(original, _STDERR)
            caught.seek(0)
            for line in caught:
                if chatter.encode() not in line:
                    os.write(_STDERR, line)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
