"""The number of threads is tried out, not counted."""

import os
from pathlib import Path

import pytest

from rbdm.runtime.cores import tune_thread_count, usable_cores


def test_fewer_threads_where_they_are_clearly_faster() -> None:
    assert tune_thread_count({8: 1.0, 4: 0.6, 2: 0.7}.__getitem__, 8) == 4
    assert tune_thread_count({8: 1.0, 4: 0.95, 2: 1.5}.__getitem__, 8) == 8
    assert tune_thread_count({2: 1.0, 1: 0.5}.__getitem__, 2) == 1


def test_one_core_is_not_timed() -> None:
    assert tune_thread_count(lambda count: pytest.fail("nothing to choose"), 1) == 1


@pytest.mark.parametrize(("quota", "expected"), [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None)])
def test_a_containers_quota_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, expected: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr("rbdm.runtime.cores._QUOTA", tmp_path / "cpu.max")
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert usable_cores() == (expected or affinity)


@pytest.fixture
def sixteen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with 16 cores, no quota, and no job of SLURM."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(16), raising=False)
    monkeypatch.setattr("rbdm.runtime.cores._QUOTA", tmp_path / "no quota")
    for name in ("RBDM_CORES", "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("set_to", "cores"),
    [
        ({}, 16),
        ({"RBDM_CORES": "3"}, 3),
        ({"RBDM_CORES": "99"}, 16),
        ({"RBDM_CORES": "0"}, 1),
        ({"RBDM_CORES": "many"}, 16),
        ({"SLURM_CPUS_PER_TASK": "4", "SLURM_CPUS_ON_NODE": "8"}, 4),
        ({"SLURM_CPUS_ON_NODE": "8"}, 8),
        ({"RBDM_CORES": "6", "SLURM_CPUS_PER_TASK": "4"}, 6),
        ({"RBDM_CORES": "", "SLURM_CPUS_PER_TASK": "4"}, 4),
    ],
)
def test_the_environment_limits_the_cores(
    sixteen: None, monkeypatch: pytest.MonkeyPatch, set_to: dict[str, str], cores: int
) -> None:
    for name, value in set_to.items():
        monkeypatch.setenv(name, value)
    assert usable_cores() == cores
