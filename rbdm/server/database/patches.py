"""Patches of the server's library for its NOVA database, see `rbdm.server.patches`."""

from copy import copy, deepcopy
from types import SimpleNamespace
from typing import Any

from rbdm.errors import SchemeError
from rbdm.server.database.connection import connect
from rbdm.server.database.documents import AnnotationKey
from rbdm.server.database.saving import Outputs
from rbdm.server.job import Job

_SESSIONS = "Sessions"
_SESSION_FIELDS = ("name", "location", "language", "date", "duration", "isValid")
_SILENCE_MS = 120_000
"""Milliseconds after which a database that does not answer counts as lost."""


def connect_once(job: Job, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Use one connection per job: the library makes one per input and output, and waits 3 s for TLS each time.

    The attributes of the first connected handler are copied to the next handler, except for the folder of the streams
    (`data_dir`), which does not belong to the connection.
    """
    key = (args, tuple(sorted(kwargs.items())))
    if key not in job.connections:
        if warning := connect(original, self, *args, **kwargs):
            job.warnings.append(warning)
        job.connections[key] = {name: value for name, value in vars(self).items() if name != "data_dir"}
    vars(self).update(job.connections[key])


def make_client(job: Job, original: Any, *args: Any, **kwargs: Any) -> Any:
    """Do not wait for ever for a database that says nothing any more."""
    return original(*args, **{"socketTimeoutMS": _SILENCE_MS, **kwargs})


def load_sessions(
    job: Job, original: Any, self: Any, dataset: str, session: Any = None, *args: Any, **kwargs: Any
) -> Any:
    """Read the sessions of a dataset once per job: the library reads all of them for each session of the job."""

    def look() -> Any:
        return list(self.client[dataset][_SESSIONS].find({}, dict.fromkeys(_SESSION_FIELDS, 1)))

    def find(query: Any) -> Any:
        return documents

    documents = job.look_up((_SESSIONS, dataset), look)
    known = copy(self)
    known._client = {dataset: {_SESSIONS: SimpleNamespace(find=find)}}
    return original(known, dataset, session, *args, **kwargs)


def look_up_once(job: Job, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Read the document of a scheme once per job, or once a minute. The library changes it: give a copy."""
    key = (original.__name__, self._ip, args, tuple(sorted(kwargs.items())))
    return deepcopy(job.look_up(key, lambda: original(self, *args, **kwargs)))


def load_scheme(job: Job, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Name the scheme whose document lacks a field that the library needs."""
    try:
        return original(self, *args, **kwargs)
    except (AttributeError, KeyError, TypeError) as error:
        name = kwargs.get("scheme")
        raise SchemeError(f"scheme {name!r}: its document in the database cannot be read: {error!r}") from None


def save_to_database(job: Job, original: Any, self: Any, annotation: Any, *args: Any, **kwargs: Any) -> Any:
    """Store our annotations ourselves: the library rounds their times, and resamples them even at equal rates."""
    names = ("dataset", "session", "scheme", "annotator", "role")
    key = AnnotationKey(*(kwargs[name] for name in names))
    outputs = Outputs() if job.outputs is None else job.outputs
    outputs.client, outputs.overwrite = self.client, kwargs.get("overwrite", False)
    outputs.annotations[key] = job.exact_or_error(annotation)
    if job.outputs is None:
        outputs.write()
