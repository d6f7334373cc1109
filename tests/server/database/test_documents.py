"""What may be replaced in the NOVA database, and what becomes of a backup; the rest is in tests/integration."""

from typing import Any

import pytest

from rbdm.errors import OutputError
from rbdm.server.database.documents import (
    AnnotationKey,
    backup_after,
    check_rows,
    database_errors,
    is_ours,
    may_replace,
    new_data_id,
)

bson = pytest.importorskip("bson", reason="needs the extra server")
errors = pytest.importorskip("pymongo.errors", reason="needs the extra server")

KEY = AnnotationKey("talks", "one", "valence", "system", "guest")


def test_the_annotation_is_named_as_nova_shows_it() -> None:
    assert str(KEY) == "annotation 'valence' of annotator 'system', role 'guest'"


def test_more_samples_than_a_document_can_hold() -> None:
    check_rows(KEY, 390_000)
    with pytest.raises(OutputError, match=r"annotation 'valence' .*390001 samples are more than .* lower sample rate"):
        check_rows(KEY, 390_001)


def test_ids_of_data_tell_who_made_them() -> None:
    made = {new_data_id() for _ in range(100)}
    assert len(made) == 100 and all(is_ours(data_id) for data_id in made)
    assert abs(next(iter(made)).generation_time.timestamp() - bson.ObjectId().generation_time.timestamp()) < 60
    assert not is_ours(bson.ObjectId()) and not is_ours(None) and not is_ours("rbdmrbdmrbdm")


OURS, OURS_TOO, ANNS, BENS = new_data_id(), new_data_id(), bson.ObjectId(), bson.ObjectId()
NONE = bson.ObjectId("0" * 24)
"""What NOVA may write where there is no backup."""


@pytest.mark.parametrize(
    ("data", "backup", "stays", "deleted"),
    [
        (ANNS, None, ANNS, None),
        (OURS, None, OURS, None),
        (ANNS, OURS, ANNS, OURS),
        (OURS, ANNS, ANNS, OURS),
        (OURS, OURS_TOO, OURS, OURS_TOO),
        (ANNS, ANNS, ANNS, None),
    ],
)
def test_a_backup_of_a_person_stays(data: Any, backup: Any, stays: Any, deleted: Any) -> None:
    known = {"data_id": data} | ({"data_backup_id": backup} if backup else {})
    may_replace(KEY, known, overwrite_finished=False)
    assert backup_after(known) == (stays, deleted)


def test_a_new_annotation_has_no_backup() -> None:
    assert backup_after(None) == (None, None)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"isLocked": True, "isFinished": True}, "is locked and stays as it is"),
        ({"isFinished": True}, "is marked as finished and stays as it is: .* the option overwrite_finished"),
        ({"data_id": ANNS, "data_backup_id": BENS}, "replacing it would delete that backup: name another annotator"),
    ],
)
def test_what_may_not_be_replaced(known: dict[str, Any], message: str) -> None:
    with pytest.raises(OutputError, match=message):
        may_replace(KEY, known, overwrite_finished=False)


def test_finished_annotations_are_replaced_with_the_option() -> None:
    may_replace(KEY, {"isFinished": True, "data_id": ANNS, "data_backup_id": NONE}, overwrite_finished=True)
    with pytest.raises(OutputError, match="is locked"):
        may_replace(KEY, {"isLocked": True}, overwrite_finished=True)


def test_an_error_of_the_database_is_one_line() -> None:
    long = "lab:27017: connection closed, Timeout: 3.0s, Topology Description: <TopologyDescription ..."
    with (
        pytest.raises(
            OutputError, match=r"^annotation 'valence' .*: the database failed: lab:27017: connection closed$"
        ),
        database_errors([KEY]),
    ):
        raise errors.AutoReconnect(long)
    with pytest.raises(OutputError, match=r"the database failed: disk full$"), database_errors():
        raise errors.BulkWriteError({"writeErrors": [{"code": 1, "errmsg": "disk full"}]})
