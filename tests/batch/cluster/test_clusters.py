"""Which workers can be wished for, and with which settings they are started."""

import importlib.util
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from rbdm.batch.cluster import clusters
from rbdm.batch.cluster.clusters import ClusterChoice, require_cluster, running_workers, waiting_hint
from rbdm.errors import OptionError, RbdmError

SLURM = ClusterChoice("slurm", 5, "--partition=short '-A=my account'")


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (("laptop",), "--cluster is 'laptop'"),
        (("http://lab:8786",), "--cluster is 'http://lab:8786'"),
        (("local", 0), "--workers is 0"),
        (("tcp://lab:8786", 3), "--workers has no effect"),
        (("local", None, "--time=1"), "--sbatch is only for"),
        (("slurm", None, "--comment='a"), "--sbatch: No closing quotation"),
    ],
)
def test_what_makes_no_sense_is_refused(choice, names):
    with pytest.raises(OptionError, match=names):
        ClusterChoice(*choice)


@pytest.mark.parametrize("where", ["local", "slurm", "tcp://lab:8786", "tls://[::1]:8786"])
def test_what_makes_sense(where):
    assert ClusterChoice(where).where == where


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match=r"needs the package distributed: pip install 'rbdm\[cluster\]'"):
        require_cluster(ClusterChoice("local"))


def test_a_machine_without_slurm_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    require_cluster(ClusterChoice("local"))
    with pytest.raises(RbdmError, match="sbatch: run this on a login node"):
        require_cluster(SLURM)


@pytest.mark.parametrize(("word", "line"), [("--time=1:00", "--time=1:00"), ("--comment=a b", "'--comment=a b'")])
def test_an_option_of_sbatch_is_one_word(word, line):
    assert clusters._directive(word) == line


def test_an_option_of_sbatch_in_two_words_is_refused():
    with pytest.raises(OptionError, match="'short': write each option as one word"):
        clusters._directive("short")


class FakeCluster:
    """Remembers how it was made."""

    made: Any = None
    scheduler_address = "tcp://127.0.0.1:1"

    def __init__(self, **settings: Any) -> None:
        import dask

        self.settings, self.limits, self.is_closed = settings, dict[str, Any](), False
        type(self).made = self
        self.lost_after = dask.config.get("distributed.deploy.lost-worker-timeout")

    def __enter__(self) -> "FakeCluster":
        import dask

        self.lost_after = dask.config.get("distributed.deploy.lost-worker-timeout")
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def adapt(self, **limits: Any) -> None:
        self.limits = limits

    def job_script(self) -> str:
        return "#!/bin/sh"

    def close(self) -> None:
        self.is_closed = True


def test_local_workers_share_the_cores_and_none_of_them_is_given_up(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
    monkeypatch.setattr(distributed, "LocalCluster", FakeCluster)
    monkeypatch.setattr(clusters, "usable_cores", lambda: 16)
    with running_workers(ClusterChoice("local"), 100) as address:
        assert address == FakeCluster.scheduler_address
    made = FakeCluster.made
    assert made.settings["n_workers"] == 4
    assert made.settings["env"] == {"RBDM_CORES": "4"}
    assert made.settings["scheduler_kwargs"]["dashboard_address"].endswith(":0"), "two runs would want one port"
    assert made.lost_after == "1000 days"
    assert made.is_closed
    with running_workers(ClusterChoice("local", 9), 3):
        pass
    assert FakeCluster.made.settings["n_workers"] == 3, "more workers than videos"


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    jobqueue = pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")
    monkeypatch.setattr(jobqueue, "SLURMCluster", FakeCluster)


def test_jobs_of_slurm_get_the_users_options(slurm, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    with running_workers(SLURM, 3) as address:
        assert address == FakeCluster.scheduler_address
    made = FakeCluster.made
    assert made.settings["job_extra_directives"] == ["--partition=short", "'-A=my account'"]
    assert (made.settings["job_cpu"], made.settings["memory"]) == (4, "4GB")
    assert made.settings["scheduler_options"]["dashboard_address"].endswith(":0")
    assert (made.limits["minimum"], made.limits["maximum"]) == (0, 3)
    assert made.is_closed


@pytest.mark.parametrize("error", ["sbatch: error: invalid partition specified: short", ""])
def test_jobs_that_slurm_refuses_are_not_waited_for(slurm, monkeypatch, error):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1, stderr=error))
    with (
        pytest.raises(RbdmError, match=f"SLURM refuses the jobs: {error or 'no reason given'}"),
        running_workers(SLURM, 1),
    ):
        pass
    assert FakeCluster.made.is_closed


def test_a_slurm_that_does_not_answer(slurm, monkeypatch):
    def silent(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("sbatch", 60)

    monkeypatch.setattr(subprocess, "run", silent)
    with pytest.raises(RbdmError, match="SLURM does not answer"), running_workers(SLURM, 1):
        pass


def test_what_to_look_at_if_no_worker_starts(monkeypatch):
    monkeypatch.setenv("USER", "ada")
    assert waiting_hint(ClusterChoice("tcp://lab:1")) == "start workers with `dask worker tcp://lab:1 --nthreads 1`"
    assert "busy" in waiting_hint(ClusterChoice("local"))
    pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")
    assert "squeue -u ada" in waiting_hint(SLURM)
