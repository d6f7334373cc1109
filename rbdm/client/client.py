"""Talks to a DISCOVER or NOVA server: submits jobs, asks for their state, and cancels them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path, PureWindowsPath
from typing import Any

from rbdm.client.http import Connection, Refused

_LIST_TIMEOUT = 60.0  # seconds; the server reads every trainer file of its CML_DIR, which may be on a network drive


class Status(IntEnum):
    """The status of a job, with the numbers that the server uses."""

    WAITING = 0
    RUNNING = 1
    FINISHED = 2
    FAILED = 3
    CANCELLED = 4


@dataclass(frozen=True)
class JobState:
    """The state of a job at one moment.

    Attributes:
        status: the status.
        progress: the progress as the server writes it.
        log: the whole log of the job up to this moment.
    """

    status: Status
    progress: str
    log: str

    @property
    def is_over(self) -> bool:
        """Whether the job has ended: finished, failed or cancelled."""
        return self.status > Status.RUNNING


def new_job_id() -> str:
    """A new, random job id. The server confuses two jobs with the same id, and names a log file after the id."""
    return f"rbdm-{uuid.uuid4().hex[:12]}"


class Client:
    """Submits jobs to a running server and asks about them.

    The proxy of the environment variables is used, except for a server on this machine.

    Args:
        url: such as `http://127.0.0.1:8080`. It may be `https`, and may have a path that a reverse proxy adds.
        insecure: with https, do not check the server's certificate.
        ca: with https, a PEM file of certificates that are trusted, too: that of the authority which has signed the
            server's certificate, or the server's certificate itself.

    Raises:
        OptionError: `url` is not the address of a server, or `ca` cannot be used.
    """

    def __init__(self, url: str, insecure: bool = False, ca: Path | None = None) -> None:
        self._connection = Connection(url, insecure, ca)
        self.url = self._connection.url

    def require(self, trainer: str) -> None:
        """Check that this is a DISCOVER server and that it has a module. This is done before a job is sent.

        Args:
            trainer: the module's trainer file, relative to CML_DIR, with slashes or backslashes.

        Raises:
            RbdmError: this is no DISCOVER server, it does not have the module, or it cannot read the trainer file.
        """
        found = self._connection.ask("cml_info", {}, _LIST_TIMEOUT)
        if not isinstance(found, dict) or not isinstance(found.get("trainer_ok"), dict):
            raise self._connection.not_discover("it cannot list its modules")
        faulty = {PureWindowsPath(path): reason for path, reason in dict(found.get("trainer_faulty") or {}).items()}
        wanted, good = PureWindowsPath(trainer), [PureWindowsPath(path) for path in found["trainer_ok"]]
        if wanted in faulty:
            raise Refused(f"{self.url}: the server cannot read its {trainer}: {faulty[wanted]}")
        if wanted not in good:
            others = [str(path) for path in good if path.name == wanted.name]
            hint = (
                f"name {others[0]} with --trainer" if others else "run `rbdm install CML_DIR` there, or check --trainer"
            )
            raise Refused(f"{self.url}: the server has no {trainer}: {hint}")

    def submit(self, form: Mapping[str, str]) -> str:
        """Send a job as NOVA does, and return its id.

        Args:
            form: the fields of the request, with `jobID`; see `rbdm.client.job_forms`.

        Raises:
            RbdmError: the server does not answer or refuses.
        """
        self._connection.ask("process", form)
        return form["jobID"]

    def jobs(self) -> list[dict[str, Any]]:
        """The server's list of its jobs, each with `job_key`, `status`, `progress` and more.

        Raises:
            RbdmError: the server does not answer or cannot list them.
        """
        jobs = self._connection.ask("job_status_all")
        if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
            raise self._connection.not_discover("it cannot list its jobs")
        return jobs

    def state(self, job: str) -> JobState:
        """The state of a job.

        Raises:
            RbdmError: the server does not answer, or does not know the job.
        """
        # The log is requested last: if the status says that the job has ended, the log is complete.
        number = self._field("job_status", job, "status")
        if number not in list(Status):
            raise self._connection.not_discover(f"its status of job {job} is {number!r:.50}")
        status = Status(number)
        try:
            entry = next((entry for entry in self.jobs() if entry.get("job_key") == job), None)
        except Refused:  # the older NOVA-Server answers with an error while a job runs
            entry = {}
        if entry is None:  # for an unknown job, `job_status` says that it waits
            raise Refused(f"{self.url}: the server does not know job {job}: the server may have been restarted")
        # The server has killed the process of the job, and reports that as a failure.
        if status is Status.FAILED and entry.get("was_canceled"):
            status = Status.CANCELLED
        # For a job that waits, there is no log, and the server sends an error text instead.
        log = "" if status is Status.WAITING else self._log(job)
        return JobState(status, str(entry.get("progress", "")), log)

    def cancel(self, job: str) -> None:
        """Ask the server to cancel a job.

        Raises:
            RbdmError: the server does not answer, or cannot cancel: DISCOVER cannot cancel before the module runs.
        """
        try:
            done = self._field("cancel", job, "success")
        except Refused:
            waiting = self.state(job).status is Status.WAITING
            why = "it still waits for another job" if waiting else "it may be installing the module"
            text = f"{self.url}: the server cannot cancel job {job} now: {why}; it ends when it starts"
            raise Refused(text) from None
        if done != "true":
            raise Refused(f"{self.url}: the server has not cancelled job {job}")

    def _log(self, job: str) -> str:
        try:
            return str(self._field("log", job, "message"))
        except Refused:  # the log is a file, and the server fails if it cannot decode a character in it
            return ""

    def _field(self, route: str, job: str, name: str) -> Any:
        answer = self._connection.ask(route, {"jobID": job})
        if not isinstance(answer, dict) or name not in answer:
            raise self._connection.not_discover(f"its answer to {route} has no {name}")
        return answer[name]
