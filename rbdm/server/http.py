"""Asks the server that runs our job, over HTTP."""

import http.client
import os
import ssl
import urllib.request
from functools import cache

_TIMEOUT = 1.0
_EVERYWHERE = ("0.0.0.0", "::", "")


def server_address() -> str | None:
    """The server's URL as it has told us in our environment, or None."""
    host, port = os.environ.get("DISCOVER_HOST"), os.environ.get("DISCOVER_PORT")
    if host is None or not port:
        return None
    scheme = "https" if os.environ.get("DISCOVER_USE_TLS", "").lower() == "true" else "http"
    return f"{scheme}://{'127.0.0.1' if host in _EVERYWHERE else host}:{port}"


def ask_server(route: str, body: bytes | None = None, content_type: str = "application/x-www-form-urlencoded") -> bytes:
    """What the server answers: a GET where there is no body, else a POST.

    Raises:
        OSError: it does not answer within a second, or not in full, or refuses.
    """
    request = urllib.request.Request(f"{server_address()}/{route}", body, {"Content-Type": content_type})
    try:
        with _opener().open(request, timeout=_TIMEOUT) as answer:
            return bytes(answer.read())
    except http.client.HTTPException as error:
        raise OSError(f"no answer to {route}: {error!r}") from None


@cache
def _opener() -> urllib.request.OpenerDirector:
    # The server has signed its certificate itself, and what stays on this machine needs no proxy.
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unchecked)
    return urllib.request.build_opener(*handlers)
