"""Talking to a DISCOVER or NOVA server: posting jobs, following and cancelling them."""

import http.client
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_address
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rbdm.errors import OptionError, RbdmError

_POLL = 0.2
_SLOWEST_POLL = 1.0
_ANSWER = 10.0
_LISTING = 60.0  # the server reads every trainer of its CML_DIR, maybe over a network
_PAUSES = (0.5, 1.0, 2.0, 4.0)
_PASSING = (502, 503, 504)  # what a proxy says while the server behind it is away


class Unreachable(RbdmError):
    """The server does not answer; asking again may help."""


class Refused(RbdmError):
    """The server answers, but not as DISCOVER does when all is well."""


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
        address = _address(url)
        self.url = address.geturl()
        context = ssl.create_default_context()
        if insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        proxies = {} if _needs_no_proxy(address) else urllib.request.getproxies()
        self._by_way_of = (
            " (asked by way of the proxy that your environment names)" if address.scheme in proxies else ""
        )
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context), _NoRedirect
        )

    def require(self, trainer: str) -> None:
        """See that this is a DISCOVER server which has a module, before anything is sent to it.

        Args:
            trainer: the module's trainer file below CML_DIR, with slashes of either kind.

        Raises:
            RbdmError: it is not, or it has not, or it cannot read the trainer file.
        """
        found = self._ask("cml_info", {}, _LISTING)
        if not isinstance(found, dict) or not isinstance(found.get("trainer_ok"), dict):
            raise self._not_discover("it cannot list its modules")
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
        self._ask("process", form)
        return form["jobID"]

    def jobs(self) -> list[dict[str, Any]]:
        """The server's own list of its jobs, each with `job_key`, `status`, `progress` and more.

        Raises:
            RbdmError: the server does not answer or cannot list them.
        """
        jobs = self._ask("job_status_all", None)
        if not isinstance(jobs, list):
            raise self._not_discover("it cannot list its jobs")
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

    def follow(self, job: str) -> Iterator[JobState]:
        """The states of a job, several a second at first, up to the one that is over.

        A server that is away for a few seconds is asked again.

        Raises:
            RbdmError: the server does not answer any more, or does not know the job.
        """
        start = time.monotonic()
        while True:
            state = self._patient_state(job)
            yield state
            if state.is_over:
                return
            time.sleep(min(max(_POLL, (time.monotonic() - start) / 20), _SLOWEST_POLL))

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
        answer = self._ask(route, {"jobID": job})
        if not isinstance(answer, dict) or name not in answer:
            raise self._not_discover(f"its answer to {route} has no {name}")
        return answer[name]

    def _patient_state(self, job: str) -> JobState:
        for pause in _PAUSES:
            try:
                return self.state(job)
            except Unreachable:
                time.sleep(pause)
        try:
            return self.state(job)
        except Unreachable as error:
            raise Unreachable(f"{error}; job {job} may still run there") from None

    def _ask(self, route: str, form: Mapping[str, str] | None, timeout: float = _ANSWER) -> Any:
        request = urllib.request.Request(f"{self.url}/{route}", headers={"Accept": "application/json"})
        if form is not None:
            request.data, kind = _multipart(form)
            request.add_header("Content-Type", kind)
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise self._bad_answer(error, route) from None
        except (OSError, http.client.IncompleteRead) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise Unreachable(f"{self.url}: {_why(reason)}{self._by_way_of}") from None
        except (http.client.HTTPException, ValueError):
            raise self._not_discover(f"its answer to {route} is no JSON") from None

    def _bad_answer(self, error: urllib.error.HTTPError, route: str) -> RbdmError:
        answer = f"{error.code} {error.reason}"
        if error.code in _PASSING:
            return Unreachable(f"{self.url}: no answer from the server behind its proxy ({answer})")
        if 300 <= error.code < 400:
            return Refused(f"{self.url}: this address points to {error.headers.get('Location')}: give that one")
        if error.code == 426 or (error.code == 400 and b"HTTPS" in error.read(1000)):
            return Refused(f"{self.url}: the server wants https: write https://… and, if need be, --insecure")
        if error.code >= 500 and error.code != 501:
            return Refused(f"{self.url}: the server failed at {route} ({answer}): its own console says why")
        return self._not_discover(f"it answers {route} with {answer}{self._by_way_of}")

    def _not_discover(self, why: str) -> RbdmError:
        return Refused(f"{self.url}: this seems to be no DISCOVER server: {why}; check the address and the port")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected form arrives without its fields, or somewhere else: nothing that holds a password may."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _address(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if parts.username is not None:
        raise OptionError("the server's address holds a user name: that is not supported")
    if not good or parts.query or parts.fragment:
        raise OptionError(f"{url}: no address of a server: write it like http://lab:8080")
    return parts._replace(path=parts.path.rstrip("/"))


def _needs_no_proxy(server: SplitResult) -> bool:
    host = server.hostname or ""
    if host == "localhost" or host.endswith(".localhost") or urllib.request.proxy_bypass(server.netloc):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _multipart(form: Mapping[str, str]) -> tuple[bytes, str]:
    """The body of RFC 7578 and its content type."""
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{form[name]}\r\n' for name in form]
    body = "".join([*parts, f"--{boundary}--\r\n"])
    return body.encode("utf-8", "surrogateescape"), f"multipart/form-data; boundary={boundary}"


def _why(reason: object) -> str:
    match reason:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({reason.verify_message}): if you know this server, add --insecure"
        case ssl.SSLError() if reason.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            return "the server does not speak https: write http://…"
        case socket.gaierror():
            return "no machine of this name is known: check the address"
        case ConnectionRefusedError():
            return "nothing listens there: is the server running, and is the port right?"
        case ConnectionResetError():
            return "the server has cut the connection: has it ended, or is it http where it should be https?"
        case TimeoutError():
            return "the server does not answer in time: is it running, and does a firewall let you through?"
    return f"the server cannot be reached: {reason}"
