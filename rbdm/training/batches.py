"""Makes the batches for training: draws faces, rare classes more often, and augments them in one process per core."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.network.architecture import EMOTIONS, VALENCE_AROUSAL
from rbdm.training.augmentation import augment
from rbdm.training.labelled_faces import LabelledFaces

Targets = dict[str, npt.NDArray[np.float32]]
_BATCHES_PER_WORKER = 3
"""Number of batches per worker that are requested in advance."""

# Globals of a worker process, set once by _init_worker.
_faces: LabelledFaces
_crop_scale: float


class Batches:
    """Augmented batches of faces, made by one process per core; a context manager.

    Args:
        faces: the faces to draw from.
        batch_size: faces per batch.
        input_size: height and width of the network's input.
        crop_scale: see `rbdm.training.labelled_faces.LabelledFaces.image`.
        balance: 0 to 1. With 0, every face is drawn equally often; with 1, every class. In general, a class is drawn in
            proportion to its inverse frequency to this power.
        seed: of everything random. The batches of an epoch depend only on the seed and the epoch.

    Attributes:
        steps: number of batches per epoch.
    """

    def __init__(
        self, faces: LabelledFaces, batch_size: int, input_size: int, crop_scale: float, balance: float, seed: int
    ) -> None:
        """Start the processes."""
        self.steps = max(len(faces) // batch_size, 1)
        self._shape = (self.steps, batch_size)
        self._input_size, self._seed = input_size, seed
        self._weight = rarity(faces.probabilities, balance)
        self._workers = os.cpu_count() or 1
        # A forked process would inherit the locks of the backend's threads, but not the threads.
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self._workers, spawn, initializer=_init_worker, initargs=(faces, crop_scale))

    def __enter__(self) -> "Batches":
        """The batches."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes."""
        self._pool.shutdown(cancel_futures=True)

    def epoch(self, epoch: int) -> Iterator[tuple[npt.NDArray[np.uint8], Targets, Targets]]:
        """Yields the batches of one epoch.

        Args:
            epoch: number of the epoch, from 0.

        Yields:
            Images, (N, size, size, 1) uint8; for each output of the network the targets; and for each output a weight
            per face, which is 0 if the target is unknown, else 1.
        """
        order = np.random.default_rng([self._seed, epoch]).choice(len(self._weight), self._shape, p=self._weight)
        waiting: deque[Future[Any]] = deque()
        for step, chosen in enumerate(order):
            waiting.append(self._pool.submit(_make, chosen, self._input_size, (self._seed, epoch, step)))
            if len(waiting) > _BATCHES_PER_WORKER * self._workers:
                yield _unpack(waiting.popleft().result())
        while waiting:
            yield _unpack(waiting.popleft().result())


def rarity(
    probabilities: npt.NDArray[np.floating], power: float, weight: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """The probability to draw each face: in proportion to the inverse frequency of its class, to the power `power`.

    For a label distribution, this is the expected value over its classes.

    Args:
        probabilities: (N, 8) label distributions. Rows of unknown labels are NaN; they get the mean of the others.
        power: 0…1.
        weight: (N,) how much each face counts before; None for equal weights.

    Returns:
        (N,) float64, adding up to 1.
    """
    known = ~np.isnan(probabilities[:, 0])
    before = np.ones(len(probabilities)) if weight is None else weight
    rare = np.ones(len(probabilities))
    if known.any():
        frequency = np.maximum(np.average(probabilities[known], axis=0, weights=before[known]), 1e-6)
        rare[known] = probabilities[known] @ frequency**-power
        rare[~known] = rare[known].mean()
    return np.asarray(before * rare / (before * rare).sum(), np.float64)


def _init_worker(faces: LabelledFaces, crop_scale: float) -> None:
    global _faces, _crop_scale
    _faces, _crop_scale = faces, crop_scale
    cv2.setNumThreads(1)


def _make(chosen: npt.NDArray[np.intp], size: int, seed: tuple[int, ...]) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    images = np.stack([augment(_faces.image(i, _crop_scale), size, rng) for i in chosen])
    return images, _faces.valence_arousal[chosen], _faces.probabilities[chosen]


def _unpack(batch: tuple[Any, ...]) -> tuple[npt.NDArray[np.uint8], Targets, Targets]:
    images, affect, probabilities = batch
    targets = {VALENCE_AROUSAL: affect, EMOTIONS: probabilities}
    known = {name: (~np.isnan(values).any(axis=1)).astype(np.float32) for name, values in targets.items()}
    return images[..., None], {name: np.nan_to_num(values) for name, values in targets.items()}, known
