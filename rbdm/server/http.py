"""Sends HTTP requests to the server that runs our job."""

import http.client
import os
import ssl
import urllib.request
from functools import cache

_TIMEOUT = 1.0
"""Seconds."""
_ALL_INTERFACES = ("0.0.0.0", "::", "")


def server_address() -> str | None:
    """The URL of the server, from the environment variables that it sets for our process; None if they are not set."""
    host, port = os.environ.get("DISCOVER_HOST"), os.environ.get("DISCOVER_PORT")
    if host is None or not port:
        return None
    scheme = "https" if os.environ.get("DISCOVER_USE_TLS", "").lower() == "true" else "http"
    host = "127.0.0.1" if host in _ALL_INTERFACES else f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{port}"


def ask_server(route: str, body: bytes | None = None, content_type: str = "application/x-www-form-urlencoded") -> bytes:
    """Send a request to the server and return its answer.

    Args:
        route: the path below the server's URL.
        body: the content to POST; None for a GET.
        content_type: of the body.

    Raises:
        OSError: the server does not answer within a second, its answer is incomplete, or it refuses.
    """
    request = urllib.request.Request(f"{server_address()}/{route}", body, {"Content-Type": content_type})
    try:
        with _opener().open(request, timeout=_TIMEOUT) as answer:
            return bytes(answer.read())
    except http.client.HTTPException as error:
        raise OSError(f"no answer to {route}: {error!r}") from None


@cache
def _opener() -> urllib.request.OpenerDirector:
    # The server's certificate is self-signed. The connection does not leave this machine, so it needs no proxy.
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unchecked)
    return urllib.request.build_opener(*handlers)
