"""The server of the app: NiceGUI's pages, our own routes, and the guard in front of both."""

import socket
import time
from collections.abc import Callable
from importlib import import_module

import uvicorn
from fastapi import FastAPI
from nicegui import Client, ui
from nicegui import app as nicegui_app

from rbdm.app.context import Context
from rbdm.app.pages.frame import page_frame
from rbdm.app.pages.screens import SCREENS, Screen
from rbdm.app.results.serve import Results
from rbdm.app.security.guard import Guard

_UNUSED_SECONDS = 1800.0


class AppServer(uvicorn.Server):
    """The server of the app. `run(sockets=[…])` serves until `should_exit` is true.

    Args:
        context: see `Context`.
        started: called when requests are answered.
    """

    def __init__(self, context: Context, started: Callable[[], None]) -> None:
        guarded = Guard(_application(context), Results(context.shelf), context.keys, context.port)
        super().__init__(
            uvicorn.Config(
                guarded, log_level="warning", proxy_headers=False, server_header=False, timeout_graceful_shutdown=1
            )
        )
        self._when_started, self._queue, self._used = started, context.queue, time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second. The app ends by itself when nobody uses it."""
        if counter % 100 == 0:
            is_open = not self._queue.is_paused and any(run.is_open for run in self._queue.runs)
            if is_open or any(client.has_socket_connection for client in Client.instances.values()):
                self._used = time.monotonic()
            elif time.monotonic() - self._used > _UNUSED_SECONDS:
                self.should_exit = True
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Called by uvicorn."""
        await super().startup(sockets)
        self._when_started()


def _application(context: Context) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for screen in SCREENS:
        _add(app, screen, context)
    # The bar shows that something is loaded, moves without end, and has no name for a screen reader.
    nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True
    ui.run_with(
        app, title="rbdm", dark=None, language="en-US", show_welcome_message=False, tailwind=False, reconnect_timeout=30
    )
    return app


def _add(app: FastAPI, screen: Screen, context: Context) -> None:
    module = import_module(screen.module)
    if hasattr(module, "add_routes"):
        module.add_routes(app, context)

    @ui.page(screen.path, title=f"{screen.name} · rbdm")
    def page() -> None:
        with page_frame(screen, context):
            module.build(context)
