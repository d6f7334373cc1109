"""Starts worker processes: on this machine, or as jobs of SLURM; or uses those of a scheduler that runs already."""

import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from rbdm.errors import OptionError, RbdmError
from rbdm.files.resources import cache_folder
from rbdm.runtime.cores import CORES_VARIABLE, usable_cores

CORES_PER_WORKER = 4
"""A process with more cores decodes no faster, and then its network has to wait."""
TRIES = 3
"""A video whose worker process ended this often is reported as failed."""
_SLURM_WORKERS = 10
_SLURM_MEMORY = "4GB"
_LOG_LEVEL = 60
"""Above `CRITICAL`: Dask would print each worker that ends, and we report the videos."""
_DASK_SETTINGS = {
    # A worker gets its next video when it has finished one. If it dies, only one video is suspected.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.allowed-failures": TRIES - 1,
    # A video may keep Python busy for seconds. This is no reason to take its worker for dead.
    "distributed.scheduler.worker-ttl": None,
    "distributed.admin.tick.limit": "1h",
    # The memory that SLURM allows is SLURM's matter.
    "distributed.worker.memory.terminate": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.target": False,
}
_LOCAL_SETTINGS = {
    # Dask gives up a worker that is missing this long after it was lost, also if it came back meanwhile and is just
    # being started again. On this machine, each worker that ends is started again, so there is none to give up.
    "distributed.deploy.lost-worker-timeout": "1000 days",
}
_NO_DASHBOARD = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
"""Without an address, Dask would listen on a fixed port, and warn if another run has it."""
_DEFAULT_TIME = "-t 00:30:00"
"""dask-jobqueue asks for half an hour if nobody says anything: too short for long videos, so the partition decides."""


@dataclass(frozen=True)
class ClusterChoice:
    """Which workers the user wants.

    Attributes:
        where: `local`, `slurm`, or the address of a Dask scheduler.
        workers: the largest number of worker processes; None for the default.
        sbatch: options for `sbatch`, as a command line.
    """

    where: str
    workers: int | None = None
    sbatch: str = ""

    def __post_init__(self) -> None:
        is_address = self.where.partition("://")[0] in ("tcp", "tls") and "://" in self.where
        if self.where not in ("local", "slurm") and not is_address:
            raise OptionError(
                f"--cluster is {self.where!r}: it must be local, slurm, or an address such as tcp://lab:8786"
            )
        if self.workers is not None and not 1 <= self.workers <= 10_000:
            raise OptionError(f"--workers is {self.workers}: it must be from 1 to 10000")
        if self.workers is not None and is_address:
            raise OptionError(f"--workers has no effect: the workers of {self.where} run already")
        if self.sbatch and self.where != "slurm":
            raise OptionError("--sbatch is only for --cluster slurm")
        try:
            shlex.split(self.sbatch)
        except ValueError as error:
            raise OptionError(f"--sbatch: {error}") from None


def require_cluster(choice: ClusterChoice) -> None:
    """Raise `RbdmError` if a package or a program for these workers is missing."""
    wanted = ("dask_jobqueue", "distributed") if choice.where == "slurm" else ("distributed",)
    for name in wanted:
        if importlib.util.find_spec(name) is None:
            raise RbdmError(f"--cluster needs the package {name}: pip install 'rbdm[cluster]'")
    if choice.where == "slurm" and shutil.which("sbatch") is None:
        raise RbdmError("--cluster slurm needs the program sbatch: run this on a login node of the cluster")


@contextmanager
def running_workers(choice: ClusterChoice, videos: int) -> Iterator[str]:
    """Start the workers; yields the address of their scheduler. At the end, all that was started here ends.

    Args:
        choice: which workers.
        videos: the number of videos: there are no more workers than this.

    Raises:
        RbdmError: SLURM refuses the jobs.
    """
    import dask
    from distributed.utils import silence_logging_cmgr

    with dask.config.set(_DASK_SETTINGS), silence_logging_cmgr(_LOG_LEVEL):
        if choice.where == "local":
            with _local(choice, videos) as cluster:
                yield cluster.scheduler_address
        elif choice.where == "slurm":
            with _slurm(choice, videos) as cluster:
                yield cluster.scheduler_address
        else:
            yield choice.where


