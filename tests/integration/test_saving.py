"""Annotations of a session are stored in a real database as a whole, and nothing of a person's is lost."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rbdm.errors import OutputError
from rbdm.server.database import saving
from rbdm.server.database.documents import AnnotationKey, check
from rbdm.server.job import begin_job
from rbdm.ssi import CONTINUOUS_DTYPE, Annotation, ContinuousScheme
from tests.support.database_proxy import DatabaseProxy, Fault
from tests.support.nova_database import ANNOTATOR, ROLE, Dataset

pymongo = pytest.importorskip("pymongo", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")

SCHEMES = ("expression", "valence", "arousal")
OLD, OLDER = [{"score": 0.7, "conf": 1.0}], [{"score": 0.1, "conf": 1.0}]


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.server.job._thread", threading.local())


@pytest.fixture
def dataset(make_dataset: Callable[[Any], Dataset], tmp_path: Path) -> Dataset:
    made = make_dataset(SimpleNamespace(folder=tmp_path))
    for scheme in SCHEMES:
        made.add_continuous(scheme)
    made.add_session("one")
    return made


@pytest.fixture
def proxy(dataset: Dataset) -> Iterator[DatabaseProxy]:
    with DatabaseProxy(dataset.address) as running:
        yield running


@pytest.fixture
def slow(dataset: Dataset, proxy: DatabaseProxy) -> Iterator[Any]:
    """A client that reaches the database through the proxy."""
    login = {"username": dataset.user, "password": dataset.password} if dataset.server is None else {}
    with pymongo.MongoClient(*proxy.address, **login) as client:
        client.admin.command("ping")
        yield client


def key(dataset: Dataset, scheme: str = "valence", annotator: str = ANNOTATOR) -> AnnotationKey:
    return AnnotationKey(dataset.name, "one", scheme, annotator, ROLE)


def samples(*scores: float) -> Annotation:
    rows = np.array([(score, 1.0) for score in scores], CONTINUOUS_DTYPE)
    return Annotation(ContinuousScheme("valence", 25.0), rows)


def store(dataset: Dataset, *scores: float, client: Any = None, schemes: tuple[str, ...] = ("valence",)) -> None:
    saving.store(client or dataset.client, {key(dataset, scheme): samples(*scores) for scheme in schemes})


def scores(dataset: Dataset, scheme: str = "valence") -> list[float]:
    return [label["score"] for label in dataset.labels("one", scheme)]


def backup(dataset: Dataset, scheme: str = "valence") -> Any:
    found = dataset.annotation("one", scheme)
    assert found is not None
    data = dataset.db.AnnotationData.find_one({"_id": found.get("data_backup_id")})
    return data and data["labels"]


def add_backup(dataset: Dataset, labels: list[dict[str, float]]) -> Any:
    older = dataset.db.AnnotationData.insert_one({"labels": labels}).inserted_id
    dataset.db.Annotations.update_one({}, {"$set": {"data_backup_id": older}})
    return older


def test_too_large_an_annotation_leaves_the_old_ones(dataset: Dataset) -> None:
    dataset.add_annotation("one", "valence", OLD)
    before = dataset.annotation("one", "valence")
    large = Annotation(ContinuousScheme("valence", 25.0), np.zeros(450_000, CONTINUOUS_DTYPE))
    with pytest.raises(OutputError, match=r"'valence'.* 450000 rows are more than the 16 MB .* a lower sample rate"):
        saving.store(dataset.client, {key(dataset, "arousal"): samples(0.5), key(dataset): large})
    assert dataset.annotation("one", "valence") == before and dataset.annotation("one", "arousal") is None
    dataset.assert_whole()


def test_what_may_not_be_replaced_or_is_no_number_is_refused(dataset: Dataset) -> None:
    with pytest.raises(OutputError, match="not a finite number"):
        store(dataset, 0.5, np.nan)
    saving.store(dataset.client, {key(dataset): samples(0.5)}, overwrite=False)
    with pytest.raises(OutputError, match="may not be replaced"):
        saving.store(dataset.client, {key(dataset): samples()}, overwrite=False)
    assert scores(dataset) == [0.5]
    dataset.assert_whole()


def test_what_was_there_becomes_the_backup(dataset: Dataset) -> None:
    dataset.add_annotation("one", "valence", OLD)
    store(dataset, 0.5)
    assert scores(dataset) == [0.5] and backup(dataset) == OLD
    dataset.assert_whole()


def test_the_work_of_a_person_stays_the_backup_however_often_rbdm_runs(dataset: Dataset) -> None:
    dataset.add_annotation("one", "valence", OLD)
    for score in (0.25, 0.5, 0.75):
        store(dataset, score)
        assert scores(dataset) == [score] and backup(dataset) == OLD
        dataset.assert_whole()


def test_our_own_backup_is_replaced(dataset: Dataset) -> None:
    for score in (0.25, 0.5, 0.75):
        store(dataset, score)
    assert scores(dataset) == [0.75] and backup(dataset) == [{"score": 0.5, "conf": 1.0}]
    assert dataset.db.AnnotationData.count_documents({}) == 2
    dataset.assert_whole()


def test_a_backup_that_nova_has_loaded_is_still_known_as_a_persons(dataset: Dataset) -> None:
    """NOVA exchanges an annotation with its backup: then ours is the backup, and it may be replaced."""
    dataset.add_annotation("one", "valence", OLD)
    store(dataset, 0.25)
    known = dataset.db.Annotations.find_one({})
    exchanged = {"data_id": known["data_backup_id"], "data_backup_id": known["data_id"]}
    dataset.db.Annotations.update_one({}, {"$set": exchanged})
    store(dataset, 0.75)
    assert scores(dataset) == [0.75] and backup(dataset) == OLD
    dataset.assert_whole()


def test_two_works_of_a_person_do_not_fit_into_one_backup(dataset: Dataset) -> None:
    dataset.add_annotation("one", "valence", OLD)
    add_backup(dataset, OLDER)
    message = "replacing it would delete that backup: name another annotator"
    with pytest.raises(OutputError, match=message):
        check(dataset.client, [key(dataset)], print)
    with pytest.raises(OutputError, match=message):
        store(dataset, 0.5)
    assert scores(dataset) == [0.7] and backup(dataset) == OLDER
    dataset.assert_whole()


def test_backup_that_is_the_annotation_itself_is_kept(dataset: Dataset) -> None:
    dataset.add_annotation("one", "valence", OLD)
    dataset.db.Annotations.update_one({}, [{"$set": {"data_backup_id": "$data_id"}}])
    store(dataset, 0.5)
    assert scores(dataset) == [0.5] and backup(dataset) == OLD


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_finished_annotations_need_the_option(dataset: Dataset, when: str) -> None:
    job = begin_job()
    dataset.add_annotation("one", "valence", OLD, isFinished=when == "before")
    if when == "meanwhile":
        check(dataset.client, [key(dataset)], print)
        dataset.db.Annotations.update_one({}, {"$set": {"isFinished": True}})
    else:
        with pytest.raises(OutputError, match=r"is marked as finished .* option overwrite_finished"):
            check(dataset.client, [key(dataset)], print)
    with pytest.raises(OutputError, match=r"is marked as finished .* option overwrite_finished"):
        store(dataset, 0.5)
    job.overwrite_finished = True
    store(dataset, 0.5)
    assert scores(dataset) == [0.5] and backup(dataset) == OLD


def test_lock_set_while_the_video_is_decoded_holds(dataset: Dataset) -> None:
    begin_job().overwrite_finished = True
    dataset.add_annotation("one", "valence", OLD)
    check(dataset.client, [key(dataset)], print)
    dataset.db.Annotations.update_one({}, {"$set": {"isLocked": True}})
    with pytest.raises(OutputError, match="is locked"):
        store(dataset, 0.5)
    assert scores(dataset) == [0.7]


@pytest.mark.parametrize("existed", [True, False])
def test_what_a_person_saves_while_the_video_is_decoded_stays(dataset: Dataset, existed: bool) -> None:
    begin_job()
    if existed:
        dataset.add_annotation("one", "valence", OLD)
    check(dataset.client, [key(dataset, scheme) for scheme in SCHEMES], print)
    save_as_nova(dataset, OLDER)
    with pytest.raises(OutputError, match=r"'valence' .* somebody saved it while the video was annotated"):
        store(dataset, 0.5, schemes=SCHEMES)
    assert scores(dataset) == [0.1]
    assert dataset.annotation("one", "expression") is None and dataset.annotation("one", "arousal") is None


def test_what_another_server_saves_meanwhile_is_replaced(dataset: Dataset) -> None:
    begin_job()
    check(dataset.client, [key(dataset)], print)
    other = threading.Thread(target=store, args=(dataset, 0.25))  # has no job of its own
    other.start()
    other.join()
    store(dataset, 0.75)
    assert scores(dataset) == [0.75] and backup(dataset) == [{"score": 0.25, "conf": 1.0}]


def test_deleted_meanwhile(dataset: Dataset) -> None:
    begin_job()
    dataset.add_annotation("one", "valence", OLD)
    check(dataset.client, [key(dataset)], print)
    dataset.db.Annotations.delete_many({})
    with pytest.raises(OutputError, match="was deleted while"):
        store(dataset, 0.5)
    assert dataset.annotation("one", "valence") is None


def test_an_annotation_with_two_documents_is_named_with_both(dataset: Dataset) -> None:
    ids = [dataset.add_annotation("one", "valence", OLD) for _ in range(2)]
    for act in (lambda: check(dataset.client, [key(dataset)], print), lambda: store(dataset, 0.5)):
        with pytest.raises(OutputError, match=f"2 documents of it .*{ids[0]} and {ids[1]}"):
            act()
    assert dataset.db.AnnotationData.count_documents({}) == 2


def save_as_nova(dataset: Dataset, labels: list[dict[str, float]], scheme: str = "valence") -> None:
    """What NOVA does when a person saves: new data, then one document is replaced or made."""
    data_id = dataset.db.AnnotationData.insert_one({"labels": labels}).inserted_id
    ids = dataset.ids("one", scheme)
    known = dataset.db.Annotations.find_one(ids) or {}
    document = {**ids, "data_id": data_id, "isFinished": False, "isLocked": False, "streams": []}
    if "data_id" in known:
        document["data_backup_id"] = known["data_id"]
    dataset.db.Annotations.replace_one(ids, document, upsert=True)


@pytest.mark.parametrize("existed", [True, False])
def test_what_a_person_saves_between_look_and_write_stays(
    dataset: Dataset, proxy: DatabaseProxy, slow: Any, existed: bool
) -> None:
    """The person saves the last of three annotations at the moment in which we write: all three stay."""
    if existed:
        for scheme in SCHEMES:
            dataset.add_annotation("one", scheme, OLD)
    saved = []

    def disturb(number: int, command: str) -> None:
        if command == "update" and not saved:
            saved.append(number)
            save_as_nova(dataset, OLDER, "arousal")

    proxy.begin(disturb)
    with pytest.raises(OutputError, match="somebody saved it"):
        store(dataset, 0.5, client=slow, schemes=SCHEMES)
    assert scores(dataset, "arousal") == [0.1]
    for scheme in ("expression", "valence"):
        found = dataset.annotation("one", scheme)
        assert [label["score"] for label in found["labels"]] == [0.7] if existed else found is None
        assert not existed or ("data_backup_id" not in (found or {}) and (found or {})["date"].year == 2024)
    dataset.assert_whole()


def test_a_session_needs_few_messages(dataset: Dataset, proxy: DatabaseProxy, slow: Any) -> None:
    begin_job()
    keys = [key(dataset, scheme) for scheme in SCHEMES]
    check(slow, keys, print)
    proxy.begin()
    check(slow, keys, print)
    assert proxy.commands == ["find"]
    store(dataset, 0.5, client=slow, schemes=SCHEMES)
    assert proxy.commands == ["find", "insert", "find", "update", "delete"]


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.ANSWER_LOST])
@pytest.mark.parametrize("number", range(1, 10))
def test_a_lost_message_leaves_a_session_whole(
    dataset: Dataset, proxy: DatabaseProxy, slow: Any, fault: Fault, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_PAUSE", 0.02)
    dataset.add_annotation("one", "valence", OLD)
    proxy.begin(lambda which, _: fault if which == number else None)
    store(dataset, 0.5, client=slow, schemes=SCHEMES)
    assert all(scores(dataset, scheme) == [0.5] for scheme in SCHEMES)
    assert backup(dataset) == OLD
    dataset.assert_whole()


@pytest.mark.parametrize("finds", [1, 2, 3])
@pytest.mark.parametrize("before", ["a person's", "ours and a person's backup"])
def test_a_change_that_arrives_late_leaves_a_session_whole(
    dataset: Dataset, proxy: DatabaseProxy, slow: Any, finds: int, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second attempt may see the result of the first: that is no annotation of somebody else's."""
    monkeypatch.setattr(saving, "_PAUSE", 0.02)
    dataset.add_annotation("one", "valence", OLD)
    if before != "a person's":
        store(dataset, 0.25)

    since: list[int] = []

    def disturb(number: int, command: str) -> Fault | None:
        if command == "update" and "update" not in proxy.commands[: number - 1]:
            return Fault.LATE
        if "update" in proxy.commands and command == "find":
            since.append(number)
            if len(since) == finds:
                proxy.arrive.set()
                time.sleep(0.1)
        return None

    proxy.begin(disturb)
    store(dataset, 0.5, client=slow, schemes=SCHEMES)
    assert proxy.arrive.is_set()
    assert all(scores(dataset, scheme) == [0.5] for scheme in SCHEMES)
    assert backup(dataset) == OLD
    dataset.assert_whole()


