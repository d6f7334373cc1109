"""Measures the time that a session of a job takes in addition to the time for its frames.

    python -m benchmarks.sessions [--sessions 50] [--repeat 3] [--database]

A real DISCOVER server runs jobs with one session and jobs with many sessions, first with short clips, then with clips
that are three times as long. The difference between the job with many sessions and the job with one session does not
contain the start of a job, in which the weights are loaded. The difference between long and short clips is the time for
the frames. The rest is the time for a session itself: it opens its files, checks its outputs and writes three
annotations. Each time is the shortest of `--repeat` jobs. Needs '.[server]'; `--database` needs also '.[test]' (see
tests/support/nova_database.py).
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
"""Number of frames of the short and of the long clips."""
FILES = {
    "input_data": ("file:stream:video", "input", "face.mp4"),
    "face_bb": ("file:stream:SSIStream:blazeface", "input", "face.stream"),
    "expression": ("file:annotation:Discrete", "output", "expression.annotation"),
    "valence": ("file:annotation:Continuous", "output", "valence.annotation"),
    "arousal": ("file:annotation:Continuous", "output", "arousal.annotation"),
}

Form = Callable[[int], dict[str, str]]
"""Called with the number of sessions; returns the form of the job."""


def clip(folder: Path, frames: int) -> tuple[Path, Path]:
    """The first `frames` frames of the demo clip, and their box stream."""
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
    """A server for sessions that are folders. The annotations are written to the same folders."""
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
    """A server for sessions of a NOVA database."""
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
    """The duration of a job in seconds."""
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
    """Seconds for a session whose clip has `frames` frames, without the start of the job."""
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
