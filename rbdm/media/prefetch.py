"""Runs an iterator in a thread of its own, some items ahead of its consumer."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
_LOOK_EVERY = 0.1


@contextmanager
def prefetch(items: Iterator[Item], depth: int) -> Iterator[Iterator[Item]]:
    """`items`, made on a thread up to `depth` items before they are asked for.

    An exception of `items` is raised where its item would have come. Leaving the context stops the thread.
    """
    made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
    left = threading.Event()

    def put(item: Item | None, error: BaseException | None) -> None:
        while not left.is_set():
            try:
                return made.put((item, error), timeout=_LOOK_EVERY)
            except queue.Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(item, None)
                if left.is_set():
                    return
        except BaseException as error:
            put(None, error)
        else:
            put(None, StopIteration())

    def take() -> Iterator[Item]:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]

    thread = threading.Thread(target=make, name="rbdm-decode", daemon=True)
    thread.start()
    try:
        yield take()
    finally:
        left.set()
        _join(thread)


def _join(thread: threading.Thread) -> None:
    """Wait through interruptions: what the thread works on must not be closed under it."""
    interruption = None
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt as error:
            interruption = error
    if interruption is not None:
        raise interruption
