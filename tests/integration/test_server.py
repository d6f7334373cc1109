"""The module on a real DISCOVER server: the documented request and all that may be wrong with one."""

import json
import shutil
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import requests

from rbdm.client.client import Status
from rbdm.client.demo_clip import FRAMES, RATE
from rbdm.client.job_monitor import job_states
from rbdm.client.local_server import LocalServer
from rbdm.expressions import EXPRESSIONS
from rbdm.ssi import (
    CONTINUOUS_DTYPE,
    DISCRETE_DTYPE,
    Annotation,
    ContinuousScheme,
    DiscreteScheme,
    SchemeClass,
    Stream,
    read_annotation,
    read_stream,
    write_annotation,
    write_stream,
)
from tests.support import clips
from tests.support.jobs import OUTPUTS, RunningJob, changed, run_job, seed_form, sessions_form, without
from tests.support.nova_database import BLAZEFACE
from tests.support.nova_reader import open_in_nova

pytest.importorskip("discover", reason="needs the extra server")
files = pytest.importorskip("discover_utils.data.handler.file_handler", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")


def form_for(face_clip: tuple[Path, Path], folder: Path, **fields: str) -> dict[str, str]:
    return seed_form(*face_clip, folder) | {"options": json.dumps({"weights": "open"})} | fields


def assert_good_outputs(folder: Path, face_clip: tuple[Path, Path]) -> None:
    """Three annotations that NOVA, discover-utils and we read alike."""
    for name in OUTPUTS:
        path = folder / f"{name}.annotation"
        ours, nova, host = read_annotation(path), open_in_nova(path), files.FileHandler().load(path)
        assert ours.scheme.name == nova["name"] == host.annotation_scheme.name == name
        assert len(ours.data) == len(nova["rows"]) == len(host.data)
        assert ours.annotator == "rbdm" and {"weights", "weights_sha256", "rbdm_version"} <= ours.meta.keys()
    for name in ("valence", "arousal"):
        annotation = read_annotation(folder / f"{name}.annotation")
        assert isinstance(annotation.scheme, ContinuousScheme)
        scheme = annotation.scheme
        assert (scheme.sample_rate, scheme.minimum, scheme.maximum) == (RATE, -1, 1)
        assert len(annotation.data) == FRAMES
        confidence = read_stream(face_clip[1]).data[:, 4]
        np.testing.assert_allclose(annotation.data["conf"], confidence, atol=1e-6)
    expression = read_annotation(folder / "expression.annotation")
    assert isinstance(expression.scheme, DiscreteScheme)
    assert [(c.id, c.name, c.color) for c in expression.scheme.classes] == [
        (id, *expression) for id, expression in enumerate(EXPRESSIONS)
    ]
    assert expression.data["from"][0] == 0
    assert expression.data["to"][-1] == pytest.approx(FRAMES / RATE, abs=1e-3)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_documented_request(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    form = seed_form(*face_clip, tmp_path / "new" / "folder")
    headers = {"Content-type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{server.client.url}/process", headers=headers, data=form, timeout=10)
    assert answer.json() == {"success": "True"}
    *_, end = job_states(server.client, "rbdm")
    assert end.status is Status.FINISHED, end.log
    assert_good_outputs(tmp_path / "new" / "folder", face_clip)
    assert f"session 1/1: {FRAMES} frames, {FRAMES} with a face, weights" in end.log
    assert end.progress.startswith("session 1/1 ") or end.progress == "-"


def test_second_run_gives_the_same_bytes(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    form = form_for(face_clip, tmp_path)
    assert run_job(server.client, form).status is Status.FINISHED
    first = contents(tmp_path)
    assert run_job(server.client, form).status is Status.FINISHED
    assert contents(tmp_path) == first and len(first) == 6


@pytest.mark.parametrize(
    "fields",
    [
        {"options": '{"weights": "open", "batch_size": "50", "merge_segments": "False"}'},
        {"optStr": "weights=open;batch_size=50;merge_segments=False"},
    ],
)
def test_options_as_strings(
    server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path, fields: dict[str, str]
) -> None:
    form = seed_form(*face_clip, tmp_path) | fields
    end = run_job(server.client, form)
    assert end.status is Status.FINISHED, end.log
    assert len(read_annotation(tmp_path / "expression.annotation").data) == FRAMES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batchsize": "50"}, "unknown option 'batchsize'"),
        ({"batch_size": "0"}, "option batch_size is 0"),
        ({"num_expressions": "7"}, "option num_expressions is 7"),
        ({"weights": "none.h5"}, "none.h5"),
    ],
)
def test_wrong_options(
    server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path, options: dict[str, str], message: str
) -> None:
    end = run_job(server.client, form_for(face_clip, tmp_path / "out", options=json.dumps(options)))
    assert end.status is Status.FAILED and message in end.log
    assert not (tmp_path / "out").exists()


def test_both_spellings_of_the_inputs(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    form = form_for(face_clip, tmp_path)
    trainers = changed(form, "face:bb", id="face_bb", src="file:stream:SSIStream:blazeface")
    others = changed(changed(form, "face:bb", id="boxes"), "input_data", id="film")
    for form in (trainers, others):
        end = run_job(server.client, form)
        assert end.status is Status.FINISHED, end.log


def test_missing_input(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    end = run_job(server.client, without(form_for(face_clip, tmp_path), "input_data"))
    assert end.status is Status.FAILED and "the request has no input 'input_data'" in end.log
    end = run_job(server.client, without(form_for(face_clip, tmp_path), "face:bb"))
    assert end.status is Status.FINISHED and "no box stream: rbdm finds the face itself" in end.log
    assert read_annotation(tmp_path / "valence.annotation").meta["boxes"] == "found, largest, interpolated"


def test_only_what_is_asked_for(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    form = without(form_for(face_clip, tmp_path), "expression", "arousal")
    assert run_job(server.client, form).status is Status.FINISHED
    assert sorted(contents(tmp_path)) == ["valence.annotation", "valence.annotation~"]


def test_inactive_output(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    form = changed(form_for(face_clip, tmp_path), "arousal", active=False)
    assert run_job(server.client, form).status is Status.FINISHED
    assert "arousal.annotation" not in contents(tmp_path)


def test_request_gives_the_schemes(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    classes = {"3": {"name": "happiness", "color": "#FF00FF00"}, "7": "NEUTRAL", "9": "talking"}
    form = changed(form_for(face_clip, tmp_path), "expression", classes=classes)
    form = changed(form, "valence", sample_rate=5, min_val=0, max_val="10")
    end = run_job(server.client, changed(form, "arousal", sample_rate="10"))
    assert end.status is Status.FINISHED, end.log
    assert "does not have Sad, Surprise" in end.log and "has the range 0 to 10" in end.log
    expression = read_annotation(tmp_path / "expression.annotation")
    assert expression.scheme == DiscreteScheme(
        "expression",
        (SchemeClass(3, "happiness", "#FF00FF00"), SchemeClass(7, "NEUTRAL"), SchemeClass(9, "talking")),
    )
    assert set(expression.data["id"]) <= {3, 7}
    valence, arousal = (read_annotation(tmp_path / f"{name}.annotation") for name in ("valence", "arousal"))
    assert (valence.scheme.sample_rate, valence.scheme.minimum, valence.scheme.maximum) == (5, 0, 10)  # type: ignore[union-attr]
    assert (arousal.scheme.sample_rate, arousal.scheme.minimum, arousal.scheme.maximum) == (10, -1, 1)  # type: ignore[union-attr]
    assert len(valence.data) == 15 and len(arousal.data) == 30


def test_existing_files_give_the_schemes(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    discrete = DiscreteScheme("mood", (SchemeClass(1, "Anger", "#FF112233"), SchemeClass(8, "Happiness")), "#FFFFFF")
    continuous = ContinuousScheme("pleasure", 12.5, 0.0, 1.0, "#000000", "#FFFFFF")
    write_empty(tmp_path / "expression.annotation", discrete)
    write_empty(tmp_path / "valence.annotation", continuous)
    end = run_job(server.client, form_for(face_clip, tmp_path))
    assert end.status is Status.FINISHED, end.log
    assert read_annotation(tmp_path / "expression.annotation").scheme == discrete
    assert read_annotation(tmp_path / "valence.annotation").scheme == continuous
    assert set(read_annotation(tmp_path / "expression.annotation").data["id"]) <= {1, 8}


def write_empty(path: Path, scheme: Any) -> None:
    dtype = DISCRETE_DTYPE if isinstance(scheme, DiscreteScheme) else CONTINUOUS_DTYPE
    write_annotation(path, Annotation(scheme, np.empty(0, dtype)))


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        (DiscreteScheme("speech", (SchemeClass(0, "talking"),)), "none of its classes (talking)"),
        (ContinuousScheme("expression", 25.0), "expression needs a discrete scheme"),
    ],
)
def test_existing_scheme_that_does_not_fit(
    server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path, scheme: Any, message: str
) -> None:
    write_empty(tmp_path / "expression.annotation", scheme)
    before = contents(tmp_path)
    end = run_job(server.client, form_for(face_clip, tmp_path))
    assert end.status is Status.FAILED and message in end.log
    assert contents(tmp_path) == before


def test_existing_file_that_is_no_annotation(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "valence.annotation").write_text("not XML", encoding="utf-8")
    end = run_job(server.client, form_for(face_clip, tmp_path))
    assert end.status is Status.FAILED
    assert f"{tmp_path / 'valence.annotation'}: its annotation scheme cannot be read" in end.log
    assert contents(tmp_path) == {"valence.annotation": b"not XML"}


def test_folder_that_cannot_be_written(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    form = form_for((tmp_path / "none.mp4", face_clip[1]), tmp_path / "file")
    end = run_job(server.client, form)
    assert end.status is Status.FAILED and "cannot write to its folder" in end.log
    assert "none.mp4: no" not in end.log


def test_bad_sessions_leave_the_others_alone(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    names = ["good", "missing", "text", "four", "lonely", "last"]
    for name in names:
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(face_clip[0], folder / "video.mp4")
        for suffix in ("", "~"):
            shutil.copy(f"{face_clip[1]}{suffix}", folder / f"face.stream{suffix}")
    (tmp_path / "missing" / "video.mp4").unlink()
    (tmp_path / "text" / "video.mp4").write_text("no film at all " * 99, encoding="utf-8")
    stream = read_stream(face_clip[1])
    stream.data = np.ascontiguousarray(stream.data[:, :4])
    write_stream(tmp_path / "four" / "face.stream", stream)
    (tmp_path / "lonely" / "face.stream~").unlink()

    end = run_job(server.client, sessions_form(tmp_path, names) | {"options": '{"weights": "open"}'})

    assert end.status is Status.FAILED
    for number, (name, file) in enumerate(
        [("missing", "video.mp4"), ("text", "video.mp4"), ("four", "face.stream"), ("lonely", "face.stream")],
        2,
    ):
        (line,) = [line for line in end.log.splitlines() if f"session {number}/6: error: " in line]
        assert str(tmp_path / name / file) in line
        assert not list((tmp_path / name).glob("*.annotation*")), "nothing half written"
    assert "some sessions failed" in end.log.splitlines()[-1]
    for name in ("good", "last"):
        assert_good_outputs(tmp_path / name, face_clip)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mov", "libx264"),
        ("a.mkv", "libx264"),
        ("a.avi", "mpeg4"),
        ("a.webm", "libvpx"),
        ("a.MP4", "libx264"),
    ],
)
def test_other_containers(
    server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path, name: str, codec: str
) -> None:
    video = clips.write_clip(tmp_path / name, clips.constant(FRAMES, RATE), rate=RATE, codec=codec)
    end = run_job(server.client, form_for((video, face_clip[1]), tmp_path / "out"))
    assert end.status is Status.FINISHED, end.log
    assert len(read_annotation(tmp_path / "out" / "valence.annotation").data) == FRAMES


def test_image(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    image, faces = tmp_path / "face.png", tmp_path / "face.stream"
    with av.open(str(face_clip[0])) as film:
        cv2.imwrite(str(image), next(film.decode(video=0)).to_ndarray(format="bgr24"))
    write_stream(faces, Stream(read_stream(face_clip[1]).data[:1], 1.0))
    end = run_job(server.client, form_for((image, faces), tmp_path / "out"))
    assert end.status is Status.FINISHED, end.log
    assert len(read_annotation(tmp_path / "out" / "expression.annotation").data) == 1


def test_video_without_a_face(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    stream = read_stream(face_clip[1])
    stream.data[:] = (0, 0, 1, 1, 0)
    write_stream(tmp_path / "face.stream", stream)
    end = run_job(server.client, form_for((face_clip[0], tmp_path / "face.stream"), tmp_path / "out"))
    assert end.status is Status.FINISHED, end.log
    assert not len(read_annotation(tmp_path / "out" / "expression.annotation").data)
    samples = read_annotation(tmp_path / "out" / "valence.annotation").data
    assert len(samples) == FRAMES and not samples["score"].any() and not samples["conf"].any()


def test_letters_and_spaces_in_paths(server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    folder = tmp_path / "Jürgen Müller {1} 顔 %20"
    folder.mkdir()
    video = Path(shutil.copy(face_clip[0], folder / "Ünï çode.mp4"))
    end = run_job(server.client, form_for((video, face_clip[1]), folder / "out"))
    assert end.status is Status.FINISHED, end.log
    assert_good_outputs(folder / "out", face_clip)


def test_other_modules_of_the_server_are_left_alone(
    server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    assert run_job(server.client, form_for(face_clip, tmp_path / "ours")).status is Status.FINISHED
    output = [
        {
            "src": "file:annotation:discrete",
            "type": "output",
            "id": "theirs",
            "uri": str(tmp_path / "theirs.annotation"),
        }
    ]
    form = {"jobID": "another", "trainerFilePath": "modules\\another\\another.trainer"}
    end = run_job(server.client, form | {"data": json.dumps(output)})
    assert end.status is Status.FINISHED, end.log
    assert (tmp_path / "theirs.annotation~").read_text().split() == ["12.35;23.46;1;0.50"]

    output.append({"src": "file:stream:ssifeature", "type": "input", "id": "x", "uri": str(face_clip[1])})
    end = run_job(server.client, form | {"data": json.dumps(output)})
    assert end.status is Status.FAILED and "Invalid value for data source" in end.log


@pytest.mark.parametrize(
    ("inputs", "outputs", "listed"),
    [
        ([], [], True),
        (["stream", "stream"], [], True),
        (["stream", "stream"], ["annotation", "annotation", "annotation"], True),
        (["annotation", "stream"], [], False),
        ([], ["annotation"], False),
    ],
)
def test_server_lists_the_module(server: LocalServer, inputs: list[str], outputs: list[str], listed: bool) -> None:
    """The server compares each filter with each input or output, and their numbers."""
    form = {"input_filter": json.dumps(inputs), "output_filter": json.dumps(outputs)}
    found = requests.post(f"{server.client.url}/cml_info", data=form, timeout=10).json()
    assert not found["trainer_faulty"]
    ours = [json.loads(text) for path, text in found["trainer_ok"].items() if "rbdm" in path]
    assert len(ours) == listed
    for trainer in ours:
        assert trainer["model_create"] == "RBDM" and trainer["model_script_path"] == "rbdm.py"


def test_nova_offers_what_the_blazeface_module_writes(server: LocalServer) -> None:
    """NOVA shows the default first, then all streams whose type holds the input's third word."""
    found = requests.post(f"{server.client.url}/cml_info", timeout=10).json()
    (ours,) = [json.loads(text) for path, text in found["trainer_ok"].items() if "rbdm" in path]
    assert ours["info_trained"] is True and str(ours["meta_is_iterable"]) == "False"
    entries = {entry["id"]: entry for entry in json.loads(ours["meta_io"])}
    video, faces = (entries[name] for name in ("input_data", "face_bb"))
    assert (video["data"].split(":"), video["default_value"]) == (["stream", "Video"], "video")
    assert faces["default_value"] == "face_bounding_box"
    assert faces["data"].split(":")[2].upper() in BLAZEFACE.upper()
    for name in OUTPUTS:
        kind = "Discrete" if name == "expression" else "Continuous"
        assert (entries[name]["data"], entries[name]["default_value"]) == (f"annotation:{kind}", name)


def test_documented_request_in_a_virtual_environment(
    first_venv_job: RunningJob, face_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    end = first_venv_job.end()
    assert end.status is Status.FINISHED, end.log[-4000:]
    assert_good_outputs(first_venv_job.results, face_clip)
    assert "weights" in end.log

    client = first_venv_job.server.client
    bad = run_job(client, form_for((tmp_path / "none.mp4", face_clip[1]), tmp_path / "bad"))
    assert bad.status is Status.FAILED and "none.mp4: no such file" in bad.log
    wrong = form_for(face_clip, tmp_path / "bad", options='{"batch_size": "none"}')
    assert "option batch_size is 'none'" in run_job(client, wrong).log
