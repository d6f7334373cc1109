"""NOVA's predict button, field by field, and other clients, on real servers of both backends.

NOVA's form is `Dataset.form`; what its window makes of our trainer file is checked against the server's own list.
"""

import base64
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from rbdm.annotator import Annotator
from rbdm.client.client import JobState, Status
from rbdm.client.local_server import LocalServer
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import read_annotation
from rbdm.timeline.annotations import expression_annotation, value_annotation
from rbdm.types import VALUES
from tests.support import clips
from tests.support.command_line import write_picture
from tests.support.jobs import OUTPUTS, changed, moods, run_job, run_job_of_nova, wait_for_end, without
from tests.support.nova_database import BLAZEFACE, OPTIONS, POST_PROCESS, ROLE, Dataset

pytest.importorskip("discover", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")

Clip = tuple[Path, Path]
EIGHT = dict(enumerate(name for name, _ in EXPRESSIONS))


@pytest.fixture
def dataset(server: LocalServer, make_dataset: Callable[[LocalServer], Dataset]) -> Dataset:
    return fresh(make_dataset(server))


@pytest.fixture
def either_dataset(either_server: LocalServer, make_dataset: Callable[[LocalServer], Dataset]) -> Dataset:
    """For what is most important; a job takes longer in a process of its own."""
    return fresh(make_dataset(either_server))


def fresh(made: Dataset) -> Dataset:
    """The dataset with the schemes and a video stream, and with no box stream."""
    made.db.Streams.delete_one({"name": "face_bounding_box"})
    made.add_discrete("expression", EIGHT)
    made.add_continuous("valence")
    made.add_continuous("arousal")
    return made


def finished(server: LocalServer, form: dict[str, str]) -> JobState:
    end = run_job_of_nova(server.client, form)
    assert end.status is Status.FINISHED, end.log
    return end


def segments(dataset: Dataset, scheme: str = "expression") -> list[tuple[Any, ...]]:
    return [tuple(label.values()) for label in dataset.labels("one", scheme)]


def test_the_form_is_what_nova_makes_of_our_trainer_file(server: LocalServer, dataset: Dataset) -> None:
    listed = requests.post(f"{server.client.url}/cml_info", timeout=60).json()["trainer_ok"]
    trainer = json.loads(next(text for path, text in listed.items() if Path(path.replace("\\", "/")).stem == "rbdm"))
    assert trainer["meta_enable_post_process"] is False, "NOVA would fill gaps and remove segments"
    assert trainer["meta_is_iterable"] is False, "NOVA would send start, end and stride"
    form = dataset.form(["one"])
    data = json.loads(form["data"])
    for entry, declared in zip(data, json.loads(trainer["meta_io"]), strict=True):
        assert (entry["id"], entry["type"], entry["active"]) == (declared["id"], declared["type"], True)
        kind = declared["data"] if entry["type"] == "input" else declared["data"].split(":")[0]
        assert entry["src"] == f"db:{kind}"
        assert entry.get("name", entry.get("scheme")) == declared["default_value"]
    options = [option.strip("{}").split(":")[0] for option in trainer["model_option_string"].split(";")]
    assert list(OPTIONS) == options
    assert [form["leftContext"], form["frameSize"]] == [str(trainer[f"meta_{n}"]) for n in ("left_ctx", "frame_step")]


def test_a_dataset_with_nothing_but_a_video(
    either_server: LocalServer, either_dataset: Dataset, face_clip: Clip, annotator: Annotator
) -> None:
    folder = either_dataset.add_session("one", face_clip[0])
    end = finished(either_server, either_dataset.form(["one"]))
    boxes = folder / f"{ROLE}.face_bounding_box.stream"
    assert f"session 1/1: no box stream {boxes}: rbdm finds the face itself" in end.log
    wanted = annotator.annotate(face_clip[0], warn=print)
    assert segments(either_dataset) == expression_annotation(wanted, Options()).data.tolist()
    for value in VALUES:
        scores = value_annotation(wanted, value, Options(), warn=print).data
        assert len(segments(either_dataset, value)) == pytest.approx(len(scores), abs=1)
    assert either_dataset.db.Streams.find_one({"name": "face_bounding_box"}) is None, "there is no file to list"


def test_a_box_stream_that_the_dataset_does_not_list_is_used_and_listed(
    either_server: LocalServer, either_dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    """NOVA and other modules find it from now on."""
    either_dataset.add_session("one", *moods_clip)
    end = finished(either_server, either_dataset.form(["one"]))
    assert f"added the stream 'face_bounding_box' to the dataset '{either_dataset.name}'" in end.log
    assert segments(either_dataset) == expression_annotation(moods_prediction, Options()).data.tolist()
    document = either_dataset.db.Streams.find_one({"name": "face_bounding_box"})
    assert (document["fileExt"], document["type"], document["isValid"]) == ("stream", BLAZEFACE, True)
    assert document["sr"] == pytest.approx(30000 / 1001) and len(document["dimlabels"]) == 5
    again = finished(either_server, either_dataset.form(["one"]))
    assert "added the stream" not in again.log and either_dataset.db.Streams.count_documents({}) == 2


def test_a_video_that_the_dataset_does_not_list(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    dataset.db.Streams.delete_many({})
    folder = dataset.add_session("one", *moods_clip)
    finished(server, dataset.form(["one"]))
    assert segments(dataset) == expression_annotation(moods_prediction, Options()).data.tolist()
    (folder / f"{ROLE}.video.mp4").unlink()
    end = run_job_of_nova(server.client, dataset.form(["one"]))
    assert f"the dataset '{dataset.name}' has no stream 'video'" in end.log and end.status is Status.FAILED


def test_the_panel_of_nova_never_closes_a_gap_without_a_face(
    either_server: LocalServer, either_dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    """Each gap in the clip is shorter than NOVA's 0.5 s, and each single frame shorter than its 0.15 s."""
    either_dataset.add_session("one", *moods_clip)
    end = finished(either_server, either_dataset.form(["one"]) | POST_PROCESS)
    assert segments(either_dataset) == expression_annotation(moods_prediction, Options()).data.tolist()
    assert "segments shorter than 0.15 s, gaps up to 0.5 s: 0 of 6 segments removed, 0 gaps closed" in end.log
    frames = {"options": json.dumps(OPTIONS | {"merge_segments": False})}
    end = finished(either_server, either_dataset.form(["one"]) | POST_PROCESS | frames)
    assert (
        segments(either_dataset) == expression_annotation(moods_prediction, Options(merge_segments=False)).data.tolist()
    )
    assert "0 of 78 segments removed" in end.log


def test_an_annotation_is_never_emptied(server: LocalServer, dataset: Dataset, moods_clip: Clip) -> None:
    dataset.add_session("one", *moods_clip)
    end = finished(server, dataset.form(["one"]) | {"anno_min_gap": "0.5", "anno_min_dur": "20.0"})
    assert "warning: segments shorter than 20 s, gaps up to 0.5 s: this would remove all 6 segments" in end.log
    assert len(segments(dataset)) == 6


def test_what_is_too_short_is_removed_and_said(server: LocalServer, dataset: Dataset, tmp_path: Path) -> None:
    """All segments of the clip last 13 frames, but the last one, which lasts 6."""
    dataset.add_session("one", *moods(tmp_path / "clip", frames=110))
    end = finished(server, dataset.form(["one"]) | {"anno_min_dur": "300ms"})
    spans = [round((end - start) * 30000 / 1001) for start, end, *_ in segments(dataset)]
    assert spans == [13] * 6
    assert "1 of 7 segments removed, 0 gaps closed; frames without a face stay gaps" in end.log


def test_a_dataset_of_hcmlabs_module(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    dataset.db.Schemes.update_one({"name": "expression"}, {"$set": {"name": "emotion"}})
    dataset.add_session("one", *moods_clip)
    end = finished(server, dataset.form(["one"]))
    assert "has no scheme 'expression': uses its scheme 'emotion'" in end.log
    assert segments(dataset, "emotion") == expression_annotation(moods_prediction, Options()).data.tolist()


def by_value(picture: Path, **more: Any) -> dict[str, str]:
    """A form whose image and results are in no file that the client and the server share."""
    text = base64.b64encode(picture.read_bytes()).decode()
    data: list[dict[str, Any]] = [{"id": "input_data", "type": "input", "src": "request:image", "data": text, **more}]
    for name in OUTPUTS:
        kind = "Discrete" if name == "expression" else "Continuous"
        data.append({"id": name, "type": "output", "src": f"request:annotation:{kind}", "data": "", "active": True})
    options = json.dumps({"weights": "open"})
    trainer = "modules\\rbdm\\rbdm.trainer"
    return {"jobID": "by-value", "trainerFilePath": trainer, "data": json.dumps(data), "options": options}


def test_an_image_in_the_request_and_results_by_download(
    either_server: LocalServer, face_clip: Clip, annotator: Annotator, tmp_path: Path
) -> None:
    picture = write_picture(tmp_path / "face.jpg", face_clip[0])
    picture.write_bytes(picture.read_bytes() + bytes(250_000))  # a size that the system refuses as an argument
    form = by_value(picture)
    job = f"by-value-{either_server.client.url[-5:]}"
    end = finished_under(job, either_server, form)
    assert "rbdm finds the face itself" in end.log and "1 frames, 1 with a face" in end.log
    answer = requests.post(
        f"{either_server.client.url}/fetch_result", data={"jobID": job, "delete_after_download": "True"}, timeout=60
    )
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path / "got")
    got = {path.name: read_annotation(path) for path in (tmp_path / "got").rglob("*.annotation")}
    assert sorted(got) == ["arousal.annotation", "expression.annotation", "valence.annotation"]
    wanted = annotator.annotate(picture, warn=print)
    assert got["expression.annotation"].data.tolist() == expression_annotation(wanted, Options()).data.tolist()
    assert got["valence.annotation"].data.tolist() == value_annotation(wanted, "valence", Options()).data.tolist()
    assert got["expression.annotation"].meta["video"] == "input_data"


def finished_under(job: str, server: LocalServer, form: dict[str, str]) -> JobState:
    """A job whose id the client knows, so that it can fetch the results."""
    end = wait_for_end(server.client, server.client.submit(form | {"jobID": job}))
    assert end.status is Status.FINISHED, end.log
    return end


def test_a_video_in_the_request(server: LocalServer, tmp_path: Path) -> None:
    """It must be small: Flask accepts 500 kB in a form."""
    video = clips.write_clip(tmp_path / "clip.mp4", clips.constant(10))
    form = by_value(video, src="request:stream:video")
    for name in OUTPUTS:
        kind = "discrete" if name == "expression" else "continuous"
        target = {"src": f"file:annotation:{kind}", "uri": str(tmp_path / f"{name}.annotation")}
        form = changed(form, name, **target)
    end = run_job(server.client, without(form, "arousal"))
    assert end.status is Status.FINISHED and "10 frames, 0 with a face" in end.log, end.log
    assert len(read_annotation(tmp_path / "valence.annotation").data) == 10


@pytest.mark.parametrize("data", ["", "no base64!", base64.b64encode(b"no image").decode()])
def test_a_request_without_an_image_is_one_line(server: LocalServer, face_clip: Clip, data: str) -> None:
    end = run_job(server.client, by_value(face_clip[0], data=data))
    lines = [line for line in end.log.splitlines() if "session 1/1: error:" in line]
    assert end.status is Status.FAILED and len(lines) == 1 and "input_data" in lines[0], end.log


def test_a_file_that_was_uploaded(server: LocalServer, face_clip: Clip, tmp_path: Path) -> None:
    """NOVA uploads a file first, and sends the path that the server answers."""
    with face_clip[0].open("rb") as file:
        answer = requests.post(f"{server.client.url}/upload", files={"file": ("my face.mp4", file)}, timeout=60)
    form = by_value(face_clip[0], src="file:stream:video", uri=answer.text, data=None)
    end = run_job(server.client, form)
    assert end.status is Status.FINISHED, end.log


def test_detect_then_predict_in_a_fresh_dataset(
    server: LocalServer,
    dataset: Dataset,
    face_clip: Clip,
    rbdm: Callable[..., tuple[int, list[str], list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`rbdm detect --db` in a session's folder: NOVA lists the stream, and the job uses it."""
    folder = dataset.add_session("one", face_clip[0])
    monkeypatch.setenv("RBDM_DB_PASSWORD", dataset.password)
    monkeypatch.setenv("DISCOVER_USE_TLS", "false")
    where = ["--db", ":".join(map(str, dataset.address)), "--db-user", dataset.user, "--dataset", dataset.name]
    code, out, err = rbdm("detect", folder / f"{ROLE}.video.mp4", *where)
    assert code == 0 and out[-1] == f"stream face_bounding_box added to the dataset {dataset.name}", err
    code, out, err = rbdm("detect", folder / f"{ROLE}.video.mp4", *where)
    assert code == 0 and out[-1] == f"stream face_bounding_box is already in the dataset {dataset.name}", err
    end = finished(server, dataset.form(["one"]))
    assert "finds the face itself" not in end.log and "added the stream" not in end.log
    code, out, err = rbdm("detect", folder / f"{ROLE}.video.mp4", *where[:-1], "nothing")
    assert (code, out, len(err)) == (1, [], 1) and "has no dataset 'nothing'" in err[0]
    assert "nothing" not in dataset.client.list_database_names()
    monkeypatch.setenv("RBDM_DB_PASSWORD", "wrong")
    code, out, err = rbdm("detect", folder / f"{ROLE}.video.mp4", *where)
    assert (code, out, len(err)) == (1, [], 1) and f"cannot be used as '{dataset.user}'" in err[0]
    shutil.rmtree(folder)
