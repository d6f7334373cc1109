"""Keeps a library's chatter off standard error where the library has no switch for it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def without_lines(chatter: str) -> Iterator[None]:
    """Drop the lines of standard error that contain `chatter`, native code's too; pass on all others at the end."""
    try:
        original = os.dup(_STDERR)
    except OSError:  # a program without a console
        yield
        return
    _flush()
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), _STDERR)
        try:
            yield
        finally:
            _flush()
            os.dup2(original, _STDERR)
            os.close(original)
            caught.seek(0)
            for line in caught:
                if chatter.encode() not in line:
                    os.write(_STDERR, line)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
