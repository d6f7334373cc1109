"""Starts the app, or opens the one that is running."""

import os
import socket
import sys
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path

from rbdm.app.context import Context
from rbdm.app.queue.queue import Queue
from rbdm.app.results.shelf import Shelf
from rbdm.app.results.uploads import remove_uploads
from rbdm.app.running import Running, become_the_one, forget_running, read_running, state_folder, write_running
from rbdm.app.security.guard import opening_address
from rbdm.app.security.keys import Keys
from rbdm.errors import OptionError, RbdmError
from rbdm.types import Notify

ADDRESS = "127.0.0.1"


def require_app() -> None:
    """Raise `RbdmError` if the extra `app` is not installed. The message says what to install."""
    import importlib.util

    if any(importlib.util.find_spec(name) is None for name in ("nicegui", "platformdirs")):
        raise RbdmError("the app needs NiceGUI: pip install 'rbdm[app]'")


def run_app(port: int | None, opens_browser: bool, say: Notify) -> None:
    """Run the app until it is quit; if one is running already, only open its page.

    Args:
        port: of the server; None for a free one.
        opens_browser: whether to open the page in the user's browser.
        say: called with one line of text for the user.

    Raises:
        OptionError: the port is in use.
        RbdmError: the extra `app` is not installed, or the app's folder cannot be used.
    """
    require_app()
    folder = state_folder()
    if sys.stderr is None:  # started without a terminal, on Windows
        sys.stdout = sys.stderr = (folder / "app.log").open("a", encoding="utf-8", buffering=1)
    lock = become_the_one(folder)
    if lock is None:
        running = read_running(folder)
        _open(opening_address(running.port, Keys(running.secret)), opens_browser, say, "rbdm is already running")
        return
    try:
        with _listen(port) as listener:
            _serve(folder, listener, opens_browser, say)
    finally:
        lock.close()


def _serve(folder: Path, listener: socket.socket, opens_browser: bool, say: Notify) -> None:
    from rbdm.app.live.queueing import RecordingQueue
    from rbdm.app.server import AppServer

    port, keys = listener.getsockname()[1], Keys()

    def started() -> None:
        write_running(folder, Running(os.getpid(), port, keys.secret))
        # Some systems wait for the browser, and the browser waits for the server.
        arguments = opening_address(port, keys), opens_browser, say, "rbdm is running"
        threading.Thread(target=_open, args=arguments, daemon=True).start()

    def stop() -> None:
        server.should_exit = True

    remove_uploads(folder)
    queue = Queue(folder)
    RecordingQueue(queue, folder).take_up()
    server = AppServer(Context(folder, port, keys, queue, Shelf(), stop), started)
    queue.start()
    try:
        with suppress(KeyboardInterrupt):  # the usual way to end it in a terminal
            server.run(sockets=[listener])
    finally:
        forget_running(folder)
        queue.close()


def _listen(port: int | None) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # on Windows, this option would let two programs have one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port or 0))
    except OSError as error:
        listener.close()
        raise OptionError(f"--port {port}: cannot be used: {error.strerror}; leave it out for a free one") from None
    return listener


def _open(address: str, opens_browser: bool, say: Notify, what: str) -> None:
    if opens_browser and webbrowser.open(address):
        say(f"{what}: its page opens in your browser")
    else:
        say(f"{what}: open this address, which is valid once: {address}")
