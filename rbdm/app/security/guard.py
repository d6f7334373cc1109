"""Checks every request before the app sees it: over http and over websockets."""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from rbdm.app.security.keys import Keys

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

RESULTS = "/results/"
"""Addresses of results begin with this, then follows their key."""
_TICKET = "start"
_OWN_SITES = ("", "same-origin", "none")
_REFUSED = (
    "This page belongs to a running rbdm, and this browser has no key for it. "
    "Start rbdm again (the shortcut, or `rbdm app`): it opens the page with its key."
)
_POLICY = "; ".join(
    [
        "default-src 'self'",
        # NiceGUI writes scripts and styles into the page, and Vue compiles its templates in the browser.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
_WELCOME = (
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>rbdm</title>'
    '<meta http-equiv="refresh" content="0;url=/"><script>location.replace("/")</script>'
    '<p><a href="/">Open rbdm</a></p></html>'
)


class Guard:
    """An ASGI application that passes on only the requests of this person's browser.

    A request has to name this machine (`Host`: otherwise a page of another name, which its owner lets point to this
    machine, could use the app), come from our own pages (`Origin`, `Sec-Fetch-Site`), and have the cookie. Results are
    an exception: they are read with the key in their address, because a report must not have the cookie.

    Args:
        app: the application.
        results: the application for addresses of results.
        keys: the keys.
        port: the port of the server.
    """

    def __init__(self, app: App, results: App, keys: Keys, port: int) -> None:
        self._app, self._results, self._keys = app, results, keys
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._cookie = f"rbdm-{port}"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("host", "") not in self._hosts:
            await _refuse(scope, send, "This address does not belong to rbdm.")
        elif self._is_result(scope):
            await self._results(scope, receive, send)
        elif scope["type"] == "http" and self._opens(scope):
            await _answer(send, 200, _WELCOME, {"set-cookie": self._set_cookie(), "content-type": "text/html"})
        elif self._is_ours(scope, headers):
            await self._app(scope, receive, _with_headers(send))
        else:
            await _refuse(scope, send, _REFUSED)

    def _is_result(self, scope: Message) -> bool:
        key, _, rest = scope["path"].removeprefix(RESULTS).partition("/")
        named = scope["path"].startswith(RESULTS) and scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        return bool(named and rest and self._keys.is_results(key))

    def _opens(self, scope: Message) -> bool:
        tickets = parse_qs(scope["query_string"].decode("latin-1")).get(_TICKET, [])
        return scope["method"] == "GET" and scope["path"] == "/" and len(tickets) == 1 and self._keys.accept(tickets[0])

    def _is_ours(self, scope: Message, headers: dict[str, str]) -> bool:
        origin = headers.get("origin")
        has_origin = origin == f"http://{headers['host']}"
        # A browser always says where a websocket, and a request that changes something, comes from.
        needs_origin = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if not has_origin and (origin is not None or needs_origin):
            return False
        if headers.get("sec-fetch-site", "") not in _OWN_SITES:
            return False
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return self._cookie in cookies and self._keys.is_cookie(cookies[self._cookie].value)

    def _set_cookie(self) -> str:
        return f"{self._cookie}={self._keys.cookie}; Path=/; HttpOnly; SameSite=Strict"


def opening_address(port: int, keys: Keys) -> str:
    """An address that opens the app once."""
    return f"http://127.0.0.1:{port}/?{_TICKET}={keys.ticket()}"


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", [])}
            new = [(name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in given]
            message = {**message, "headers": [*message.get("headers", []), *new]}
        await send(message)

    return send_with_headers


async def _refuse(scope: Message, send: Send, text: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
    else:
        await _answer(send, 403, text, {"content-type": "text/plain"})


async def _answer(send: Send, status: int, text: str, headers: dict[str, str]) -> None:
    body = text.encode()
    all_headers = {**_HEADERS, "cache-control": "no-store", "content-length": str(len(body)), **headers}
    all_headers["content-type"] += "; charset=utf-8"
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in all_headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
