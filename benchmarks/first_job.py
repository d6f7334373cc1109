"""Measures the first job of a new server with backend `venv`, which makes an environment and installs what rbdm needs.

    python -m benchmarks.first_job [--also tensorflow]

A DISCOVER server in an empty folder runs the same job twice: the clip of `rbdm demo` with its box stream and the open
weights. `--also` adds requirements to those of the module, to see what they would cost. Pip takes the packages from
your package index or from its cache, so the first figure depends on the network. Needs '.[server]'.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.sessions import FILES
from rbdm.client.client import Status
from rbdm.client.demo_clip import write_clip
from rbdm.client.install import install
from rbdm.client.job_monitor import job_states
from rbdm.client.local_server import LocalServer


def seconds(server: LocalServer, folder: Path, name: str) -> float:
    """The duration of a job in seconds. It fails if its annotations are not there at the end."""
    video, faces = write_clip(folder / "clip")
    paths = {"input_data": video, "face_bb": faces}
    data = [
        {"src": src, "type": kind, "id": id, "uri": str(paths.get(id, folder / name / file))}
        for id, (src, kind, file) in FILES.items()
    ]
    form = {"jobID": name, "trainerFilePath": "modules\\rbdm\\rbdm.trainer", "data": json.dumps(data)}
    start = time.perf_counter()
    server.client.submit(form | {"options": '{"weights": "open"}'})
    *_, end = job_states(server.client, name)
    if end.status is not Status.FINISHED or not (folder / name / "valence.annotation").exists():
        sys.exit(end.log)
    return time.perf_counter() - start


def megabytes(folder: Path) -> float:
    """The size of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--also", nargs="*", default=[], help="further requirements")
    also = parser.parse_args().also
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, LocalServer(Path(name), "venv") as server:
        module = install(server.cml_dir)
        with (module / "requirements.txt").open("a", encoding="utf-8") as requirements:
            requirements.writelines(f"{one}\n" for one in also)
        first, second = (seconds(server, Path(name), job) for job in ("first", "second"))
        size = megabytes(server.cache_dir)
    print(f"first job {first:.0f} s, second job {second:.1f} s; the server's environment takes {size:.0f} MB")


if __name__ == "__main__":
    main()
