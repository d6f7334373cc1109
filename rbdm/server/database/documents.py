"""The NOVA database: finds annotations, and decides whether a job may replace them. `saving` stores them.

The documents have the form that NOVA and the server's library use: a document of `Annotations` refers to its session,
annotator, role and scheme by their ids, by `data_id` to the document of `AnnotationData` with its segments or samples,
and by `data_backup_id` to its backup, which NOVA can load.

Each document of data that rbdm makes has an id with the letters `rbdm` in it (see `new_data_id`). By these, rbdm knows
its own annotations and backups, also after NOVA has exchanged an annotation with its backup. All other data are treated
as the work of a person.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rbdm.errors import OutputError
from rbdm.nova.connection import explain
from rbdm.server.job import Job, current_job
from rbdm.types import Notify

ANNOTATIONS, DATA = "Annotations", "AnnotationData"
STATE = ("data_id", "data_backup_id", "date", "isFinished", "isLocked")
"""The fields of an annotation that change when it is saved."""
_MOST_SAMPLES = 390_000
"""Number of samples that fit into a document of 16 MB: 4.3 h at 25 Hz."""
_COLLECTIONS = {"session": "Sessions", "scheme": "Schemes", "annotator": "Annotators", "role": "Roles"}
_OURS = b"rbdm"


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


def check(client: Any, targets: Iterable[AnnotationKey], warn: Notify) -> None:
    """Check that annotations can be stored. This is done before the video is decoded.

    The job remembers what it finds: `saving.store` refuses an annotation that a person has saved since then.

    Args:
        client: the `MongoClient` of the server's library.
        targets: the annotations, all of one session.
        warn: called with one line of text for each annotation that exists, because `saving.store` will replace it.

    Raises:
        OutputError: the dataset has no such session, scheme, annotator or role; or an annotation may not be replaced,
            see `may_replace`.
    """
    targets, job = list(targets), current_job() or Job()
    with database_errors(targets):
        found = find_annotations(client, find_ids(client, targets))
    for target in targets:
        known = found[target]
        if known:
            may_replace(target, known, job.overwrite_finished)
            date = known.get("date")
            since = f" of {date:%Y-%m-%d %H:%M} UTC" if isinstance(date, datetime) else ""
            finished = ", which was marked as finished" if known.get("isFinished") else ""
            warn(f"{target}: replaces the one{since}{finished}")
        job.first_seen[target] = known


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


def may_replace(target: AnnotationKey, known: Mapping[str, Any], overwrite_finished: bool) -> None:
    """Check that an existing annotation may be replaced.

    Args:
        target: the annotation.
        known: its document.
        overwrite_finished: whether it may be replaced if it is marked as finished.

    Raises:
        OutputError: the annotation is locked; it is marked as finished; or both the annotation and its backup are the
            work of a person, so that one of them would be lost: an annotation has only one backup.
    """
    if known.get("isLocked"):
        raise OutputError(f"{target}: is locked and stays as it is: unlock it in NOVA or name another annotator")
    if known.get("isFinished") and not overwrite_finished:
        advice = "name another annotator, or set the option overwrite_finished to true"
        raise OutputError(f"{target}: is marked as finished and stays as it is: {advice}")
    data, backup = known.get("data_id"), known.get("data_backup_id")
    if data != backup and _is_somebodys(data) and _is_somebodys(backup):
        reason = "it and its backup were not made by rbdm, and replacing it would delete that backup"
        raise OutputError(f"{target}: {reason}: name another annotator, or delete the annotation in NOVA")


def backup_after(known: Mapping[str, Any] | None) -> tuple[Any, Any]:
    """What becomes of the data of an annotation that is replaced.

    The backup of a person stays, and our old annotation is deleted. Otherwise the old annotation becomes the backup,
    as when NOVA saves, and our old backup is deleted.

    Args:
        known: the document of the annotation, which `may_replace` allows to replace; None if it is new.

    Returns:
        The id of the backup, and the id of the data to delete. Each may be None.
    """
    data, backup = ((known or {}).get(name) for name in ("data_id", "data_backup_id"))
    if _is_somebodys(backup):
        return backup, data if data != backup else None
    return data, backup


def new_data_id() -> Any:
    """A new id for a document of data. By it rbdm knows later that it made the data.

    Like each ObjectId, it starts with the time in seconds (4 bytes). The letters `rbdm` and 4 random bytes follow.
    """
    from bson import ObjectId

    return ObjectId(int(time.time()).to_bytes(4, "big") + _OURS + os.urandom(4))


def is_ours(data_id: Any) -> bool:
    """Whether an id is from `new_data_id`."""
    return bool(getattr(data_id, "binary", b"")[4:8] == _OURS)


def _is_somebodys(data_id: Any) -> bool:
    # NOVA writes an id of zeros where there is no backup.
    return data_id is not None and any(getattr(data_id, "binary", b"?")) and not is_ours(data_id)


def find_ids(client: Any, targets: Iterable[AnnotationKey]) -> dict[AnnotationKey, dict[str, Any]]:
    """The ids of the sessions, schemes, annotators and roles of annotations.

    A job remembers them for a minute (see `Job.look_up`).

    Args:
        client: the `MongoClient` of the server's library.
        targets: the annotations, all of one dataset.

    Returns:
        For each annotation the fields `session_id`, `scheme_id`, `annotator_id` and `role_id`.

    Raises:
        OutputError: the dataset does not have one of them.
    """
    targets, job = list(targets), current_job() or Job()
    found: dict[AnnotationKey, dict[str, Any]] = {target: {} for target in targets}
    for kind, collection in _COLLECTIONS.items():
        names = sorted({getattr(target, kind) for target in targets})
        dataset = targets[0].dataset

        def look(names: list[str] = names, dataset: str = dataset, collection: str = collection) -> dict[str, Any]:
            documents = list(client[dataset][collection].find({"name": {"$in": names}}, {"name": 1}))
            # Of two with one name, the server's library takes the first.
            return {document["name"]: document["_id"] for document in reversed(documents)}

        ids = job.look_up((dataset, collection, *names), look)
        for target in targets:
            name = getattr(target, kind)
            if name not in ids:
                raise OutputError(f"{target}: the dataset {dataset!r} has no {kind} {name!r}: add it in NOVA first")
            found[target][f"{kind}_id"] = ids[name]
    return found


def find_annotations(
    client: Any, ids: Mapping[AnnotationKey, Mapping[str, Any]], session: Any = None
) -> dict[AnnotationKey, dict[str, Any] | None]:
    """The documents of annotations, without their data; None where there is none.

    Args:
        client: the `MongoClient` of the server's library.
        ids: what `find_ids` returns.
        session: the session of the driver whose transaction this belongs to.

    Raises:
        OutputError: an annotation has more than one document.
    """
    (dataset,) = {target.dataset for target in ids}
    fields = ["_id", *STATE, *next(iter(ids.values()))]
    query = {"$or": [dict(fields) for fields in ids.values()]}
    documents = list(client[dataset][ANNOTATIONS].find(query, dict.fromkeys(fields, 1), session=session))
    found: dict[AnnotationKey, dict[str, Any] | None] = {}
    for target, wanted in ids.items():
        known = [document for document in documents if wanted.items() <= document.items()]
        if len(known) > 1:
            which = " and ".join(str(document["_id"]) for document in known)
            advice = "delete the ones that are not needed in the collection Annotations"
            raise OutputError(f"{target}: the database has {len(known)} documents of it ({which}): {advice}")
        found[target] = known[0] if known else None
    return found


@contextmanager
def database_errors(targets: Iterable[AnnotationKey] = ()) -> Iterator[None]:
    """Raise a one-line error if the database does not answer or refuses.

    Args:
        targets: the annotations that are read or written; the first one is named in the error.
    """
    from pymongo.errors import PyMongoError

    try:
        yield
    except PyMongoError as error:
        where = "".join(f"{target}: " for target in list(targets)[:1])
        raise OutputError(f"{where}the database failed: {why(error)}") from None


def why(error: Exception) -> str:
    """The reason of an error of the database, without the long text about the state of the connection."""
    details = getattr(error, "details", None) or {}
    text = next((one.get("errmsg") for one in details.get("writeErrors") or ()), None) or str(error)
    return explain(text)
