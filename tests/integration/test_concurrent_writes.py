"""Two processes that write the same pair of files never mix them. A reader gets one pair or the other."""

import subprocess
import sys

from rbdm.ssi import read_stream

WRITER = """
import sys
import numpy as np
from rbdm.ssi import Stream, write_stream
for number in range(200):
    start = float(sys.argv[2]) * 1000 + number
    write_stream(sys.argv[1], Stream(np.full((50, 2), start), 25.0, start))  # both files hold the same number
"""


def test_400_writes_of_two_processes_and_no_mixed_pair(tmp_path):
    path, reads = tmp_path / "x.stream", 0
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), number]) for number in "12"]
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            stream = read_stream(path)
            assert (stream.data == stream.start).all()
            reads += 1
    assert [writer.returncode for writer in writers] == [0, 0] and reads > 10
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.stream", "x.stream~"]
