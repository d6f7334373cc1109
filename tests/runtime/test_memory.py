"""Memory that a job has freed is given back to the system."""

import sys
import threading

import numpy as np
import psutil
import pytest

from rbdm.runtime.memory import release_free_memory

BLOCK = 100_000
"""Bytes: below the size from which glibc asks the system for each block."""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do this themselves")
def test_free_memory_goes_back() -> None:
    """The first blocks are freed and the last one is not, so that glibc keeps them all."""
    process, kept = psutil.Process(), []

    def job() -> None:
        blocks = [np.ones(BLOCK, np.uint8) for _ in range(2000)]
        kept.append(blocks[-1])

    before = process.memory_info().rss
    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    held = process.memory_info().rss - before
    release_free_memory()
    assert process.memory_info().rss - before < max(held / 4, 20e6)
    assert held > 100e6, "this machine's library gives it back by itself"
