"""Inside a server, a job finds its own entry in the server's lists; elsewhere there is none."""

import sys
import threading
from types import ModuleType, SimpleNamespace

import pytest

from rbdm.server.host import is_server, job_key, job_record


def test_elsewhere_there_is_no_job() -> None:
    assert not is_server() and job_key(threading.current_thread()) is job_record(threading.current_thread()) is None


@pytest.mark.parametrize("server", ["discover", "nova_server"])
def test_the_entry_of_a_thread(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    threads, jobs = ModuleType("thread_utils"), ModuleType("job_utils")
    record = SimpleNamespace()
    threads.THREADS = {"other": threading.Thread(), "Blue Whale": threading.current_thread()}  # type: ignore[attr-defined]
    jobs.JOBS = {"Blue Whale": record}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{server}.utils.thread_utils", threads)
    monkeypatch.setitem(sys.modules, f"{server}.utils.job_utils", jobs)
    assert is_server() and job_key(threading.current_thread()) == "Blue Whale"
    assert job_record(threading.current_thread()) is record
    assert job_key(threading.Thread()) is None