def test_a_database_that_stays_away_is_one_line(
    dataset: Dataset, proxy: DatabaseProxy, slow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_PAUSE", 0.01)
    proxy.begin(lambda number, command: Fault.LOST if command == "insert" else None)
    with pytest.raises(OutputError, match=r"'valence' .*: the database failed: ") as caught:
        store(dataset, 0.5, client=slow)
    assert "\n" not in str(caught.value)
    assert dataset.db.AnnotationData.count_documents({}) == 0 and dataset.annotation("one", "valence") is None


def test_two_at_once_do_not_mix(dataset: Dataset, slow: Any, proxy: DatabaseProxy) -> None:
    proxy.latency = 0.01
    for round in range(5):
        threads = [
            threading.Thread(target=store, args=(dataset, score), kwargs={"client": slow, "schemes": SCHEMES})
            for score in (round + 0.25, round + 0.5, round + 0.75)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({tuple(scores(dataset, scheme)) for scheme in SCHEMES}) == 1
        dataset.assert_whole()


def test_the_lock_of_a_server_that_was_switched_off_is_ignored_after_a_time(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_ABANDONED", 0.3)
    monkeypatch.setattr(saving, "_PAUSE", 0.05)
    session = dataset.ids("one", "valence")["session_id"]
    dataset.db.AnnotationData.insert_one({"_id": saving._derived_id("lock", session), "labels": [], "lock": "gone"})
    store(dataset, 0.5)
    assert scores(dataset) == [0.5]
    dataset.assert_whole()


def test_on_a_replica_set_it_is_one_transaction(tmp_path: Path) -> None:
    secantus = pytest.importorskip("secantus", reason="needs SecantusDB")
    with (
        secantus.SecantusDBServer(storage_path=str(tmp_path), replica_set_name="rs") as server,
        pymongo.MongoClient(*server.address) as client,
    ):
        client.admin.command("ping")
        dataset = Dataset(server.address, "", "", tmp_path, client, server)
        for scheme in SCHEMES:
            dataset.add_continuous(scheme)
        dataset.add_session("one")
        dataset.add_annotation("one", "valence", OLD)
        store(dataset, 0.5, schemes=SCHEMES)
        assert all(scores(dataset, scheme) == [0.5] for scheme in SCHEMES) and backup(dataset) == OLD
        dataset.assert_whole()
