"""Talks to a server over HTTP, and explains each failure in one line."""

import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rbdm.errors import OptionError, RbdmError

_ANSWER_TIMEOUT = 10.0
"""Seconds to wait for an answer."""
_PROXY_ERRORS = (502, 503, 504)  # a reverse proxy answers with these while the server behind it is down


class Unreachable(RbdmError):
    """The server does not answer; asking again may help."""


class Refused(RbdmError):
    """The server answers with an error, or not as a DISCOVER server does."""


class Connection:
    """Asks one server over HTTP.

    The proxy of the environment variables is used, except for a server on this machine.

    Args:
        url: such as `http://127.0.0.1:8080`. It may be `https`, and may have a path that a reverse proxy adds.
        insecure: with https, do not check the server's certificate.
        ca: with https, a PEM file of certificates that are trusted, too: that of the authority which has signed the
            server's certificate, or the server's certificate itself.

    Attributes:
        url: the address without a slash at its end.

    Raises:
        OptionError: `url` is not the address of a server, or `ca` cannot be used.
    """

    def __init__(self, url: str, insecure: bool = False, ca: Path | None = None) -> None:
        address = _parse_address(url)
        self.url = address.geturl()
        if ca is not None and (insecure or address.scheme != "https"):
            why = "--insecure trusts any certificate" if insecure else f"{self.url} has no certificate: write https://…"
            raise OptionError(f"--ca {ca}: {why}")
        context = _trusting(ca) if ca is not None else ssl.create_default_context()
        if insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        proxies = {} if _needs_no_proxy(address) else urllib.request.getproxies()
        self._proxy_note = (
            " (through the proxy that your environment variables name)" if address.scheme in proxies else ""
        )
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context), _NoRedirect
        )

    def ask(self, route: str, form: Mapping[str, str] | None = None, timeout: float = _ANSWER_TIMEOUT) -> Any:
        """Send a request and return the answer, as parsed JSON.

        Args:
            route: the path below the server's URL.
            form: the fields to POST; None for a GET.
            timeout: seconds.

        Raises:
            Unreachable: the server does not answer.
            Refused: the server answers with an error, or its answer is not JSON.
        """
        request = urllib.request.Request(f"{self.url}/{route}", headers={"Accept": "application/json"})
        if form is not None:
            request.data, kind = _encode_form(form)
            request.add_header("Content-Type", kind)
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise self._bad_answer(error, route) from None
        except (OSError, http.client.IncompleteRead) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise Unreachable(f"{self.url}: {_explain(reason)}{self._proxy_note}") from None
        except (http.client.HTTPException, ValueError):
            raise self.not_discover(f"its answer to {route} is not JSON") from None

    def _bad_answer(self, error: urllib.error.HTTPError, route: str) -> RbdmError:
        answer = f"{error.code} {error.reason}"
        if error.code in _PROXY_ERRORS:
            return Unreachable(f"{self.url}: no answer from the server behind its proxy ({answer})")
        if 300 <= error.code < 400:
            return Refused(f"{self.url}: the server redirects to {error.headers.get('Location')}: use that address")
        if error.code == 426 or (error.code == 400 and b"HTTPS" in error.read(1000)):
            return Refused(f"{self.url}: the server wants https: write https://…")
        if error.code >= 500 and error.code != 501:
            return Refused(f"{self.url}: the server failed at {route} ({answer}): its own console says why")
        return self.not_discover(f"it answers {route} with {answer}{self._proxy_note}")

    def not_discover(self, why: str) -> Refused:
        """The error to raise for an answer that DISCOVER would not give."""
        return Refused(f"{self.url}: this does not seem to be a DISCOVER server: {why}; check the address and the port")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a redirected form may lose its fields, or may send the password in it to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _parse_address(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if parts.username is not None:
        raise OptionError("the server's address holds a user name: that is not supported")
    if not good or parts.query or parts.fragment:
        raise OptionError(f"{url}: not the address of a server: write it like http://lab:8080")
    return parts._replace(path=parts.path.rstrip("/"))


def _trusting(ca: Path) -> ssl.SSLContext:
    """A context that trusts the certificates of a file, and those that the system trusts."""
    context = ssl.create_default_context()
    # Python 3.13 refuses certificates that older versions of openssl have made, and before 3.13 a certificate in the
    # file counts only if it has signed itself.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError:
        raise OptionError(f"--ca {ca}: not a file of certificates: it must be a PEM file") from None
    except OSError as error:
        raise OptionError(f"--ca {ca}: cannot be read: {error.strerror}") from None
    return context


def _needs_no_proxy(server: SplitResult) -> bool:
    host = server.hostname or ""
    if host == "localhost" or host.endswith(".localhost") or urllib.request.proxy_bypass(server.netloc):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _encode_form(form: Mapping[str, str]) -> tuple[bytes, str]:
    """The body of a form (multipart/form-data, RFC 7578), and its content type."""
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{form[name]}\r\n' for name in form]
    body = "".join([*parts, f"--{boundary}--\r\n"])
    return body.encode("utf-8", "surrogateescape"), f"multipart/form-data; boundary={boundary}"


def _explain(reason: object) -> str:
    match reason:
        case ssl.SSLCertVerificationError():
            why = reason.verify_message.rstrip(".")
            return f"its certificate is not trusted ({why}): name the right one with --ca, or add --insecure"
        case ssl.SSLError() if reason.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            return "the server does not speak https: write http://…"
        case socket.gaierror():
            return "no machine with this name was found: check the address"
        case ConnectionRefusedError():
            return "nothing listens there: is the server running, and is the port right?"
        case ConnectionResetError():
            return "the server has cut the connection: has it ended, or is it http where it should be https?"
        case TimeoutError():
            return "the server does not answer in time: is it running, and does a firewall let you through?"
    return f"the server cannot be reached: {reason}"
