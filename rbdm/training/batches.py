"""Feeds training: draws faces by how rare they are, augments them on every core, keeps the network busy."""

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
from rbdm.training.dataset import LabelledFaces

Targets = dict[str, npt.NDArray[np.float32]]
_AHEAD = 3

# Of a worker process, set once by _adopt.
_faces: LabelledFaces
_crop_scale: float


class Batches:
    """Augmented batches of `faces`, made by one process per core; a context manager.

    Args:
        faces: to draw from.
        batch_size: faces per batch.
        input_size: height and width of the network's input.
        crop_scale: see `Faces.image`.
        balance: 0 draws every face equally often, 1 every class; between, inverse frequency to this power.
        seed: of everything random; an epoch's batches depend on it and on the epoch alone.
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
        spawn = multiprocessing.get_context("spawn")  # a fork would inherit the backend's threads and locks
        self._pool = ProcessPoolExecutor(self._workers, spawn, initializer=_adopt, initargs=(faces, crop_scale))

    def __enter__(self) -> "Batches":
        """The batches."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes."""
        self._pool.shutdown(cancel_futures=True)

    def epoch(self, epoch: int) -> Iterator[tuple[npt.NDArray[np.uint8], Targets, Targets]]:
        """The batches of one epoch: images (N, size, size, 1) uint8, targets, a weight of 0 where one is unknown."""
        order = np.random.default_rng([self._seed, epoch]).choice(len(self._weight), self._shape, p=self._weight)
        waiting: deque[Future[Any]] = deque()
        for step, chosen in enumerate(order):
            waiting.append(self._pool.submit(_make, chosen, self._input_size, (self._seed, epoch, step)))
            if len(waiting) > _AHEAD * self._workers:
                yield _unpack(waiting.popleft().result())
        while waiting:
            yield _unpack(waiting.popleft().result())


def rarity(probabilities: npt.NDArray[np.float32], power: float) -> npt.NDArray[np.float64]:
    """How often to draw each face: the expected inverse frequency, to `power`, of its label.

    Args:
        probabilities: (N, 8) label distributions, NaN rows where unknown (drawn as often as the mean).
        power: 0…1.

    Returns:
        (N,) summing to 1.
    """
    known = ~np.isnan(probabilities[:, 0])
    weight = np.ones(len(probabilities))
    if known.any():
        frequency = np.maximum(probabilities[known].mean(axis=0, dtype=float), 1e-6)
        weight[known] = probabilities[known] @ frequency**-power
        weight[~known] = weight[known].mean()
    return np.asarray(weight / weight.sum(), np.float64)


def _adopt(faces: LabelledFaces, crop_scale: float) -> None:
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
