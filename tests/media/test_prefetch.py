"""Items are made on another thread, a few ahead, in order; errors come through, and leaving stops the thread."""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from rbdm.errors import InputError
from rbdm.media.prefetch import prefetch


def decoding() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rbdm-decode"]


def test_items_come_in_order_and_then_end():
    for count in (0, 1, 2, 50):
        with prefetch(iter(range(count)), 3) as items:
            assert list(items) == list(range(count))
            assert list(items) == []
    assert decoding() == []


def test_items_are_made_on_another_thread_but_no_further_ahead_than_asked():
    made: list[int] = []

    def make() -> Iterator[str]:
        for index in range(100):
            made.append(index)
            yield threading.current_thread().name

    with prefetch(make(), 3) as items:
        assert next(items) != threading.current_thread().name
        end = time.monotonic() + 5
        while len(made) < 4:
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(0.2)
        assert len(made) <= 6
    assert len(made) <= 6


def test_an_error_is_raised_where_its_item_would_have_come():
    def make() -> Iterator[int]:
        yield from range(3)
        raise InputError("a.mp4: broken")

    seen = []
    with pytest.raises(InputError, match=r"a\.mp4: broken"), prefetch(make(), 10) as items:
        seen.extend(items)
    with prefetch(make(), 10) as items:
        assert [next(items) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(InputError, match=r"a\.mp4: broken"):
            next(items)
    assert decoding() == []


@pytest.mark.parametrize("depth", [1, 3])
def test_leaving_stops_the_thread(depth):
    def forever() -> Iterator[int]:
        while True:
            yield 1

    with pytest.raises(KeyboardInterrupt), prefetch(forever(), depth) as items:
        assert next(items) == 1
        assert len(decoding()) == 1
        raise KeyboardInterrupt
    assert decoding() == []


def test_an_exception_that_a_server_raises_while_the_thread_starts_stops_it():
    for _ in range(20):
        begun = threading.Event()
        job = threading.Thread(target=wait_for_items, args=(begun,))
        job.start()
        assert begun.wait(5)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(job.ident or 0), ctypes.py_object(SystemExit))
        job.join()
        assert decoding() == []


def wait_for_items(begun: threading.Event) -> None:
    def forever() -> Iterator[int]:
        begun.set()
        while True:
            yield 1

    with suppress(SystemExit), prefetch(forever(), 1):
        while True:
            time.sleep(0.01)
