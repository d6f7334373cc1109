"""Timelines, box streams and weights files made on the spot, and hypothesis strategies for them."""

from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from rbdm.options import Options
from rbdm.prediction import Prediction

fast = settings(max_examples=60, deadline=None)


def make(
    time,
    has_face,
    *,
    duration=None,
    sample_rate=None,
    seed=0,
    confidence=None,
    valence=None,
    probabilities=None,
):
    """A prediction with random values at the given times."""
    random = np.random.default_rng(seed)
    time, has_face = np.asarray(time, float), np.asarray(has_face, bool)
    count = len(time)
    step = (time[-1] - time[0]) / (count - 1) if count > 1 else 0.04
    if probabilities is None:
        probabilities = random.dirichlet(np.full(8, 0.3), count)
    if valence is None:
        valence = random.uniform(-1, 1, count)
    probabilities = np.where(has_face[:, None], probabilities, np.nan).astype(np.float32)
    if confidence is None:
        confidence = random.uniform(0.5, 1, count)
    return Prediction(
        time,
        probabilities,
        np.where(has_face, valence, np.nan).astype(np.float32),
        np.where(has_face, random.uniform(-1, 1, count), np.nan).astype(np.float32),
        np.asarray(confidence, np.float32),
        float(time[-1] + step if duration is None else duration),
        float(1 / step if sample_rate is None else sample_rate),
        "open",
        "ab" * 32,
        "1.0.0",
        has_face,
        np.where(has_face[:, None], [0.2, 0.3, 0.6, 0.5], np.nan).astype(np.float32),
        640,
        360,
        Path("made.mp4"),
        Options(),
    )


def steady(has_face, rate=25.0, **more):
    """A prediction at a constant frame rate."""
    count = len(has_face)
    return make(np.arange(count) / rate, has_face, duration=count / rate, sample_rate=rate, **more)


@st.composite
def predictions(draw):
    """Variable frame rates, faces that come and go, a first frame that may be late."""
    # Drawn one by one, lists of floats come out short and alike: too tame to tell right from wrong.
    count, seed = draw(st.integers(1, 40)), draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    has_face = random.random(count) < draw(st.sampled_from([0.0, 0.5, 0.8, 1.0]))
    steps = random.uniform(*draw(st.sampled_from([(0.03, 0.05), (0.005, 0.3)])), count)
    start = draw(st.sampled_from([0.0, 0.021, 1.5]))
    edges = start + np.concatenate([[0.0], np.cumsum(steps)])
    rate = count / (edges[-1] - edges[0])
    return make(edges[:-1], has_face, duration=edges[-1], sample_rate=rate, seed=seed)


options_ = st.builds(
    Options,
    num_expressions=st.sampled_from([8, 5]),
    merge_segments=st.booleans(),
    smoothing_ms=st.sampled_from([0.0, 1.0, 80.0, 500.0, 60000.0]),
)
