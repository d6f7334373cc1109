"""Runs LiteRT models on the CPU: several single-threaded copies of a model, each with a few items at a time."""

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import WeightsError
from rbdm.runtime.cores import tune_thread_count, usable_cores
from rbdm.runtime.stderr import filter_stderr

Arrays = tuple[npt.NDArray[Any], ...]
_TRIAL_RUNS = 4
"""How often each copy runs while the speed is measured, if there is one copy per core."""
_TIMED_RUNS = 4
"""How often the first copy runs to measure its speed."""
_SHORTEST_TIME = time.get_clock_info("thread_time").resolution
"""Seconds; 15.6 ms on Windows."""
_ENOUGH = 3000
"""Items per second. More copies than this speed needs would only take memory: on one core of an AMD EPYC, decoding,
converting and cropping take 1.6 to 3.9 ms per frame, and a copy of the open weights runs 230 faces per second."""


class LiteRTPool:
    """Several copies of one model: one per core, or fewer if that is faster, or if fewer are fast enough.

    All copies read the same file content, but each copy has its own working memory and packed weights.

    Each copy processes a few items at a time. This has three advantages: the items stay in the cache of a core, no core
    waits for another one after each layer, and while one core is busy decoding, the other copies continue.

    Args:
        model: a `.tflite` file with one input, whose first axis counts items.
        shape: the shape of one item.
        run: the number of items that one copy processes in one run.
        content: the content to use instead of that of the file `model`, which only error messages name then.

    Attributes:
        widths: the size of the last axis of each output.
        at_once: the number of items that all copies together process at the same time.

    Raises:
        WeightsError: LiteRT cannot load the model, or the model takes items of another shape.
    """

    def __init__(self, model: Path, shape: tuple[int, ...], run: int, content: bytes | None = None) -> None:
        """Load the model, and measure with how many copies it is fastest."""
        self._items_per_run = run
        try:
            self._load = partial(_load, content or model.read_bytes(), (run, *shape))
            with filter_stderr("XNNPACK delegate"):
                first = self._load()
                most = min(usable_cores(), math.ceil(_ENOUGH * _seconds_per_run(first) / run))
                copies = [first, *(self._load() for _ in range(most - 1))]
        except OSError as error:
            raise WeightsError(f"{model}: cannot be read ({error.strerror})") from error
        except (ValueError, RuntimeError) as error:
            raise WeightsError(f"{model}: LiteRT cannot load it, or it has another input shape ({error})") from error
        self._input = first.get_input_details()[0]["index"]
        outputs = first.get_output_details()
        self._outputs = [detail["index"] for detail in outputs]
        self._empty = tuple(np.empty((0, *detail["shape"][1:]), detail["dtype"]) for detail in outputs)
        self.widths = [int(detail["shape"][-1]) for detail in outputs]
        count = tune_thread_count(lambda count: _measure_seconds(copies[:count], most), most)
        self.at_once = count * run
        self._start(copies[:count])

    def _start(self, copies: list[Any]) -> None:
        self._process = os.getpid()
        self._workers = ThreadPoolExecutor(len(copies), thread_name_prefix="rbdm-network")
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for copy in copies:
            self._idle.put(copy)

    def _start_in_fork(self) -> None:
        """Make the threads and copies anew: a forked process has no threads, and a copy may have been in use."""
        with filter_stderr("XNNPACK delegate"):
            self._start([self._load() for _ in range(self.at_once // self._items_per_run)])

    def submit(self, items: npt.NDArray[Any]) -> Callable[[], Arrays]:
        """Start to process N items.

        Args:
            items: (N, …) in the model's own input type. They must not change before the outputs are ready.

        Returns:
            A function that blocks until the outputs are ready and returns them: one array with N rows for each output,
            in the order of `widths`.
        """
        if self._process != os.getpid():
            self._start_in_fork()
        parts = [items[first : first + self._items_per_run] for first in range(0, len(items), self._items_per_run)]
        futures = [self._workers.submit(self._invoke, part) for part in parts]

        def result() -> Arrays:
            if not futures:
                return self._empty
            outputs = zip(*(future.result() for future in futures), strict=True)
            return tuple(np.concatenate(parts) for parts in outputs)

        return result

    def _invoke(self, items: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        network = self._idle.get()
        try:
            network_input = network.tensor(self._input)()
            network_input[: len(items)] = items
            del network_input  # LiteRT refuses to run while a view of its memory exists
            network.invoke()
            return [network.get_tensor(index)[: len(items)] for index in self._outputs]
        finally:
            self._idle.put(network)


def run_once(content: bytes, items: npt.NDArray[Any]) -> Arrays:
    """The outputs of a model for N items, without the start of several copies.

    Args:
        content: of a `.tflite` file with one input, whose first axis counts items.
        items: (N, …) in the model's own input type, or in one that can be converted to it.
    """
    with filter_stderr("XNNPACK delegate"):
        network = _load(content, items.shape)
    model_input = network.get_input_details()[0]
    network.set_tensor(model_input["index"], items.astype(model_input["dtype"]))
    network.invoke()
    return tuple(network.get_tensor(detail["index"]) for detail in network.get_output_details())


def _load(content: bytes, shape: tuple[int, ...]) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(model_content=content, num_threads=1)
    network.resize_tensor_input(network.get_input_details()[0]["index"], shape)
    network.allocate_tensors()
    return network


def _seconds_per_run(network: Any) -> float:
    """The processor time of one run, after one to warm up. Other programs change it less than the time by the clock."""
    network.invoke()
    started = time.thread_time()
    for _ in range(_TIMED_RUNS):
        network.invoke()
    return max(time.thread_time() - started, _SHORTEST_TIME) / _TIMED_RUNS


def _measure_seconds(networks: list[Any], most: int) -> float:
    """The seconds that these copies take for the work of `most` copies, after one run of each copy to warm up."""
    with ThreadPoolExecutor(len(networks)) as workers:
        list(workers.map(lambda network: network.invoke(), networks))
        started = time.perf_counter()
        runs = -(-_TRIAL_RUNS * most // len(networks))
        list(workers.map(lambda network: [network.invoke() for _ in range(runs)], networks))
        return time.perf_counter() - started
