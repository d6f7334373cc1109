"""Talking to a DISCOVER or NOVA server: posting jobs, following and cancelling them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import PureWindowsPath
from typing import Any

from rbdm.client.http import Connection, Refused

_LISTING = 60.0  # the server reads every trainer of its CML_DIR, maybe over a network


class Status(IntEnum):
    """What the server says about a job."""

    WAITING = 0
    RUNNING = 1
    FINISHED = 2
    FAILED = 3
    CANCELLED = 4


@dataclass(frozen=True)
class JobState:
    """A job at one moment: its status, its progress in the server's words, and all of its log."""

    status: Status
    progress: str
    log: str

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, well or not."""
        return self.status > Status.RUNNING


def new_job_id() -> str:
    """A job id that nobody uses: the server takes a second job of one id for the first. Names a log file there."""
    return f"rbdm-{uuid.uuid4().hex[:12]}"


class Client:
    """The jobs of a running server.

    A proxy that the environment names is used, but never for a server on this machine.

    Args:
        url: such as `http://127.0.0.1:8080`; `https` too, with a path where a proxy gives it one.
        insecure: with https, take the server's certificate unchecked (DISCOVER's own is self-signed).

    Raises:
        OptionError: `url` is no address of a server.
    """

    def __init__(self, url: str, insecure: bool = False) -> None:
        self._connection = Connection(url, insecure)
        self.url = self._connection.url

    def require(self, trainer: str) -> None:
        """See that this is a DISCOVER server which has a module, before anything is sent to it.

        Args:
            trainer: the module's trainer file below CML_DIR, with slashes of either kind.

        Raises:
            RbdmError: it is not, or it has not, or it cannot read the trainer file.
        """
        found = self._connection.ask("cml_info", {}, _LISTING)
        if not isinstance(found, dict) or not isinstance(found.get("trainer_ok"), dict):
            raise self._connection.not_discover("it cannot list its modules")
        faulty = {PureWindowsPath(path): reason for path, reason in (found.get("trainer_faulty") or {}).items()}
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

        Raises:
            RbdmError: the server does not answer or refuses.
        """
        self._connection.ask("process", form)
        return form["jobID"]

    def jobs(self) -> list[dict[str, Any]]:
        """The server's own list of its jobs, each with `job_key`, `status`, `progress` and more.

        Raises:
            RbdmError: the server does not answer or cannot list them.
        """
        jobs = self._connection.ask("job_status_all")
        if not isinstance(jobs, list):
            raise self._connection.not_discover("it cannot list its jobs")
        return jobs

    def state(self, job: str) -> JobState:
        """The state of a job.

        Raises:
            RbdmError: the server does not answer, or does not know the job.
        """
        # The log is asked for last, so that the log of a job that is over is complete.
        status = Status(self._field("job_status", job, "status"))
        try:
            entry = next((entry for entry in self.jobs() if entry.get("job_key") == job), None)
        except Refused:  # the older NOVA-Server stumbles over a job that runs
            entry = {}
        if entry is None:  # `job_status` says that a job it does not know is waiting
            raise Refused(f"{self.url}: the server does not know job {job}: it may have been started anew")
        if status is Status.FAILED and entry.get("was_canceled"):  # its process was killed
            status = Status.CANCELLED
        log = "" if status is Status.WAITING else self._log(job)  # there is none yet, and the server says so as a log
        return JobState(status, str(entry.get("progress", "")), log)

    def cancel(self, job: str) -> None:
        """Ask the server to end a job.

        Raises:
            RbdmError: it does not answer, or cannot: DISCOVER cannot before the module runs.
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
        except Refused:  # it is a file of the server's, which may hold what the server cannot decode
            return ""

    def _field(self, route: str, job: str, name: str) -> Any:
        answer = self._connection.ask(route, {"jobID": job})
        if not isinstance(answer, dict) or name not in answer:
            raise self._connection.not_discover(f"its answer to {route} has no {name}")
        return answer[name]
