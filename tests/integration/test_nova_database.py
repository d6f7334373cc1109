"""The module on a real DISCOVER server and a real database, with the request of NOVA's predict button."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import requests

from rbdm.annotator import Annotator
from rbdm.client.client import JobState, Status
from rbdm.client.install import install
from rbdm.client.job_monitor import job_states
from rbdm.client.local_server import LocalServer
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import (
    ContinuousScheme,
    DiscreteScheme,
    Stream,
    read_annotation,
    read_stream,
    write_stream,
)
from rbdm.timeline.annotations import expression_annotation, value_annotation
from tests.support import clips
from tests.support.database_proxy import DatabaseProxy
from tests.support.jobs import (
    OUTPUTS,
    changed,
    moods,
    prepare_environment,
    run_job_of_nova,
    seed_form,
    wait_for_end,
)
from tests.support.nova_database import ANNOTATOR, ROLE, Dataset

pytest.importorskip("discover", reason="needs the extra server")
pytest.importorskip("discover_utils", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")

Clip = tuple[Path, Path]
BACKENDS: tuple[Literal["debug"], Literal["venv"]] = ("debug", "venv")
EIGHT = dict(enumerate(name for name, _ in EXPRESSIONS))
REORDERED = {0: "Anger", 1: "HAPPINESS", 2: "neutral", 3: "Sadness", 4: "Surprised", 5: "fear", 6: "Disgusted"}


@pytest.fixture
def make(server: LocalServer, make_dataset: Callable[[LocalServer], Dataset]) -> Callable[[], Dataset]:
    """Makes an empty dataset for `server`."""
    return lambda: make_dataset(server)


@pytest.fixture
def dataset(make: Callable[[], Dataset]) -> Dataset:
    return with_schemes(make())


def with_schemes(dataset: Dataset) -> Dataset:
    """The dataset with the schemes that NOVA offers a person to create for the module's outputs."""
    dataset.add_discrete("expression", EIGHT)
    dataset.add_continuous("valence", sr=25.0)
    dataset.add_continuous("arousal", sr=10.0)
    return dataset


def options(**values: Any) -> str:
    return json.dumps({"weights": "open", **{name: str(value) for name, value in values.items()}})


def finished(server: LocalServer, form: dict[str, str]) -> JobState:
    end = run_job_of_nova(server.client, form)
    assert end.status is Status.FINISHED, end.log
    return end


def failed(server: LocalServer, form: dict[str, str], *messages: str) -> JobState:
    end = run_job_of_nova(server.client, form)
    assert end.status is Status.FAILED, end.log
    assert not [text for text in messages if text not in end.log], end.log
    return end


