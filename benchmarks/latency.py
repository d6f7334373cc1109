"""Measures a job on many sessions of a NOVA database that is far away, and counts the messages to the database.

    python -m benchmarks.latency [--sessions 50] [--latency 100] [--module FOLDER]

A proxy delays each message to the database by `--latency` milliseconds. A real DISCOVER server runs one job with one
session and one job with `--sessions` sessions, whose clips have 25 frames. The difference does not contain the start of
a job. `--module` names the folder of another version of rbdm, to compare it with this one. Needs '.[test]'.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.sessions import clip
from rbdm.client.client import Status
from rbdm.client.install import install
from rbdm.client.job_monitor import job_states
from rbdm.client.local_server import LocalServer
from tests.support.database_proxy import DatabaseProxy
from tests.support.nova_database import Dataset, PlainServer, datasets

FRAMES = 25


def run(server: LocalServer, dataset: Dataset, proxy: DatabaseProxy, sessions: list[str]) -> tuple[float, list[str]]:
    """Seconds and messages of a job."""
    host, port = proxy.address
    proxy.begin()
    start = time.perf_counter()
    job = server.client.submit(dataset.form(sessions, dbHost=host, dbPort=str(port), jobID=f"j{time.monotonic_ns()}"))
    *_, end = job_states(server.client, job)
    if end.status is not Status.FINISHED:
        sys.exit(end.log)
    return time.perf_counter() - start, list(proxy.commands)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--latency", type=float, default=100.0, help="milliseconds")
    parser.add_argument("--module", type=Path, help="folder of another version of rbdm")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        video, faces = clip(folder / "clip", FRAMES)
        with PlainServer(folder / "server") as server, datasets(folder / "database", server.folder / "data") as make:
            if options.module:
                shutil.copytree(options.module, server.cml_dir / "modules" / "rbdm")
            else:
                install(server.cml_dir)
            dataset = make()
            dataset.add_discrete("expression", dict(enumerate(["Neutral", "Happy", "Sad", "Surprise"])))
            dataset.add_continuous("valence")
            dataset.add_continuous("arousal")
            sessions = [f"s{number}" for number in range(options.sessions + 1)]
            for session in sessions:
                dataset.add_session(session, video, faces)
            with DatabaseProxy(dataset.address, options.latency / 1000) as proxy:
                first, said = run(server, dataset, proxy, sessions[:1])
                seconds, commands = run(server, dataset, proxy, sessions[1:])
    further = options.sessions - 1
    print(f"a job of 1 session: {first:.1f} s, {len(said)} messages")
    print(f"a job of {options.sessions} sessions: {seconds:.1f} s, {len(commands)} messages: {dict(Counter(commands))}")
    messages = (len(commands) - len(said)) / further
    print(f"each further session: {(seconds - first) / further:.2f} s, {messages:.1f} messages")


if __name__ == "__main__":
    main()
