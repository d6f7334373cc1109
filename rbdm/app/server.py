"""The server of the app: NiceGUI's pages, our own routes, and the guard in front of both."""

import socket
from collections.abc import Callable
from importlib import import_module

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from rbdm.app.context import Context
from rbdm.app.pages.frame import page_frame
from rbdm.app.pages.screens import SCREENS, Screen
from rbdm.app.security.guard import Guard


def serve(context: Context, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve the app until it is stopped.

    Args:
        context: see `Context`.
        listener: a socket that is bound to the address of the server.
        started: called when requests are answered.
    """
    guarded = Guard(_application(context), context.keys, context.port)
    _Server(uvicorn.Config(guarded, log_level="warning"), started).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_started()


def _application(context: Context) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for screen in SCREENS:
        _add(app, screen, context)
    ui.run_with(app, title="rbdm", dark=None, language="en-US", show_welcome_message=False, reconnect_timeout=30)
    return app


def _add(app: FastAPI, screen: Screen, context: Context) -> None:
    module = import_module(screen.module)
    if hasattr(module, "add_routes"):
        module.add_routes(app, context)

    @ui.page(screen.path, title=f"{screen.name} · rbdm")
    def page() -> None:
        with page_frame(screen):
            module.build(context)