def rows_of(labels: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    assert all(isinstance(value, (int, float)) for label in labels for value in label.values())
    return [tuple(label.values()) for label in labels]


def assert_is(dataset: Dataset, session: str, prediction: Prediction) -> None:
    """The session's annotations are the prediction's, document by document and to the last digit."""
    wanted = {
        "expression": expression_annotation(prediction, Options()),
        "valence": value_annotation(prediction, "valence", Options(), scheme_of(dataset, "valence"), print),
        "arousal": value_annotation(prediction, "arousal", Options(), scheme_of(dataset, "arousal"), print),
    }
    for name, annotation in wanted.items():
        stored = dataset.annotation(session, name)
        assert stored is not None and not stored["isLocked"] and not stored["isFinished"]
        assert list(stored["labels"][0]) == list(annotation.data.dtype.names or ())
        assert rows_of(stored["labels"]) == annotation.data.tolist()


def scheme_of(dataset: Dataset, name: str) -> ContinuousScheme:
    document = dataset.db.Schemes.find_one({"name": name})
    return ContinuousScheme(name, document["sr"], document["min"], document["max"])


@pytest.fixture(scope="module")
def jobs_without_database(
    server: LocalServer, venv_server: LocalServer, make_dataset: Callable[[LocalServer], Dataset]
) -> dict[LocalServer, str]:
    """A job on each of both servers, for a database that is not there: for six seconds they try to reach it."""

    def submit(running: LocalServer) -> str:
        return running.client.submit(make_dataset(running).form(["one"], dbPort="9", jobID="no database"))

    return {running: submit(running) for running in (server, venv_server)}


@pytest.fixture(scope="module")
def three_sessions(
    jobs_without_database: dict[LocalServer, str],  # they run meanwhile
    make_dataset: Callable[[LocalServer], Dataset],
    moods_clip: Clip,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, tuple[LocalServer, Dataset, str]]]:
    """One job on two servers of both backends: they have no settings and try for three seconds if there is TLS."""
    with ExitStack() as servers:
        jobs = {}
        for backend in BACKENDS:
            server = servers.enter_context(LocalServer(tmp_path_factory.mktemp(backend), backend))
            install(server.cml_dir)
            if backend == "venv":
                prepare_environment(server)
            dataset = with_schemes(make_dataset(server))
            _, broken, _ = (dataset.add_session(name, *moods_clip) for name in ("first", "broken", "last"))
            clips.truncated(moods_clip[0], broken / f"{ROLE}.video.mp4", 0.3)
            jobs[backend] = server, dataset, server.client.submit(dataset.form(["first", "broken", "last"]))
        yield jobs


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_sessions_of_which_one_is_broken(
    three_sessions: dict[str, tuple[LocalServer, Dataset, str]], moods_prediction: Prediction, backend: str
) -> None:
    server, dataset, job = three_sessions[backend]

    end = wait_for_end(server.client, job)

    assert end.status is Status.FAILED, end.log
    (line,) = [line for line in end.log.splitlines() if "session 2/3: error: " in line]
    broken = server.folder / "data" / dataset.name / "broken"
    assert str(broken / f"{ROLE}.video.mp4") in line and "session 2/3: broken" in end.log
    assert server.console.count("Model RBDM created") == 1, "its weights are loaded with it"
    for name in ("first", "last"):
        assert_is(dataset, name, moods_prediction)
    assert all(dataset.annotation("broken", name) is None for name in OUTPUTS)
    dataset.assert_whole()


def test_password_is_nowhere(
    either_server: LocalServer,
    jobs_without_database: dict[LocalServer, str],
    make_dataset: Callable[[LocalServer], Dataset],
    moods_clip: Clip,
) -> None:
    dataset = with_schemes(make_dataset(either_server))
    dataset.add_session("one", *moods_clip)
    clips.truncated(moods_clip[0], dataset.add_session("two", *moods_clip) / f"{ROLE}.video.mp4", 0.3)
    wrong = dataset.password + "x"
    good = failed(either_server, dataset.form(["one", "two", "three"]))
    refused = failed(either_server, dataset.form(["one"], dbPassword=wrong), "cannot be used as ")
    gone = wait_for_end(either_server.client, jobs_without_database[either_server])
    assert gone.status is Status.FAILED and "the database at 127.0.0.1:9 cannot be used as " in gone.log
    failed(either_server, changed(dataset.form(["one"]), "valence", scheme="none"))

    said = [either_server.console, *(end.log for end in (good, refused, gone))]
    said += [requests.get(f"{either_server.client.url}/job_status_all", timeout=10).text]
    said += [path.read_text(errors="replace") for path in files_of(either_server)]
    for text in said:
        assert dataset.password not in text and json.dumps(dataset.password)[1:-1] not in text
        assert "c41x" not in text


