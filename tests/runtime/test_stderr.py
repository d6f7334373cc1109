"""Only the lines with the given text are dropped from standard error."""

import os
import sys
import threading

import pytest

from rbdm.runtime import stderr
from rbdm.runtime.stderr import filter_stderr


def test_other_lines_pass(capfd: pytest.CaptureFixture[str]) -> None:
    with filter_stderr("delegate"):
        os.write(2, b"INFO: Created a delegate\nsomething is wrong\n")
        print("so is this", file=sys.stderr)
    assert sorted(capfd.readouterr().err.splitlines()) == ["so is this", "something is wrong"]


def test_an_error_passes_and_standard_error_is_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no"), filter_stderr("delegate"):
        raise ValueError("no")
    os.write(2, b"delegate\n")
    assert capfd.readouterr().err == "delegate\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_does_not_wait_for_a_thread_that_it_does_not_have() -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with stderr._lock:
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(0 if stderr._lock.acquire(timeout=5) else 1)
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
