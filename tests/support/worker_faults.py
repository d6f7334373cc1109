"""Faults for the workers of `rbdm annotate --cluster`: Dask loads this file in each one, see `tests.support.cluster`.

A video whose name contains `crash` ends its worker as a fault in a library does. One whose name contains `hold` waits,
and leaves a file with the number of its process, until somebody ends this process; the next worker annotates it.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

from rbdm.annotator import Annotator
from rbdm.progress import Progress

FOLDER = "RBDM_TEST_MARKS"


def dask_setup(worker: object) -> None:
    """Called by Dask when a worker starts."""
    annotate = Annotator.annotate

    def with_faults(self: Annotator, video: Path, *others: Any, **named: Any) -> Any:
        name = Path(video).stem
        if "crash" in name:
            mark(name)
            os.kill(os.getpid(), signal.SIGBUS if hasattr(signal, "SIGBUS") else signal.SIGTERM)
        if "hold" in name and mark(name):
            while True:
                time.sleep(0.1)
                named["progress"](Progress(1, 10, 1.0))
        return annotate(self, video, *others, **named)

    Annotator.annotate = with_faults  # type: ignore[method-assign, assignment]


def mark(name: str) -> bool:
    """Leave a file that says that this process has started the video; whether it is the first one to do so."""
    folder = Path(os.environ[FOLDER])
    is_first = not list(folder.glob(f"{name}.*"))
    (folder / f"{name}.{os.getpid()}.{time.monotonic_ns()}").touch()
    return is_first