def files_of(server: LocalServer) -> list[Path]:
    """All that the server has written: not the module, not the data, not the database."""
    folders = [server.folder / name for name in ("log", "tmp", "cache")]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_each_bad_session_is_named_and_leaves_the_others(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    dataset.add_session("no video", None, moods_clip[1])
    (dataset.add_session("half", *moods_clip) / f"{ROLE}.face_bounding_box.stream~").unlink()
    dataset.add_session("strange", *moods_clip)
    dataset.db.Sessions.update_one({"name": "strange"}, {"$unset": {"isValid": 1}})
    dataset.add_session("good", *moods_clip)

    sessions = ["missing", "no video", "half", "strange", "good"]
    end = failed(server, dataset.form(sessions), "some sessions failed")

    folder = server.folder / "data" / dataset.name
    for number, text in enumerate(
        [
            f"the dataset {dataset.name!r} has no session 'missing'",
            str(folder / "no video" / f"{ROLE}.video.mp4"),
            str(folder / "half" / f"{ROLE}.face_bounding_box.stream~"),
            "its document in the database cannot be read: KeyError('isValid')",
        ],
        1,
    ):
        (line,) = [line for line in end.log.splitlines() if f"session {number}/5: error: " in line]
        assert text in line
        assert f"session {number}/5: {sessions[number - 1]}" in end.log
    assert_is(dataset, "good", moods_prediction)
    assert dataset.db.Annotations.count_documents({}) == 3


def test_locked_annotation_stays_and_is_named(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    for name in ("locked", "free"):
        dataset.add_session(name, *moods_clip)
    dataset.add_annotation("locked", "valence", [{"score": 0.5, "conf": 1.0}], isLocked=True)
    before = dataset.annotation("locked", "valence")

    end = failed(server, dataset.form(["locked", "free"]))

    (line,) = [line for line in end.log.splitlines() if "session 1/2: error: " in line]
    assert f"annotation 'valence' of annotator '{ANNOTATOR}', role '{ROLE}': is locked" in line
    assert "1/2: 104 of" not in end.log, "no video is decoded for nothing"
    assert dataset.annotation("locked", "valence") == before
    assert dataset.annotation("locked", "expression") is None, "one run's annotations belong together"
    assert_is(dataset, "free", moods_prediction)


def test_existing_annotations_are_replaced(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    dataset.add_session("one", *moods_clip)
    old = {"from": 0.0, "to": 1.0, "id": 3, "conf": 1.0}
    known = dataset.add_annotation("one", "expression", [old])
    dataset.add_annotation("one", "valence", [{"score": 0.5, "conf": 1.0}] * 999)
    dataset.db.Annotations.update_one({"_id": known}, {"$set": {"isFinished": True}})
    failed(server, dataset.form(["one"]), "is marked as finished", "overwrite_finished")

    end = finished(server, dataset.form(["one"], options=options(overwrite_finished=True)))

    assert "annotation 'expression'" in end.log and "the one of 2024-06-01 12:30 UTC, which was marked" in end.log
    assert_is(dataset, "one", moods_prediction)
    found = dataset.annotation("one", "expression")
    assert found is not None and found["_id"] == known and found["date"].year > 2024
    dataset.assert_whole()


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("command", ["insert", "update"])
def test_failure_half_way_leaves_the_old_annotation_or_none(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, exists: bool, command: str
) -> None:
    if dataset.server is None:
        pytest.skip("needs a database that fails when told to")
    dataset.add_session("one", *moods_clip)
    if exists:
        dataset.add_annotation("one", "expression", [{"from": 0.0, "to": 1.0, "id": 3, "conf": 1.0}])
    before = dataset.annotation("one", "expression")
    fail = {"failCommands": [command], "errorCode": 8000, "errorLabels": []}
    dataset.client.admin.command("configureFailPoint", "failCommand", mode={"times": 1}, data=fail)
    try:
        failed(server, dataset.form(["one"]), "session 1/1: error: ")
    finally:
        dataset.client.admin.command("configureFailPoint", "failCommand", mode="off")
    assert dataset.annotation("one", "expression") == before
    dataset.assert_whole()


def test_reordered_scheme_gives_the_same_names_at_the_same_times_as_files(
    server: LocalServer, make: Callable[[], Dataset], moods_clip: Clip, tmp_path: Path
) -> None:
    dataset = make()
    dataset.add_discrete("expression", {**REORDERED, 7: "Contempt"})
    dataset.add_continuous("valence")
    dataset.add_continuous("arousal")
    dataset.add_session("one", *moods_clip)
    schemes = list(dataset.db.Schemes.find())
    finished(server, dataset.form(["one"]))
    finished(server, seed_form(*moods_clip, tmp_path) | {"options": options()})

    by_file = read_annotation(tmp_path / "expression.annotation")
    assert isinstance(by_file.scheme, DiscreteScheme)
    names = {item.id: item.name for item in by_file.scheme.classes}
    from_file = [(row["from"], row["to"], names[row["id"]], row["conf"]) for row in by_file.data]
    ours = {1: "Happy", 2: "Neutral"}
    labels = dataset.labels("one", "expression")
    assert [(x["from"], x["to"], ours[x["id"]], x["conf"]) for x in labels] == from_file
    assert {name for *_, name, _ in from_file} == {"Happy", "Neutral"}
    assert list(dataset.db.Schemes.find()) == schemes, "the scheme and its colours stay as they are"


def test_times_are_exact(server: LocalServer, dataset: Dataset, moods_clip: Clip) -> None:
    dataset.add_session("one", *moods_clip)
    finished(server, dataset.form(["one"], options=options(merge_segments=False), annoMinGap="0", annoMinDur="0"))
    labels = dataset.labels("one", "expression")
    assert len(labels) == 78, "each frame with a face; a gap of 0, as of `rbdm submit`, joins none of them"
    assert labels[1]["from"] == pytest.approx(1001 / 30000, abs=1e-5)
    assert labels[1]["from"] == labels[0]["to"]


@pytest.mark.parametrize(
    ("classes", "num_expressions", "happy", "neutral"),
    [
        (dict(enumerate(["Neutral", "Happy", "Sad", "Surprise", "Fear"])), 5, 1, 0),
        ({3: "joyful", 4: "NEUTRAL", 2: "talking"}, 8, 3, 4),
        ({1: "Anger", 2: "Happiness", 3: "Talking", 4: "Neutral"}, 8, 2, 4),
        ({0: {"name": "Neutral", "isValid": False}, 5: "Neutral", 6: {"name": "happy", "isValid": True}}, 8, 6, 5),
    ],
    ids=["five", "three", "id equals number of classes", "deleted class"],
)
def test_classes_are_found_by_name(
    server: LocalServer,
    make: Callable[[], Dataset],
    moods_clip: Clip,
    moods_prediction: Prediction,
    classes: dict[int, Any],
    num_expressions: int,
    happy: int,
    neutral: int,
) -> None:
    dataset = make()
    dataset.add_discrete("mood", classes)
    dataset.add_session("one", *moods_clip)
    form = changed(dataset.form(["one"], options=options(num_expressions=num_expressions)), "expression", scheme="mood")
    finished(server, only(form, "expression"))
    labels = dataset.labels("one", "mood")
    assert [x["id"] for x in labels] == [happy, neutral, neutral, happy, neutral, neutral]
    has_face = moods_prediction.has_face
    assert sum(x["to"] - x["from"] for x in labels) == pytest.approx(has_face.sum() * 1001 / 30000, abs=1e-3)


def only(form: dict[str, str], *outputs: str) -> dict[str, str]:
    """The form with the check boxes of other outputs not ticked, as NOVA sends it."""
    for name in OUTPUTS:
        form = changed(form, name, active=str(name in outputs))
    return form


@pytest.mark.parametrize(
    ("sr", "low", "high"),
    [(29.97002997, -1, 1), (30, 0, 1), (25.0, -100, 100), (50.0, 1, 7), (5, -1.0, 1.0), (1, 0, 100)],
)
def test_rate_and_range_of_the_scheme(
    server: LocalServer,
    make: Callable[[], Dataset],
    moods_clip: Clip,
    moods_prediction: Prediction,
    sr: float,
    low: float,
    high: float,
) -> None:
    dataset = make()
    dataset.add_continuous("valence", sr, low, high)
    dataset.add_session("one", *moods_clip)
    end = finished(server, only(dataset.form(["one"]), "valence"))
    assert (f"scheme 'valence' has the range {low:g} to {high:g}" in end.log) == ((low, high) != (-1, 1))

    labels = dataset.labels("one", "valence")
    scheme = ContinuousScheme("valence", sr, low, high)
    assert rows_of(labels) == value_annotation(moods_prediction, "valence", Options(), scheme, print).data.tolist()
    assert len(labels) == pytest.approx(104 * 1001 / 30000 * sr, abs=1), "no sample is lost"
    middle, stretch = (low + high) / 2, (high - low) / 2
    score = np.array([x["score"] for x in labels])
    assert low <= score.min() and score.max() <= high
    for second, value in ((0.2, moods_prediction.valence[6]), (0.65, moods_prediction.valence[19]), (1.1, np.nan)):
        sample = labels[int(second * sr)]
        if sr < 5:
            continue
        if np.isnan(value):
            assert sample == {"score": middle, "conf": 0.0}, "a gap is not smeared"
        else:
            assert sample["score"] == pytest.approx(middle + stretch * value, abs=0.05 * stretch)


@pytest.mark.parametrize(
    ("name", "scheme", "message"),
    [
        ("expression", {"type": "DISCRETE", "labels": [{"id": 0, "name": "talking"}]}, "none of its classes (talking)"),
        ("expression", {"type": "DISCRETE", "labels": []}, "none of its classes (none)"),
        ("expression", {"type": "DISCRETE"}, "scheme 'expression': its document in the database cannot be read"),
        ("expression", {"type": "FREE"}, "expression needs a discrete scheme"),
        ("valence", {"type": "DISCRETE", "labels": []}, "valence needs a continuous scheme"),
        ("valence", {"type": "CONTINUOUS", "sr": 0, "min": 0, "max": 1}, "its sample rate is 0 Hz"),
        ("valence", {"type": "CONTINUOUS", "sr": 25, "min": 1, "max": 1}, "its range is 1 to 1"),
        ("valence", {"type": "CONTINUOUS", "sr": 25, "min": 1, "max": -1}, "its range is 1 to -1"),
        ("valence", {"type": "CONTINUOUS", "sr": 25, "min": 0, "max": float("nan")}, "its range is 0 to nan"),
        ("valence", {"type": "CONTINUOUS", "sr": "x", "min": 0, "max": 1}, "its scheme cannot be read"),
        ("valence", {"type": "CONTINUOUS", "sr": 25}, "scheme 'valence': its document in the database cannot be read"),
        ("valence", None, "the database has no scheme 'valence': create it first"),
    ],
)
def test_impossible_schemes_end_before_decoding(
    server: LocalServer, make: Callable[[], Dataset], moods_clip: Clip, name: str, scheme: Any, message: str
) -> None:
    dataset = make()
    if scheme:
        dataset.db.Schemes.insert_one({"name": name, "isValid": True, **scheme})
    clips.truncated(moods_clip[0], dataset.add_session("one", *moods_clip) / f"{ROLE}.video.mp4", 0.3)
    end = failed(server, only(dataset.form(["one"]), name), message)
    (line,) = [line for line in end.log.splitlines() if "error: " in line]
    assert "mp4" not in line, "the video is worse than the scheme, but nobody has looked at it"


@pytest.mark.parametrize(("field", "kind"), [("annotator", "annotator"), ("role", "role")])
def test_missing_annotator_or_role_is_named(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, field: str, kind: str
) -> None:
    dataset.add_session("one", *moods_clip)
    form = changed(dataset.form(["one"]), "valence", **{field: "nobody"})
    failed(server, form, f"the dataset {dataset.name!r} has no {kind} 'nobody': add it in NOVA first")
    assert not dataset.db.Annotations.count_documents({})


@pytest.mark.parametrize(
    ("entry", "field", "message"),
    [
        ("valence", "annotator", "the request's data has no field 'annotator'"),
        ("face_bb", "role", "input 'face_bb': its field 'role' must be a text"),
        ("input_data", "name", "input 'input_data': its field 'name' must be a text"),
    ],
)
def test_entry_without_a_field_is_named(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, entry: str, field: str, message: str
) -> None:
    dataset.add_session("one", *moods_clip)
    failed(server, changed(dataset.form(["one"]), entry, **{field: None}), message)


def test_outputs_that_are_not_ticked_stay_as_they_are(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    dataset.add_session("one", *moods_clip)
    dataset.add_annotation("one", "valence", [{"score": 0.5, "conf": 1.0}])
    dataset.add_annotation("one", "arousal", [{"score": 0.5, "conf": 1.0}], isLocked=True)
    before = [dataset.annotation("one", name) for name in ("valence", "arousal")]
    finished(server, only(dataset.form(["one"]), "expression"))
    assert (
        rows_of(dataset.labels("one", "expression")) == expression_annotation(moods_prediction, Options()).data.tolist()
    )
    assert [dataset.annotation("one", name) for name in ("valence", "arousal")] == before


def test_request_of_the_older_nova(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    """It sends no type of stream, and its options as one string."""
    dataset.add_session("one", *moods_clip)
    form = changed(changed(dataset.form(["one"]), "input_data", src="db:stream"), "face_bb", src="db:stream")
    del form["options"]
    finished(server, form | {"optStr": "weights=open;num_expressions=8;merge_segments=True;smoothing_ms=0"})
    assert_is(dataset, "one", moods_prediction)


def test_boxes_made_by_detect_then_predict(
    server: LocalServer, dataset: Dataset, face_clip: Clip, annotator: Annotator, rbdm: Any
) -> None:
    """As a person does it: `rbdm detect` in the sessions' folders, and *predict*."""
    folders = [dataset.add_session(name, face_clip[0]) for name in ("one", "two")]
    code, _, said = rbdm("detect", *(folder / f"{ROLE}.video.mp4" for folder in folders))
    assert code == 0, said
    finished(server, dataset.form(["one", "two"]))
    moods_prediction = annotator.annotate(face_clip[0], folders[0] / f"{ROLE}.face_bounding_box.stream")
    assert moods_prediction.has_face.all()
    for session in ("one", "two"):
        assert_is(dataset, session, moods_prediction)


def test_video_without_a_face(server: LocalServer, dataset: Dataset, moods_clip: Clip) -> None:
    folder = dataset.add_session("one", *moods_clip)
    path = folder / f"{ROLE}.face_bounding_box.stream"
    stream = read_stream(path)
    stream.data[:, 4] = 0
    write_stream(path, stream)
    finished(server, dataset.form(["one"]))
    assert dataset.labels("one", "expression") == []
    assert {tuple(x.values()) for x in dataset.labels("one", "valence")} == {(0.0, 0.0)}


def test_files_and_database_in_one_request(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, tmp_path: Path
) -> None:
    dataset.add_session("one", *moods_clip)
    path = tmp_path / "new" / "valence.annotation"
    form = changed(dataset.form(["one"]), "valence", src="file:annotation:continuous", uri=str(path))
    finished(server, form)
    assert len(read_annotation(path).data) == 104
    assert dataset.annotation("one", "arousal") and dataset.annotation("one", "valence") is None


@pytest.mark.parametrize("field", ["dbHost", "dbPort", "dbUser", "dbPassword"])
def test_request_without_credentials(server: LocalServer, dataset: Dataset, field: str) -> None:
    dataset.add_session("one")
    form = dataset.form(["one"])
    del form[field]
    failed(server, form, f"the request is for a database but has no {field}")


def test_one_connection_for_a_job(server: LocalServer, dataset: Dataset, tmp_path: Path) -> None:
    sessions = [f"s{number}" for number in range(4)]
    for name in sessions:
        dataset.add_session(name, *moods(tmp_path, frames=13))

    def made() -> int:
        return int(dataset.client.admin.command("serverStatus")["connections"]["totalCreated"])

    before = made()
    finished(server, dataset.form(sessions))
    # The library's own: 9 clients a session, each with a connection for its monitor and one for its work.
    assert made() - before <= 8


def test_further_sessions_need_few_messages(server: LocalServer, dataset: Dataset, tmp_path: Path) -> None:
    """The library's own: 57 for each session. At 100 ms each, that takes longer than a clip of ten minutes."""
    clip, counts = moods(tmp_path, frames=13), []
    for name in "abcd":
        dataset.add_session(name, *clip)
    with DatabaseProxy(dataset.address) as proxy:
        host, port = proxy.address
        for sessions in (["a"], ["b", "c", "d"]):
            proxy.begin()
            finished(server, dataset.form(sessions, dbHost=host, dbPort=str(port)))
            counts.append(len(proxy.commands))
    assert counts[0] <= 17 and counts[1] - counts[0] <= 2 * 6


def test_one_session_twice_and_two_outputs_with_one_target_are_refused(
    server: LocalServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    for name in ("one", "two"):
        dataset.add_session(name, *moods_clip)
    end = failed(server, dataset.form(["one", "two", "one"]))
    for number in (1, 3):
        assert f"session {number}/3: error: session 'one' is in the request more than once" in end.log
    assert "1/3: 104 of" not in end.log and all(dataset.annotation("one", name) is None for name in OUTPUTS)
    assert_is(dataset, "two", moods_prediction)
    end = failed(server, changed(dataset.form(["one"]), "arousal", scheme="valence"))
    assert "annotation 'valence'" in end.log and "two outputs of the request would write it" in end.log
    assert " frames/s" not in end.log and dataset.annotation("one", "valence") is None


def test_too_many_samples_are_said_before_the_video_is_decoded(
    server: LocalServer, dataset: Dataset, moods_clip: Clip
) -> None:
    dataset.add_session("one", *moods_clip)
    dataset.db.Schemes.update_one({"name": "valence"}, {"$set": {"sr": 1e6}})
    end = failed(server, dataset.form(["one"]))
    assert "samples are more than" in end.log and "lower sample rate" in end.log
    assert " frames/s" not in end.log
    assert all(dataset.annotation("one", name) is None for name in OUTPUTS)


def test_lock_set_while_the_video_is_decoded_leaves_the_whole_session(
    server: LocalServer, dataset: Dataset, tmp_path: Path
) -> None:
    count = 500
    boxes = Stream(np.float32([[0.2, 0.2, 0.8, 0.8, 0.9]] * count), 30.0)
    write_stream(tmp_path / "long.stream", boxes)
    dataset.add_session("one", clips.write_clip(tmp_path / "long.mp4", clips.constant(count)), tmp_path / "long.stream")
    for name in ("expression", "valence"):
        dataset.add_annotation("one", name, [])
    job = server.client.submit(dataset.form(["one"]))
    while f" of {count} frames" not in server.client.state(job).log:
        assert not server.client.state(job).is_over
        time.sleep(0.05)
    dataset.db.Annotations.update_many({}, {"$set": {"isLocked": True}})
    dataset.db.Annotations.update_one(dataset.annotation("one", "expression"), {"$set": {"isLocked": False}})
    before = {name: dataset.annotation("one", name) for name in OUTPUTS}
    *_, end = job_states(server.client, job)
    assert end.status is Status.FAILED and "is locked" in end.log
    assert {name: dataset.annotation("one", name) for name in OUTPUTS} == before
