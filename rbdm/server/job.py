"""The job of the server that runs in the current thread."""

import threading
from dataclasses import dataclass, field
from typing import Any

from rbdm.errors import RbdmError
from rbdm.ssi import Annotation
from rbdm.types import Notify


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
        is_own_process: whether the job has a process of its own and is not a thread of the server.
        say: writes one line about the session that is being processed to the job's log.
        scheme_names: the discrete schemes of the dataset; None if they have not been looked up.
    """

    sessions: list[Session] = field(default_factory=list)
    connections: dict[Any, dict[str, Any]] = field(default_factory=dict, repr=False)
    cancelled: threading.Event = field(default_factory=threading.Event)
    saving: threading.Lock = field(default_factory=threading.Lock)
    is_own_process: bool = False
    say: Notify = print
    scheme_names: set[str] | None = None
    _exact: dict[int, tuple[Any, Annotation]] = field(default_factory=dict, repr=False)

    def keep_exact(self, template: Any, annotation: Annotation) -> None:
        """Keep the exact annotation for a template of the library, which holds only whole milliseconds."""
        # The template is kept, too, because an id is unique only while its object exists.
        self._exact[id(template)] = template, annotation

    def exact(self, template: Any) -> Annotation | None:
        """The exact annotation for a template; None if the template was not filled by us."""
        return self._exact.get(id(template), (None, None))[1]

    def template_of(self, rows: Any) -> Any:
        """The template whose data are this very object; None if it was not filled by us."""
        return next((template for template, _ in self._exact.values() if template.data is rows), None)

    def forget_exact(self) -> None:
        """Forget all exact annotations, once the session's results are saved."""
        self._exact.clear()


_thread = threading.local()


def begin_job() -> Job:
    """Start a job of ours in this thread; a server runs every job in a thread or process of its own."""
    job = Job()
    _thread.job = job
    return job


def current_job() -> Job | None:
    """The job of ours that this thread runs; None if the thread runs something else."""
    return getattr(_thread, "job", None)
