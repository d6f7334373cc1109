"""Stores the annotations of a session in the NOVA database: all of them, or none.

First the new data are inserted, which nobody notices. Then one message changes all documents of annotations to refer to
them. Each change has the condition that its annotation is still as it was. If one of them does not fit any more, all
are changed back, and the decision is made anew. On a replica set, a transaction contains the changes.

Meanwhile, a document in the collection of the data locks the session, so that two servers do not mix their results. It
has an id that follows from the id of the session, so the second insert of it fails. The lock of a server that was
switched off is ignored after a time.
"""

import hashlib
import os
import random
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rbdm.errors import OutputError
from rbdm.server.database.documents import (
    ANNOTATIONS,
    DATA,
    STATE,
    AnnotationKey,
    backup_after,
    database_errors,
    find_annotations,
    find_ids,
    is_ours,
    may_replace,
    new_data_id,
    why,
)
from rbdm.server.job import Job, current_job
from rbdm.ssi import Annotation, write_annotation

_SECONDS = 30.0
"""The longest time for changing the annotations, once their data are inserted, and for changing them back."""
_ABANDONED = 3 * _SECONDS
"""Seconds after which an unchanged lock is taken to be that of a server that was switched off."""
_ATTEMPTS = 5
_PAUSE = 0.2
"""Seconds before the second attempt; each further pause is twice as long."""
_DUPLICATE_KEY = 11000
_MOST_BYTES = 16 * 1024 * 1024
"""Size that a document of the database can have."""


@dataclass
class Outputs:
    """What is to be saved of a session.

    Attributes:
        annotations: those for the database.
        files: those for files, by the path of the header.
        client: the `MongoClient` of the server's library; None without annotations for the database.
        overwrite: whether existing annotations of the database may be replaced.
    """

    annotations: dict[AnnotationKey, Annotation] = field(default_factory=dict)
    files: dict[Path, Annotation] = field(default_factory=dict)
    client: Any = None
    overwrite: bool = False

    def write(self) -> None:
        """Save everything: first the database, then the files. If the database refuses, no file has been changed.

        Raises:
            OutputError: see `store` and `rbdm.ssi.write_annotation`.
        """
        if self.annotations:
            store(self.client, self.annotations, overwrite=self.overwrite)
        for path, annotation in self.files.items():
            write_annotation(path, annotation)


class _Changed(Exception):
    """An annotation was changed between our look and our write."""


def store(client: Any, annotations: Mapping[AnnotationKey, Annotation], *, overwrite: bool = True) -> None:
    """Store the annotations of a session: all of them, or none. Existing ones are replaced.

    The old annotation becomes the backup, unless the backup is the work of a person: that one stays
    (see `documents.backup_after`). The times are exact, in seconds. Lost connections are tried again.

    Args:
        client: the `MongoClient` of the server's library.
        annotations: only their rows are stored; they must fit the schemes that the database has. All of one session.
        overwrite: whether existing annotations may be replaced.

    Raises:
        OutputError: see `documents.check`; or an annotation exists and may not be replaced, a person has saved it
            since `documents.check` looked at it, it is too large for a document (16 MB), it has a value that is not
            finite; or the database fails.
    """
    save = _Save(client, annotations, overwrite)
    with database_errors(annotations):
        save.run()


