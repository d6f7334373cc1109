"""The NOVA database: the annotation that a request names, and putting one there as a whole or not at all.

The documents are those of NOVA and of the server's library: an annotation names its session, annotator, role and
scheme by their ids and its segments or samples by `data_id`, the document of `AnnotationData` that holds them.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from rbdm.errors import OutputError
from rbdm.ssi import Annotation
from rbdm.types import Notify

_ANNOTATIONS, _DATA = "Annotations", "AnnotationData"
_MOST_SAMPLES = 390_000
"""16 MB of samples: 4.3 h at 25 Hz."""
_COLLECTIONS = {"session": "Sessions", "scheme": "Schemes", "annotator": "Annotators", "role": "Roles"}


@dataclass(frozen=True)
class AnnotationKey:
    """Which annotation of a dataset is meant: one at most has this session, scheme, annotator and role."""

    dataset: str
    session: str
    scheme: str
    annotator: str
    role: str

    def __str__(self) -> str:
        return f"annotation {self.scheme!r} of annotator {self.annotator!r}, role {self.role!r}"


def check(client: Any, target: AnnotationKey, warn: Notify) -> None:
    """See that an annotation can be put where it belongs, before any video is decoded for it.

    Args:
        client: the `MongoClient` of the server's library.
        target: the annotation.
        warn: told that one is there already, which `store` replaces.

    Raises:
        OutputError: the dataset lacks its session, scheme, annotator or role, or it is locked.
    """
    known = _unlocked(client, target, _ids(client, target))
    if known:
        date = known.get("date")
        since = f" of {date:%Y-%m-%d %H:%M} UTC" if isinstance(date, datetime) else ""
        finished = ", which was marked as finished" if known.get("isFinished") else ""
        warn(f"{target}: replaces the one{since}{finished}")


def check_rows(target: AnnotationKey, rows: int) -> None:
    """Refuse more samples than a document of the database can hold.

    Raises:
        OutputError: there are more.
    """
    if rows > _MOST_SAMPLES:
        size = f"{rows} samples are more than the {_MOST_SAMPLES} that a document of the database can hold"
        raise OutputError(f"{target}: {size}: give the scheme a lower sample rate")


def store(client: Any, target: AnnotationKey, annotation: Annotation, *, overwrite: bool = True) -> None:
    """Put an annotation into the database, in place of the one that is there.

    The new data become the annotation's by one change of one document: a failure half way leaves the old ones. These
    stay as the annotation's backup, as when NOVA saves, in place of the backup before. The times are exact, in seconds.

    Args:
        client: the `MongoClient` of the server's library.
        target: the annotation.
        annotation: its rows are what is stored; its scheme is the database's.
        overwrite: whether an annotation that is there may be replaced.

    Raises:
        OutputError: see `check`; or it is there and may not be replaced, or it is larger than a document may be.
    """
    from pymongo.errors import DocumentTooLarge, PyMongoError

    annotations, data = client[target.dataset][_ANNOTATIONS], client[target.dataset][_DATA]
    ids = _ids(client, target)
    known = _unlocked(client, target, ids)
    if known and not overwrite:
        raise OutputError(f"{target}: is there already and may not be replaced")
    try:
        data_id = data.insert_one({"labels": _labels(target, annotation)}).inserted_id
    except DocumentTooLarge:
        size = f"{len(annotation.data)} rows are more than the 16 MB that a document of the database may have"
        raise OutputError(f"{target}: {size}: give the scheme a lower sample rate") from None
    state = {"date": datetime.now(UTC), "isFinished": False, "isLocked": False, "data_id": data_id}
    if known and known.get("data_id"):
        state["data_backup_id"] = known["data_id"]
    try:
        if not known:
            annotations.insert_one(ids | state)
        elif not annotations.update_one(
            {"_id": known["_id"], "isLocked": {"$ne": True}}, {"$set": state}
        ).matched_count:
            raise OutputError(f"{target}: was locked or deleted meanwhile")
    except BaseException:
        with suppress(PyMongoError):
            _delete_unused(client, target, data_id)
        raise
    if known:
        with suppress(PyMongoError):
            _delete_unused(client, target, known.get("data_backup_id"))


def _ids(client: Any, target: AnnotationKey) -> dict[str, Any]:
    found = {}
    for kind, collection in _COLLECTIONS.items():
        name = getattr(target, kind)
        document = client[target.dataset][collection].find_one({"name": name}, {"_id": 1})
        if document is None:
            raise OutputError(f"{target}: the dataset {target.dataset!r} has no {kind} {name!r}: add it in NOVA first")
        found[f"{kind}_id"] = document["_id"]
    return found


def _unlocked(client: Any, target: AnnotationKey, ids: dict[str, Any]) -> dict[str, Any] | None:
    known: dict[str, Any] | None = client[target.dataset][_ANNOTATIONS].find_one(ids)
    if known and known.get("isLocked"):
        raise OutputError(f"{target}: is locked and stays as it is: unlock it in NOVA or name another annotator")
    return known


def _labels(target: AnnotationKey, annotation: Annotation) -> list[dict[str, float]]:
    names = annotation.data.dtype.names or ()
    if not all(np.isfinite(annotation.data[name]).all() for name in names):
        raise OutputError(f"{target}: a value is no finite number")
    return [dict(zip(names, row, strict=True)) for row in annotation.data.tolist()]


def _delete_unused(client: Any, target: AnnotationKey, data_id: Any) -> None:
    """Delete data that no annotation has, neither as its data nor as NOVA's backup of them."""
    either = {"$or": [{"data_id": data_id}, {"data_backup_id": data_id}]}
    if client[target.dataset][_ANNOTATIONS].find_one(either, {"_id": 1}) is None:
        client[target.dataset][_DATA].delete_one({"_id": data_id})
