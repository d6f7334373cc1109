"""LiteRT models on the CPU: as many single-threaded copies as are fastest, for work that comes in small pieces."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


class LiteRTPool:
    """One model, a copy of it per core.

    Every copy runs a few items at a time: they stay in its core's cache, no core waits for another after each
    layer, and while one is busy decoding the others go on.

    Args:
        model: a `.tflite` file with one input, whose first axis counts items.
        shape: of one item.
        run: items that one copy runs at once.

    Raises:
        WeightsError: LiteRT cannot load the model, or it takes items of another shape.
    """

    def __init__(self, model: Path, shape: tuple[int, ...], run: int) -> None:
        """Load the model onto as many cores as it is fastest on."""
        self._run = run
        try:
            with filter_stderr("XNNPACK delegate"):
                copies = [_load(model, (run, *shape)) for _ in range(usable_cores())]
        except (ValueError, RuntimeError) as error:
            raise WeightsError(f"{model}: LiteRT cannot load it, or it is another network ({error})") from error
        self._input = copies[0].get_input_details()[0]["index"]
        outputs = copies[0].get_output_details()
        self._outputs = [detail["index"] for detail in outputs]
        self.widths = [int(detail["shape"][-1]) for detail in outputs]
        """The last axis of each output."""
        count = tune_thread_count(lambda count: _seconds(copies[:count], len(copies)), len(copies))
        self.at_once = count * run
        """Items that all copies together run at once."""
        self._workers = ThreadPoolExecutor(count, thread_name_prefix="rbdm-network")
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for copy in copies[:count]:
            self._idle.put(copy)

    def submit(self, items: npt.NDArray[Any]) -> Callable[[], Arrays]:
        """Begin with N items of the model's own input type.

        Returns:
            What waits for the outputs and gives them, N rows each, in the order of `widths`; until then the items
            must stay as they are.
        """
        runs = [items[first : first + self._run] for first in range(0, len(items), self._run)]
        running = [self._workers.submit(self._invoke, run) for run in runs]

        def result() -> Arrays:
            outputs = zip(*(run.result() for run in running), strict=True)
            return tuple(np.concatenate(parts) for parts in outputs)

        return result

    def _invoke(self, items: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        network = self._idle.get()
        try:
            network_input = network.tensor(self._input)()
            network_input[: len(items)] = items
            del network_input  # LiteRT refuses to run while a view of its memory is alive
            network.invoke()
            return [network.get_tensor(index)[: len(items)] for index in self._outputs]
        finally:
            self._idle.put(network)


def _load(model: Path, shape: tuple[int, ...]) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(str(model), num_threads=1)
    network.resize_tensor_input(network.get_input_details()[0]["index"], shape)
    network.allocate_tensors()
    return network


def _seconds(networks: list[Any], most: int) -> float:
    """How long so many networks take together for the same work, after one run each to warm up."""
    with ThreadPoolExecutor(len(networks)) as workers:
        list(workers.map(lambda network: network.invoke(), networks))
        started = time.perf_counter()
        runs = -(-_TRIAL_RUNS * most // len(networks))
        list(workers.map(lambda network: [network.invoke() for _ in range(runs)], networks))
        return time.perf_counter() - started