@contextmanager
def _local(choice: ClusterChoice, videos: int) -> Iterator[Any]:
    import dask
    from distributed import LocalCluster

    cores = usable_cores()
    workers = min(choice.workers or max(1, cores // CORES_PER_WORKER), videos)
    with _ctrl_c_for_us_only():
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs=_NO_DASHBOARD,
            silence_logs=_LOG_LEVEL,
            env={CORES_VARIABLE: str(max(1, cores // workers))},
        )
    with dask.config.set(_LOCAL_SETTINGS), cluster:
        yield cluster


@contextmanager
def _ctrl_c_for_us_only() -> Iterator[None]:
    """Threads that start in this context, and the processes that they start, do not get the signal of Ctrl-C.

    A terminal sends it to all processes. Workers would print a trace; we end them in good order.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # its start would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _slurm(choice: ClusterChoice, videos: int) -> Iterator[Any]:
    import dask

    on_ctrl_c = signal.getsignal(signal.SIGINT)
    from dask_jobqueue import SLURMCluster

    signal.signal(signal.SIGINT, on_ctrl_c)  # dask-jobqueue 0.9 ends the program with exit code 0 instead

    logs = dask.config.get("jobqueue.slurm.log-directory") or str(cache_folder() / "slurm")
    settings = {
        # One video at a time in each job; its threads are those of the network and the decoder.
        **{"cores": 1, "processes": 1, "log_directory": logs, "job_name": "rbdm", "silence_logs": _LOG_LEVEL},
        "job_cpu": dask.config.get("jobqueue.slurm.job-cpu") or CORES_PER_WORKER,
        "memory": dask.config.get("jobqueue.slurm.memory") or _SLURM_MEMORY,
        "job_directives_skip": [*dask.config.get("jobqueue.slurm.job-directives-skip"), _DEFAULT_TIME],
        "job_extra_directives": [
            *dask.config.get("jobqueue.slurm.job-extra-directives"),
            *map(_directive, shlex.split(choice.sbatch)),
        ],
        "worker_extra_args": [
            *dask.config.get("jobqueue.slurm.worker-extra-args"),
            "--memory-limit",
            "0",
            "--no-dashboard",
        ],
        "scheduler_options": {**_NO_DASHBOARD, **dask.config.get("jobqueue.slurm.scheduler-options")},
    }
    cluster = SLURMCluster(**settings)
    try:
        _check_job(cluster.job_script())
        # The number of workers is that of the unfinished videos. A job that ends too early is replaced.
        cluster.adapt(minimum=0, maximum=min(choice.workers or _SLURM_WORKERS, videos), target_duration="1ms")
        yield cluster
    finally:
        cluster.close()


def _directive(word: str) -> str:
    if not word.startswith("-"):
        raise OptionError(f"--sbatch: {word!r}: write each option as one word, such as --partition=short or -pshort")
    return shlex.quote(word) if " " in word else word


def _check_job(script: str) -> None:
    """Ask SLURM whether it would accept a job: a job that it refuses would be waited for without end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.sh"
        path.write_text(script)
        try:
            done = subprocess.run(
                ["sbatch", "--test-only", str(path)], capture_output=True, encoding="utf-8", timeout=60
            )
        except subprocess.TimeoutExpired:
            raise RbdmError("SLURM does not answer: sbatch --test-only has taken more than a minute") from None
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise RbdmError(f"SLURM refuses the jobs: {reason[0]}; options for them: --sbatch")


def waiting_hint(choice: ClusterChoice) -> str:
    """What to look at if no worker starts."""
    if choice.where == "slurm":
        with suppress(Exception):
            import dask

            logs = dask.config.get("jobqueue.slurm.log-directory") or cache_folder() / "slurm"
            return f"see `squeue -u {os.environ.get('USER', '$USER')}`, and the logs of the jobs in {logs}"
    if choice.where == "local":
        return "the machine is busy"
    return f"start workers with `dask worker {choice.where} --nthreads 1`"
