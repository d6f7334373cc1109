"""An Annotator that was made before a process started another one works there, or the error says what to do."""

import subprocess
import sys

import pytest

PROGRAM = """
import multiprocessing, sys, warnings
import numpy as np
from rbdm import Annotator, Options

def score(annotator):
    picture = np.random.default_rng(0).integers(0, 255, (1, 90, 160, 3), dtype=np.uint8)
    return annotator.predict(picture, np.array([[0.1, 0.1, 0.9, 0.5]], np.float32)).valence.tolist()

def in_child(number):
    return score(ANNOTATOR if sys.argv[1] == "fork" else Annotator(Options(weights="open", device="cpu")))

if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Python 3.12 warns of forks in a process with threads
    ANNOTATOR = Annotator(Options(weights="open", device="cpu"))
    expected = score(ANNOTATOR)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        assert pool.map_async(in_child, range(2)).get(90) == [expected] * 2
    assert score(ANNOTATOR) == expected
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_process_that_was_started_after_the_annotator_was_made(tmp_path, method):
    if method == "fork" and sys.platform in ("win32", "darwin"):
        pytest.skip("fork is not the way to start processes here")
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py", method], capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr
