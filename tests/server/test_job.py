"""The job of this thread: no other thread sees it, and it keeps exact annotations until they are saved."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from rbdm.server.job import Job, begin_job, current_job
from rbdm.ssi import CONTINUOUS_DTYPE, Annotation, ContinuousScheme


def test_each_thread_has_a_job_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.server.job._thread", threading.local())
    assert current_job() is None
    job, seen = begin_job(), []
    thread = threading.Thread(target=lambda: seen.extend([current_job(), begin_job(), current_job()]))
    thread.start()
    thread.join()
    before, begun, after = seen
    assert before is None and begun is after and begun is not job
    assert current_job() is job


def test_exact_annotations_are_kept_until_the_session_is_saved() -> None:
    job, template, other = Job(), SimpleNamespace(), SimpleNamespace()
    annotation = Annotation(ContinuousScheme("valence", 25.0), np.zeros(3, CONTINUOUS_DTYPE))
    job.keep_exact(template, annotation)
    assert job.exact(template) is annotation and job.exact(other) is None
    job.forget_session()
    assert job.exact(template) is None


def test_passwords_are_not_shown() -> None:
    assert "secret" not in repr(Job(connections={("db", "ann"): {"password": "secret"}}))
