"""What a session of a job takes beyond its frames: `python -m benchmarks.sessions [--sessions 50] [--database]`.

A real DISCOVER server runs jobs of one session and of many, with short clips and with clips three times as long. Many
sessions less one are free of the job's start (weights); what then grows with the clips is the frames', and the rest is
what a session takes by itself: opening its files, checking its outputs, writing three annotations. Each figure is the
smallest of `--repeat` jobs. Needs '.[server]'; with `--database`, '.[test]' as well
(see tests/support/nova_database.py).
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import av

from rbdm.client.client import Status
from rbdm.client.demo_clip import write_clip
from rbdm.client.install import install
from rbdm.client.job_monitor import job_states
from rbdm.client.local_server import LocalServer
from rbdm.ssi import Stream, read_stream, write_stream

SHORT, LONG = 25, 75
"""Frames of the clips."""
FILES = {
    "input_data": ("file:stream:video", "input", "face.mp4"),
    "face_bb": ("file:stream:SSIStream:blazeface", "input", "face.stream"),
    "expression": ("file:annotation:Discrete", "output", "expression.annotation"),
    "valence": ("file:annotation:Continuous", "output", "valence.annotation"),
    "arousal": ("file:annotation:Continuous", "output", "arousal.annotation"),
}

Form = Callable[[int], dict[str, str]]
"""The form of a job with so many sessions."""


def clip(folder: Path, frames: int) -> tuple[Path, Path]:
    """The first frames of the demo's clip."""
    video, faces = write_clip(folder / "whole")
    shorter, stream = folder / "face.mp4", read_stream(faces)
    with av.open(str(video)) as source, av.open(str(shorter), "w") as container:
        out = container.add_stream("libx264", rate=25)
        out.width, out.height, out.pix_fmt = 480, 480, "yuv420p"
        for _, frame in zip(range(frames), source.decode(video=0), strict=False):
            container.mux(out.encode(av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"), "rgb24")))
        container.mux(out.encode())
    write_stream(folder / "face.stream", Stream(stream.data[:frames].copy(), stream.sample_rate))
    return shorter, folder / "face.stream"


@contextmanager
def files(folder: Path, frames: int, sessions: int) -> Iterator[tuple[LocalServer, Form]]:
    """Sessions that are folders, with their annotations in them."""
    video, faces = clip(folder, frames)
    for number in range(sessions):
        session = folder / "sessions" / str(number)
        session.mkdir(parents=True)
        for file in (video, faces, faces.with_name(faces.name + "~")):
            (session / file.name).symlink_to(file)
    entries = [
        {"src": src, "type": kind, "id": id, "uri_template": f"{folder.as_posix()}/sessions/{{session}}/{name}"}
        for id, (src, kind, name) in FILES.items()
    ]
    form = {"trainerFilePath": "modules\\rbdm\\rbdm.trainer", "data": json.dumps(entries)}
    with LocalServer(folder / "server") as server:
        yield server, lambda count: form | {"sessions": json.dumps([str(number) for number in range(count)])}


@contextmanager
def database(folder: Path, frames: int, sessions: int) -> Iterator[tuple[LocalServer, Form]]:
    """Sessions of a NOVA database."""
    from tests.support.nova_database import datasets

    video, faces = clip(folder, frames)
    with (
        LocalServer(folder / "server") as server,
        datasets(folder / "database", server.folder / "data") as make,
    ):
        dataset = make()
        dataset.add_discrete("expression", dict(enumerate(["Neutral", "Happy", "Sad", "Surprise"])))
        dataset.add_continuous("valence")
        dataset.add_continuous("arousal")
        for number in range(sessions):
            dataset.add_session(str(number), video, faces)
        yield server, lambda count: dataset.form([str(number) for number in range(count)])


def seconds(server: LocalServer, form: dict[str, str]) -> float:
    """How long a job takes."""
    job = f"sessions-{time.monotonic_ns()}"
    start = time.perf_counter()
    server.client.submit(form | {"jobID": job, "options": '{"weights": "open"}'})
    *_, end = job_states(server.client, job)
    if end.status is not Status.FINISHED:
        sys.exit(end.log)
    return time.perf_counter() - start


def per_session(
    frames: int, sessions: int, repeat: int, where: Callable[..., AbstractContextManager[tuple[LocalServer, Form]]]
) -> float:
    """Seconds of a session with so many frames, without the job's start."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        where(Path(folder), frames, sessions) as (server, form),
    ):
        install(server.cml_dir)
        one, many = (min(seconds(server, form(count)) for _ in range(repeat)) for count in (1, sessions))
    print(f"{frames} frames: a job of 1 session {one:.2f} s, of {sessions} sessions {many:.2f} s", flush=True)
    return (many - one) / (sessions - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--database", action="store_true", help="sessions of a NOVA database, not files")
    options = parser.parse_args()
    where = database if options.database else files
    short, long = (per_session(frames, options.sessions, options.repeat, where) for frames in (SHORT, LONG))
    frame = (long - short) / (LONG - SHORT)
    print(f"a frame {1000 * frame:.2f} ms; a session beyond its frames {1000 * (short - SHORT * frame):.0f} ms")


if __name__ == "__main__":
    main()
