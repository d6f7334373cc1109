"""Only the lines with the given text are dropped from standard error."""

import os
import sys

import pytest

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
