"""Every request is checked before the app sees it."""

import asyncio
from typing import Any

import pytest

from rbdm.app.security.guard import Guard, opening_address
from rbdm.app.security.keys import Keys

PORT = 4711
HOST = f"127.0.0.1:{PORT}"
OWN = f"http://{HOST}"


class Recorder:
    """An application that answers everything and notes what it was asked."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope["path"])
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"app"})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})


class Asked:
    """A guard in front of two recorders."""

    def __init__(self) -> None:
        self.keys, self.app, self.results = Keys(), Recorder(), Recorder()
        self.guard = Guard(self.app, self.results, self.keys, PORT)

    @property
    def cookie(self) -> str:
        return f"rbdm-{PORT}={self.keys.cookie}"

    def __call__(self, path: str, *, kind: str = "http", method: str = "GET", **headers: str) -> list[dict[str, Any]]:
        given = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        path, _, query = path.partition("?")
        scope = {
            "type": kind,
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        }
        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.guard(scope, None, send))  # type: ignore[arg-type]
        return sent


@pytest.fixture
def asked() -> Asked:
    return Asked()


def headers_of(sent: list[dict[str, Any]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_the_address_opens_the_app_once_and_gives_the_cookie(asked):
    path = opening_address(PORT, asked.keys).removeprefix(OWN)
    sent = asked(path)
    cookie = headers_of(sent)["set-cookie"]
    assert sent[0]["status"] == 200 and not asked.app.seen
    assert cookie == f"{asked.cookie}; Path=/; HttpOnly; SameSite=Strict"
    assert 'location.replace("/")' in sent[1]["body"].decode()
    assert asked(path)[0]["status"] == 403
    assert asked("/", cookie=asked.cookie)[0]["status"] == 200
    assert asked.app.seen == ["/"]


def test_pages_have_rules_against_everything_foreign(asked):
    rules = headers_of(asked("/", cookie=asked.cookie))["content-security-policy"]
    assert "default-src 'self'" in rules and "frame-ancestors 'none'" in rules and "http" not in rules


@pytest.mark.parametrize("path", ["/", "/help", "/_nicegui/3/static/x.js", "/results", "/results/", "/results/x/y"])
def test_without_the_cookie_nothing_is_answered(asked, path):
    for cookie in ("", "rbdm-4711=", f"rbdm-4711={'0' * 64}", f"rbdm-1={asked.keys.cookie}", "=;;=", "\xff"):
        sent = asked(path, cookie=cookie)
        assert sent[0]["status"] == 403
        assert "Start rbdm again" in sent[1]["body"].decode()
    assert not asked.app.seen and not asked.results.seen


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", f"127.0.0.1.evil.example:{PORT}", ""]
)
def test_another_name_for_this_machine_is_refused(asked, host):
    """A page of that name, whose owner lets it point to this machine, would be of the same origin."""
    path = opening_address(PORT, asked.keys).removeprefix(OWN)
    results = f"/results/{asked.keys.results}/0/x.html"
    for asked_path in ("/", path, results):
        assert asked(asked_path, host=host, cookie=asked.cookie, origin=f"http://{host}")[0]["status"] == 403
    assert asked("/_nicegui_ws/x", kind="websocket", host=host, cookie=asked.cookie)[0]["type"] == "websocket.close"
    assert not asked.app.seen and not asked.results.seen


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}", "http://127.0.0.1:8080", ""])
def test_another_origin_is_refused_also_over_a_websocket(asked, origin):
    assert asked("/", cookie=asked.cookie, origin=origin)[0]["status"] == 403
    assert asked("/x", method="POST", cookie=asked.cookie, origin=origin)[0]["status"] == 403
    sent = asked("/_nicegui_ws/x", kind="websocket", cookie=asked.cookie, origin=origin)
    assert sent[0]["type"] == "websocket.close"
    assert not asked.app.seen


def test_what_changes_something_must_say_where_it_comes_from(asked):
    assert asked("/x", method="POST", cookie=asked.cookie)[0]["status"] == 403
    assert asked("/x", kind="websocket", cookie=asked.cookie)[0]["type"] == "websocket.close"
    assert asked("/x", method="POST", cookie=asked.cookie, origin=OWN)[0]["status"] == 200
    assert asked("/x", kind="websocket", cookie=asked.cookie, origin=OWN)[0]["type"] == "websocket.accept"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_port_of_this_machine_is_refused(asked, site):
    """A cookie belongs to a host, and not to a port: the browser sends it."""
    assert asked("/", cookie=asked.cookie, sec_fetch_site=site)[0]["status"] == 403
    assert asked("/", cookie=asked.cookie, sec_fetch_site="same-origin")[0]["status"] == 200


def test_results_need_their_key_and_no_cookie(asked):
    good = f"/results/{asked.keys.results}/0/x.html"
    assert asked(good, origin="null", sec_fetch_site="cross-site")[0]["status"] == 200
    assert asked(good, method="HEAD")[0]["status"] == 200
    assert asked.results.seen == [good, good] and not asked.app.seen
    assert asked(good, method="POST", origin="null")[0]["status"] == 403
    assert asked(good, kind="websocket", origin="null")[0]["type"] == "websocket.close"
    assert asked(f"/results/{asked.keys.cookie}/0/x.html")[0]["status"] == 403
    assert asked(f"/results/{asked.keys.results}")[0]["status"] == 403
