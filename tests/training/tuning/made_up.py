"""Made-up features of several sessions, in which it is known what can be learned."""

import numpy as np

from rbdm.network.constants import Layer
from rbdm.training.tuning.frames import Faces

WIDTH = 24
"""The number of made-up features; the network has 1280."""
NO_LABEL = np.nan


def start_head(outputs: int = 8, seed: int = 0) -> Layer:
    """A head that knows something."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0, 0.6, (WIDTH, outputs)).astype(np.float32)
    return Layer(kernel, np.zeros(outputs, np.float32))


def faces(
    units: int, each: int = 30, shift: float = 2.0, seed: int = 1, truth: Layer | None = None, noise: float = 0.0
) -> Faces:
    """Faces of sessions whose expressions follow the head `truth`.

    Args:
        units: number of sessions.
        each: faces of each session.
        shift: how far the head `truth` is from `start_head`, if it is not given.
        seed: of the random numbers.
        truth: the head that gives the labels.
        noise: share of the labels that are drawn at random.
    """
    rng = np.random.default_rng(seed)
    if truth is None:
        start = start_head()
        truth = Layer(start.kernel + np.random.default_rng(9).normal(0, shift, start.kernel.shape), start.bias)
    count = units * each
    features = rng.normal(0, 1, (count, WIDTH)).astype(np.float32)
    classes = (features @ truth.kernel + truth.bias).argmax(axis=1)
    replaced = rng.random(count) < noise
    classes[replaced] = rng.integers(0, 8, int(replaced.sum()))
    affect = np.column_stack([np.tanh(features[:, 0]), np.full(count, NO_LABEL)])
    return Faces(
        features,
        np.eye(8)[classes],
        np.ones((count, 8), bool),
        affect,
        np.full(count, 0.5),
        np.repeat(np.arange(units), each),
    )
