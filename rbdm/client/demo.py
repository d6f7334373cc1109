"""The demo: starts a DISCOVER server or uses a running one, sends it the documented request, shows the results."""

import json
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from rbdm.client.client import Client, Status, new_job_id
from rbdm.client.demo_clip import write_clip
from rbdm.client.install import install
from rbdm.client.job_forms import TRAINER, FileJob
from rbdm.client.job_monitor import outcome, run_job
from rbdm.client.local_server import LocalServer
from rbdm.errors import RbdmError
from rbdm.files.naming import annotation_paths
from rbdm.ssi import DiscreteScheme, read_annotation
from rbdm.types import AnnotationName


def run_demo(
    out: Path = Path("rbdm-demo"), console: Console | None = None, client: Client | None = None
) -> dict[AnnotationName, Path]:
    """Run the demo. Its clip and its annotations stay in `out`.

    Args:
        out: the folder; it is created if it does not exist.
        console: where to print; None for standard output.
        client: of a running server that has the module and sees the same files; None to start a server on this machine.

    Returns:
        The header files of `expression`, `valence` and `arousal`.

    Raises:
        RbdmError: the server is not installed or does not start, it does not have the module, or the job failed.
    """
    console = console or Console()
    out = Path(out).resolve()
    options: dict[str, str] = {}
    with ExitStack() as stack:
        if client is None:
            client = stack.enter_context(_local_server(console))
            options = {"options": json.dumps({"weights": "open"})}  # a demo asks for no licence and needs no network
        else:
            client.require(TRAINER)
        video, faces = write_clip(out)
        outputs = annotation_paths(out, video.stem)
        form = FileJob(video, faces, outputs).documented_form() | options | {"jobID": new_job_id()}
        end = run_job(client, form, console)
        if end.status is not Status.FINISHED:
            raise RbdmError(outcome(end))
    console.print(_table(outputs))
    console.print(f"Everything is in {out}", highlight=False, soft_wrap=True)
    console.print("Without a server: rbdm annotate YOUR-VIDEO.mp4", highlight=False)
    return outputs


@contextmanager
def _local_server(console: Console) -> Iterator[Client]:
    """Start a server with the module; at the end, stop it and remove its folder."""
    with _exit_on_sigterm(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        server = LocalServer(Path(scratch))
        install(server.cml_dir)
        with server:
            console.print(f"DISCOVER runs at {server.client.url}", highlight=False)
            yield server.client


def _table(outputs: dict[AnnotationName, Path]) -> Table:
    table = Table("annotation", "what the module says", "file")
    for name, path in outputs.items():
        table.add_row(name, _summary(path), path.name)
    return table


def _summary(path: Path) -> str:
    annotation = read_annotation(path)
    data = annotation.data
    if isinstance(annotation.scheme, DiscreteScheme):
        names = {item.id: item.name for item in annotation.scheme.classes}
        rows = (f"{row['from']:.2f}-{row['to']:.2f} s  {names[int(row['id'])]} ({row['conf']:.2f})" for row in data)
        return "\n".join(rows)
    seen = data["score"][data["conf"] > 0]
    mean = f"mean {np.mean(seen):+.2f}, from {seen.min():+.2f} to {seen.max():+.2f}" if len(seen) else "no face"
    return f"{len(data)} samples, {mean}"


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """Raise `SystemExit` on SIGTERM, so that the context managers stop the server before this process ends."""
    before = signal.getsignal(signal.SIGTERM)
    # Only the main thread can handle signals. A handler that was not installed from Python cannot be put back.
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
