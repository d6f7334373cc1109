"""Runs an iterator in its own thread, some items ahead of the code that uses the items."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
_POLL_INTERVAL = 0.1
"""Seconds between two checks whether the context has been left."""


@contextmanager
def prefetch(items: Iterator[Item], depth: int) -> Iterator[Iterator[Item]]:
    """Yields an iterator with the same items as `items`, which a thread produces in advance.

    At most `depth` items wait to be used. If `items` raises an exception, the iterator raises it in place of the next
    item. At the end of the context, the thread is stopped after its current item.
    """
    produced: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: Item | None, error: BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return produced.put((item, error), timeout=_POLL_INTERVAL)
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for item in items:
                put(item, None)
                if stopped.is_set():
                    return
        except BaseException as error:
            put(None, error)
        else:
            put(None, StopIteration())

    def consume() -> Iterator[Item]:
        while True:
            item, error = produced.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]

    thread = threading.Thread(target=produce, name="rbdm-decode", daemon=True)
    try:
        thread.start()
        yield consume()
    finally:
        stopped.set()
        _join(thread)


def _join(thread: threading.Thread) -> None:
    """Wait for the thread even if an exception interrupts this: the thread still reads an open file.

    The exception (Ctrl-C, or one that a server raises in the thread of a job) is raised at the end.
    """
    interruption: BaseException | None = None
    while thread.is_alive():
        try:
            thread.join()
        except BaseException as error:
            interruption = error
    if interruption is not None:
        raise interruption