class _Save:
    """Stores the annotations of one session."""

    def __init__(self, client: Any, annotations: Mapping[AnnotationKey, Annotation], overwrite: bool) -> None:
        self._client, self._overwrite = client, overwrite
        self._job = current_job() or Job()
        self._data = {target: new_data_id() for target in annotations}
        self._documents = [self._document(target, annotation) for target, annotation in annotations.items()]
        self._known: dict[AnnotationKey, dict[str, Any] | None] = {}
        self._lock = {"labels": [], "lock": os.urandom(8).hex()}
        dataset = next(iter(annotations)).dataset
        self._annotations, self._stored = client[dataset][ANNOTATIONS], client[dataset][DATA]

    def run(self) -> None:
        """Store the annotations, or leave everything as it was."""
        from pymongo.errors import PyMongoError

        self._ids = find_ids(self._client, self._data)
        session = next(iter(self._ids.values()))["session_id"]
        self._lock["_id"] = _derived_id("lock", session)
        try:
            self._insert()
            self._change_all()
        except BaseException:
            self._undo()
            raise
        obsolete = [unused for known in self._known.values() if (unused := backup_after(known)[1]) is not None]
        with suppress(PyMongoError), _time_limit():
            _persist(lambda: self._delete(obsolete))

    def _undo(self) -> None:
        from pymongo.errors import PyMongoError

        try:
            with _time_limit():
                _persist(self._change_back)
                _persist(lambda: self._delete(self._data.values()))
        except PyMongoError as error:
            lost = f"the database was lost while it was saved ({why(error)})"
            advice = "look at the annotations of this session in NOVA: some may be new and some old"
            raise OutputError(f"{next(iter(self._data))}: {lost}: {advice}") from None

    def _insert(self) -> None:
        """Insert the data and the lock. A connection may be lost after the database has understood: ask again."""
        from pymongo.errors import BulkWriteError

        def insert() -> bool:
            try:
                self._stored.insert_many([*self._documents, self._lock], ordered=False)
            except BulkWriteError as error:
                failed = error.details["writeErrors"]
                if any(one["code"] != _DUPLICATE_KEY for one in failed):
                    raise
                # What was inserted before the connection was lost is ours, and so may be the lock.
                return not any(one["index"] == len(self._documents) for one in failed)
            return True

        if not _persist(insert):
            self._wait_for_lock()

    def _document(self, target: AnnotationKey, annotation: Annotation) -> Any:
        """The data as the database gets them, so that their size is known."""
        from bson import encode
        from bson.raw_bson import RawBSONDocument

        names = annotation.data.dtype.names or ()
        if not all(np.isfinite(annotation.data[name]).all() for name in names):
            raise OutputError(f"{target}: a value is not a finite number")
        labels = [dict(zip(names, row, strict=True)) for row in annotation.data.tolist()]
        document = encode({"_id": self._data[target], "labels": labels})
        if len(document) > _MOST_BYTES:
            size = f"{len(annotation.data)} rows are more than the 16 MB that a document of the database may have"
            raise OutputError(f"{target}: {size}: give the scheme a lower sample rate")
        return RawBSONDocument(document)

    def _wait_for_lock(self) -> None:
        """Wait until no other server saves this session. Each `_PAUSE`, look whether its lock is gone."""
        from pymongo.errors import DuplicateKeyError

        holder, since = None, time.monotonic()
        while True:
            found = _persist(lambda: self._stored.find_one({"_id": self._lock["_id"]}))
            if found == self._lock:
                return
            if found != holder:
                holder, since = found, time.monotonic()
            if found is not None and time.monotonic() - since > _ABANDONED:
                self._stored.delete_one(found)
            elif found is not None:
                time.sleep(_PAUSE * random.uniform(0.5, 1.5))
                continue
            with suppress(DuplicateKeyError):
                _persist(lambda: self._stored.insert_one(self._lock))

    def _change_all(self) -> None:
        """Make all annotations refer to the new data, or none."""
        from pymongo.errors import ConnectionFailure

        for attempt in range(_ATTEMPTS):
            try:
                with _time_limit():
                    self._change_in_transaction()
                return
            except _Changed:
                reason = "it was changed again and again while it was saved: try again"
            except ConnectionFailure as error:
                # The connection may have been lost before or after the database has done it.
                time.sleep(_PAUSE * 2**attempt)
                with _time_limit():
                    if len(_persist(self._changed)) == len(self._data):
                        return
                reason = why(error)
            with _time_limit():
                _persist(self._change_back)
        raise OutputError(f"{next(iter(self._data))}: cannot be saved: {reason}")

    def _change_in_transaction(self) -> None:
        kind = getattr(getattr(self._client, "topology_description", None), "topology_type_name", "")
        if not kind.startswith(("ReplicaSet", "Sharded")):
            self._change()
            return
        with self._client.start_session() as session:
            session.with_transaction(self._change)

    def _change(self, session: Any = None) -> None:
        """Change all annotations, if they are as they should be.

        Raises:
            _Changed: an annotation was changed meanwhile; others may be changed.
        """
        from pymongo.errors import BulkWriteError

        found = find_annotations(self._client, self._ids, session)
        ours = [target for target, known in found.items() if known and known.get("data_id") == self._data[target]]
        if len(ours) == len(found):
            return  # done by a message whose connection was lost before
        if ours:
            raise _Changed
        self._known = found
        changes = [self._change_of(target, known) for target, known in self._known.items()]
        try:
            done = self._annotations.bulk_write(changes, session=session)
        except BulkWriteError as error:
            if all(one["code"] == _DUPLICATE_KEY for one in error.details["writeErrors"]):
                raise _Changed from None
            raise
        new = [target for target, known in self._known.items() if known is None]
        if len(done.upserted_ids or {}) != len(new) or done.matched_count != len(changes) - len(new):
            raise _Changed

    def _change_of(self, target: AnnotationKey, known: dict[str, Any] | None) -> Any:
        from pymongo import UpdateOne

        self._check(target, known)
        state = {"date": datetime.now(UTC), "isFinished": False, "data_id": self._data[target]}
        if known is None:
            # Two servers make the same id. An annotation that NOVA has made meanwhile has another, but is matched.
            document = {"_id": _derived_id(*self._ids[target].values()), **state, "isLocked": False}
            return UpdateOne(self._ids[target], {"$setOnInsert": document}, upsert=True)
        same = {name: known.get(name, {"$exists": False}) for name in STATE}
        backup, _ = backup_after(known)
        if backup is not None:
            state["data_backup_id"] = backup
        return UpdateOne({"_id": known["_id"], **same}, {"$set": state})

    def _check(self, target: AnnotationKey, known: dict[str, Any] | None) -> None:
        first = self._job.first_seen.setdefault(target, known)
        if known is None:
            if first is not None:
                raise OutputError(f"{target}: was deleted while the video was annotated: start the job again")
            return
        if not self._overwrite:
            raise OutputError(f"{target}: already exists and may not be replaced")
        if known.get("data_id") != (first or {}).get("data_id") and not is_ours(known.get("data_id")):
            advice = "it stays as it is; start the job again to replace it"
            raise OutputError(f"{target}: somebody saved it while the video was annotated: {advice}")
        may_replace(target, known, self._job.overwrite_finished)

    def _changed(self) -> set[Any]:
        """Which of our data annotations refer to."""
        query = {"data_id": {"$in": list(self._data.values())}}
        return {found["data_id"] for found in self._annotations.find(query, {"data_id": 1})}

    def _change_back(self) -> None:
        """Make the annotations that refer to our data refer to what they referred to before."""
        from pymongo import DeleteOne, UpdateOne

        changed = self._changed()
        changes: list[Any] = []
        for target, known in self._known.items():
            if self._data[target] not in changed:
                continue
            new = {**self._ids[target], "data_id": self._data[target]}
            if known is None:
                changes.append(DeleteOne(new))
                continue
            fields = [name for name in STATE if name != "isLocked"]  # which nobody but a person changes
            change = {"$set": {name: known[name] for name in fields if name in known}}
            if missing := {name: "" for name in fields if name not in known}:
                change["$unset"] = missing
            changes.append(UpdateOne(new, change))
        if changes:
            self._annotations.bulk_write(changes)

    def _delete(self, data_ids: Any) -> None:
        """Delete documents of data, unless an annotation refers to them, and our lock."""
        data_ids = list(data_ids)
        used: set[Any] = set()
        if data_ids:
            fields = ("data_id", "data_backup_id")
            query = {"$or": [{name: {"$in": data_ids}} for name in fields]}
            users = self._annotations.find(query, dict.fromkeys(fields, 1))
            used = {found.get(name) for found in users for name in fields}
        unused = [data_id for data_id in data_ids if data_id not in used]
        self._stored.delete_many({"$or": [{"_id": {"$in": unused}}, self._lock]})


def _persist(action: Callable[[], Any]) -> Any:
    """Call a function, again if the connection to the database is lost."""
    from pymongo.errors import ConnectionFailure

    for attempt in range(_ATTEMPTS - 1):
        try:
            return action()
        except ConnectionFailure:
            time.sleep(_PAUSE * 2**attempt)
    return action()


def _time_limit() -> Any:
    """Limit the time of all questions to the database in a block; the driver of the older server cannot do that."""
    import pymongo

    limit = getattr(pymongo, "timeout", None)
    return limit(_SECONDS) if limit else nullcontext()


def _derived_id(*ids: Any) -> Any:
    """An id that follows from other ids: each server makes the same."""
    from bson import ObjectId

    return ObjectId(hashlib.sha256("/".join(map(str, ids)).encode()).digest()[:12])
