"""Serves results: a small application of its own, because its pages must not be able to use the app.

A report contains scripts, and anybody may have made the files in a folder. So every page is opened without an origin of
its own (`sandbox`): its scripts have no cookie, and can ask for nothing but the videos here.
"""

from pathlib import Path

from starlette.responses import FileResponse, PlainTextResponse, Response

from rbdm.app.results.shelf import Shelf
from rbdm.app.security.guard import RESULTS, Message, Receive, Send

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".jpg": "image/jpeg",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
}
"""A browser plays what a `.mov` of today holds if it is called MP4."""
_GONE = "This file is not here, or it lies outside of the folders that you have picked."
_HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-cache"}


class Results:
    """The ASGI application for addresses below `RESULTS` and their key, which the guard has checked.

    Args:
        shelf: what is served.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # The decoded path would lose the bytes of names that are no text.
        _, _, address = scope["raw_path"].partition(b"?")[0].removeprefix(RESULTS.encode()).partition(b"/")
        await self._response(scope, address)(scope, receive, send)

    def _response(self, scope: Message, address: bytes) -> Response:
        found = self._shelf.find(address)
        if isinstance(found, bytes):
            return Response(found, media_type=_TYPES[".html"], headers={**_HEADERS, **_page_policy(scope)})
        if found is None:
            return PlainTextResponse(_GONE, 404, headers=_HEADERS)
        return _file(found, scope)


def _file(path: Path, scope: Message) -> Response:
    kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
    headers = {**_HEADERS, **(_page_policy(scope) if kind.startswith("text/html") else {})}
    name = path.name if kind.startswith("text/csv") else None
    return FileResponse(path, media_type=kind, headers=headers, filename=name)


def _page_policy(scope: Message) -> dict[str, str]:
    host = next(value.decode("latin-1") for name, value in scope["headers"] if name == b"host")
    key = scope["path"].removeprefix(RESULTS).partition("/")[0]
    policy = [
        "sandbox allow-scripts allow-downloads",
        "default-src 'none'",
        "script-src 'unsafe-inline' 'unsafe-eval'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        f"media-src http://{host}{RESULTS}{key}/ blob:",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors http://{host}",
    ]
    return {"content-security-policy": "; ".join(policy)}
