"""The job of the server that runs in the current thread."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rbdm.errors import RbdmError
from rbdm.ssi import Annotation
from rbdm.types import Notify

_REMEMBERED = 60.0
"""Seconds for which the job remembers what it has looked up in the database."""


@dataclass(frozen=True)
class Session:
    """One session of a job.

    Attributes:
        manager: the library's dataset manager of the session.
        problem: why the session cannot be processed; None if nothing is known to be wrong.
    """

    manager: Any
    problem: RbdmError | None = None


@dataclass
class Job:
    """One request to the server.

    Attributes:
        sessions: in the order of processing.
        connections: the attributes that the library's database handlers have once they are connected, by address and
            user. They contain passwords.
        cancelled: set as soon as the job has been cancelled.
        saving: held while the results of a session are written.
        outputs: the `rbdm.server.database.saving.Outputs` of the session that is being saved; None at other times.
        first_seen: the database's documents of the annotations of the session, as they were before the video was
            decoded, by their `rbdm.server.database.documents.AnnotationKey`; None for an annotation that did not exist.
        refused: the error of each session that would overwrite another result of the job, by the `id` of its dataset
            manager; None as long as no session was loaded.
        overwrite_finished: whether annotations that are marked as finished may be replaced.
        warnings: about the whole job, not yet written to its log.
        errors: why sessions have failed, one line each.
        is_own_process: whether the job has a process of its own and is not a thread of the server.
        say: writes one line about the session that is being processed to the job's log.
        scheme_names: the discrete schemes of the dataset; None if they have not been looked up.
    """

    sessions: list[Session] = field(default_factory=list)
    connections: dict[Any, dict[str, Any]] = field(default_factory=dict, repr=False)
    cancelled: threading.Event = field(default_factory=threading.Event)
    saving: threading.Lock = field(default_factory=threading.Lock)
    outputs: Any = None
    first_seen: dict[Any, Any] = field(default_factory=dict, repr=False)
    refused: dict[int, RbdmError] | None = field(default=None, repr=False)
    overwrite_finished: bool = False
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    is_own_process: bool = False
    say: Notify = print
    scheme_names: set[str] | None = None
    _looked_up: dict[Any, tuple[float, Any]] = field(default_factory=dict, repr=False)
    _exact: dict[int, tuple[Any, Annotation]] = field(default_factory=dict, repr=False)

    def keep_exact(self, template: Any, annotation: Annotation) -> None:
        """Keep the exact annotation for a template of the library, which holds only whole milliseconds."""
        # The template is kept, too, because an id is unique only while its object exists.
        self._exact[id(template)] = template, annotation

    def exact(self, template: Any) -> Annotation | None:
        """The exact annotation for a template; None if the template was not filled by us."""
        return self._exact.get(id(template), (None, None))[1]

    def exact_or_error(self, template: Any) -> Annotation:
        """The exact annotation for a template.

        Raises:
            RbdmError: the template was not filled by us. The library would save its own, rounded numbers.
        """
        exact = self.exact(template)
        if exact is None:
            raise RbdmError("the server saves an annotation that was not made by rbdm: please report this")
        return exact

    def template_of(self, rows: Any) -> Any:
        """The template whose data are this very object; None if it was not filled by us."""
        return next((template for template, _ in self._exact.values() if template.data is rows), None)

    def forget_session(self) -> None:
        """Forget what belongs to a session, once its results are saved or it has failed."""
        self._exact.clear()
        self.first_seen.clear()
        self.outputs = None

    def look_up(self, key: Any, look: Callable[[], Any]) -> Any:
        """What `look` returns. The job remembers it for a minute, unless it is empty.

        Sessions of a job mostly need the same schemes, streams, roles and annotators, and each question to a database
        far away takes long. After a minute the job asks again, because somebody may have changed them.

        Args:
            key: of what is looked up; any value that a dictionary can have as a key.
            look: called without arguments.
        """
        when, known = self._looked_up.get(key, (-_REMEMBERED, None))
        if time.monotonic() - when < _REMEMBERED and known:
            return known
        found = look()
        self._looked_up[key] = time.monotonic(), found
        return found


_thread = threading.local()


def begin_job() -> Job:
    """Start a job of ours in this thread; a server runs every job in a thread or process of its own."""
    return join_job(Job())


def join_job(job: Job) -> Job:
    """Make this thread work for a job that another thread has begun."""
    _thread.job = job
    return job


def current_job() -> Job | None:
    """The job of ours that this thread runs; None if the thread runs something else."""
    return getattr(_thread, "job", None)
