"""The NOVA database: checks whether a requested annotation can be stored, and stores it completely or not at all.

The documents have the form that NOVA and the server's library use: a document of `Annotations` refers to its session,
annotator, role and scheme by their ids, and by `data_id` to the document of `AnnotationData` with its segments or
samples.
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
"""Number of samples that fit into a document of 16 MB: 4.3 h at 25 Hz."""
_COLLECTIONS = {"session": "Sessions", "scheme": "Schemes", "annotator": "Annotators", "role": "Roles"}


@dataclass(frozen=True)
class AnnotationKey:
    """The names that identify an annotation: a dataset has at most one annotation with these names."""

    dataset: str
    session: str
    scheme: str
    annotator: str
    role: str

    def __str__(self) -> str:
        return f"annotation {self.scheme!r} of annotator {self.annotator!r}, role {self.role!r}"


def check(client: Any, target: AnnotationKey, warn: Notify) -> None:
    """Check that an annotation can be stored. This is done before the video is decoded.

    Args:
        client: the `MongoClient` of the server's library.
        target: the annotation.
        warn: called with one line of text if the annotation exists, because `store` will replace it.

    Raises:
        OutputError: the dataset has no such session, scheme, annotator or role, or the annotation is locked.
    """
    known = _unlocked(client, target, _ids(client, target))
    if known:
        date = known.get("date")
        since = f" of {date:%Y-%m-%d %H:%M} UTC" if isinstance(date, datetime) else ""
        finished = ", which was marked as finished" if known.get("isFinished") else ""
        warn(f"{target}: replaces the one{since}{finished}")


def check_rows(target: AnnotationKey, rows: int) -> None:
    """Check that the samples of an annotation fit into one document of the database.

    Args:
        target: the annotation.
        rows: number of its samples.

    Raises:
        OutputError: there are more than 390000 samples.
    """
    if rows > _MOST_SAMPLES:
        size = f"{rows} samples are more than the {_MOST_SAMPLES} that a document of the database can hold"
        raise OutputError(f"{target}: {size}: give the scheme a lower sample rate")


def store(client: Any, target: AnnotationKey, annotation: Annotation, *, overwrite: bool = True) -> None:
    """Store an annotation in the database. An existing one is replaced.

    First the new data are inserted, then one document is changed to refer to them. If something fails in between, the
    old data remain valid. Afterwards the old data are the backup of the annotation, as when NOVA saves, and the backup
    before that is deleted. The times are exact, in seconds.

    Args:
        client: the `MongoClient` of the server's library.
        target: the annotation.
        annotation: only its rows are stored; they must fit the scheme that the database has under this name.
        overwrite: whether an existing annotation may be replaced.

    Raises:
        OutputError: see `check`; or the annotation exists and may not be replaced, it is too large for a document (16
            MB), or it has a value that is not finite.
    """
    from pymongo.errors import DocumentTooLarge, PyMongoError

    annotations, data = client[target.dataset][_ANNOTATIONS], client[target.dataset][_DATA]
    ids = _ids(client, target)
    known = _unlocked(client, target, ids)
    if known and not overwrite:
        raise OutputError(f"{target}: already exists and may not be replaced")
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
        raise OutputError(f"{target}: a value is not a finite number")
    return [dict(zip(names, row, strict=True)) for row in annotation.data.tolist()]


def _delete_unused(client: Any, target: AnnotationKey, data_id: Any) -> None:
    """Delete a document of data, unless an annotation refers to it as its data or as its backup."""
    either = {"$or": [{"data_id": data_id}, {"data_backup_id": data_id}]}
    if client[target.dataset][_ANNOTATIONS].find_one(either, {"_id": 1}) is None:
        client[target.dataset][_DATA].delete_one({"_id": data_id})
