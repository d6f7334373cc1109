"""Memory that a job has freed is given back to the system: in a new process, whose memory no other test has used."""

import subprocess
import sys

import pytest

PROGRAM = """
import threading
import numpy as np
import psutil
from rbdm.runtime.memory import release_free_memory

BLOCK = 100_000  # bytes: below the size from which glibc asks the system for each block
process, kept = psutil.Process(), []

def job():
    # The first blocks are freed and the last one is not, so that glibc keeps them all.
    blocks = [np.ones(BLOCK, np.uint8) for _ in range(2000)]
    kept.append(blocks[-1])

before = process.memory_info().rss
thread = threading.Thread(target=job)
thread.start()
thread.join()
held = process.memory_info().rss - before
release_free_memory()
print(held, process.memory_info().rss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do this themselves")
def test_free_memory_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    held, after = map(int, done.stdout.split())
    assert held > 100e6, "this machine's library gives it back by itself"
    assert after < max(held / 4, 20e6)
