"""What the tests of the server side share: the documented request, real jobs, clips, and a second module."""

import json
import shutil
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import requests

from rbdm import __version__
from rbdm.client.client import Client, JobState
from rbdm.client.demo_pictures import read_picture
from rbdm.client.local_server import LocalServer
from rbdm.ssi import Stream, write_stream

OUTPUTS = ("expression", "valence", "arousal")
_POLL = 0.05
_LONGEST = 900.0

ANOTHER_TRAINER = """<?xml version="1.0" ?>
<trainer ssi-v="5"><info trained="true"/><meta is_iterable="False"/>
<model create="Another" script="another.py"/></trainer>
"""
ANOTHER_SCRIPT = """
import numpy as np
from discover_utils.interfaces.server_module import Processor

class Another(Processor):
    def process_data(self, ds_manager):
        return self.get_session_manager(ds_manager).output_data_templates

    def to_output(self, data):
        for template in data.values():
            template.data = np.array([(12345, 23456, 1, 0.5)], template.annotation_scheme.label_dtype)
        return data
"""


def seed_form(video: Path, faces: Path, folder: Path) -> dict[str, str]:
    """The form of the module's documentation, verbatim but for the paths."""
    expression, valence, arousal = (str(folder / f"{name}.annotation") for name in OUTPUTS)
    return {
        "jobID" : "rbdm",
        "data": json.dumps([
            {"src":"file:stream:video", "type":"input", "id":"input_data", "uri":str(video)},
            {"src":"file:stream:ssifeature:blazeface", "type":"input", "id":"face:bb", "uri":str(faces)},
            {"src":"file:annotation:discrete", "type":"output", "id":"expression",  "uri":expression},
            {"src":"file:annotation:continuous", "type":"output", "id":"valence",  "uri":valence},
            {"src":"file:annotation:continuous", "type":"output", "id":"arousal",  "uri":arousal},
        ]),
        "trainerFilePath": "modules\\rbdm\\rbdm.trainer",
    }  # fmt: skip


def sessions_form(folder: Path, sessions: list[str]) -> dict[str, str]:
    """A job of several sessions, each with its files in a folder of its name below `folder`."""
    files = {
        "input_data": ("file:stream:video", "input", "video.mp4"),
        "face_bb": ("file:stream:SSIStream:blazeface", "input", "face.stream"),
        "expression": ("file:annotation:Discrete", "output", "expression.annotation"),
        "valence": ("file:annotation:Continuous", "output", "valence.annotation"),
        "arousal": ("file:annotation:Continuous", "output", "arousal.annotation"),
    }
    data = [
        {"src": src, "type": kind, "id": id, "uri_template": f"{folder.as_posix()}/{{session}}/{name}"}
        for id, (src, kind, name) in files.items()
    ]
    form = {"jobID": "sessions", "trainerFilePath": "modules\\rbdm\\rbdm.trainer"}
    return form | {"data": json.dumps(data), "sessions": json.dumps(sessions)}


def changed(form: dict[str, str], entry: str, **fields: Any) -> dict[str, str]:
    """The form with other fields in the data entry whose id is `entry`; a None takes a field away."""
    data = json.loads(form["data"])
    for item in data:
        if item["id"] == entry:
            item.update(fields)
    kept = [{key: value for key, value in item.items() if value is not None} for item in data]
    return form | {"data": json.dumps(kept)}


def without(form: dict[str, str], *entries: str) -> dict[str, str]:
    """The form without the data entries of these ids."""
    data = [item for item in json.loads(form["data"]) if item["id"] not in entries]
    return form | {"data": json.dumps(data)}


@dataclass(frozen=True)
class RunningJob:
    """A job that a server has been given, with the folder for its results."""

    server: LocalServer
    job: str
    results: Path

    def end(self) -> JobState:
        """Wait for its end."""
        return wait_for_end(self.server.client, self.job)


def run_job(client: Client, form: dict[str, str]) -> JobState:
    """Submit a job under a name of its own, and wait for its end."""
    return wait_for_end(client, client.submit(form | {"jobID": f"{form['jobID']}-{time.monotonic_ns()}"}))


def run_job_of_nova(client: Client, form: dict[str, str]) -> JobState:
    """As `run_job`, but the form is sent as NOVA sends it: multipart, with names without quotation marks."""
    job = f"{form['jobID']}-{time.monotonic_ns()}"
    boundary = "4a2c4f59-2b7e-4f7b-9d1b-0d6c3a1c5b52"
    parts = [
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Disposition: form-data; name={name}\r\n\r\n{value}\r\n"
        for name, value in (form | {"jobID": job}).items()
    ]
    body = "".join([*parts, f"--{boundary}--\r\n"]).encode()
    head = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    requests.post(f"{client.url}/process", data=body, headers=head, timeout=60, verify=False).raise_for_status()
    return wait_for_end(client, job)


def wait_for_end(client: Client, job: str) -> JobState:
    """Ask often: most jobs of tests take less than a second."""
    deadline = time.monotonic() + _LONGEST
    while not (state := client.state(job)).is_over:
        assert time.monotonic() < deadline, f"the job does not end:\n{state.log}"
        time.sleep(_POLL)
    return state


def moods(folder: Path, rate: Fraction = Fraction(30000, 1001), frames: int = 104) -> tuple[Path, Path]:
    """A face that is happy, then turned upside down (neutral, to the network), then gone, 13 frames each, and boxes.

    At 29.97 frames a second no frame's time is a round number of milliseconds.
    """
    face = cv2.resize(read_picture("skimage", "data/astronaut.png")[20:240, 110:340], (240, 240))
    shown = {0: face, 1: face[::-1], 2: np.full_like(face, 90), 3: face[::-1]}
    folder.mkdir(parents=True, exist_ok=True)
    video, faces = folder / "moods.mp4", folder / "moods.stream"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 240, 240, "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown[index // 13 % 4]), "bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    rows = np.tile(np.float32([0.1, 0.1, 0.9, 0.9, 0.9]), (frames, 1))
    rows[[index for index in range(frames) if index // 13 % 4 == 2], 4] = 0
    write_stream(faces, Stream(rows, float(rate), media_type="feature;face;boundingbox;blazeface"))
    return video, faces


def prepare_environment(server: LocalServer) -> None:
    """Give the module's virtual environment the script of this one, so that backend `venv` has nothing to install."""
    scripts = Path(sys.executable).parent
    made = server.cache_dir / "venvs" / f"rbdm@{__version__}" / scripts.name
    made.mkdir(parents=True)
    for script in scripts.glob("du-process*"):
        shutil.copy(script, made / script.name)


def add_another_module(cml_dir: Path) -> None:
    """Put a module of somebody else's beside ours; it writes one segment of 12.345 to 23.456 s."""
    folder = cml_dir / "modules" / "another"
    folder.mkdir(parents=True)
    (folder / "another.trainer").write_text(ANOTHER_TRAINER, encoding="utf-8")
    (folder / "another.py").write_text(ANOTHER_SCRIPT, encoding="utf-8")
