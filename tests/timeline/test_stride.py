"""Option `stride`: every N-th frame is inferred, the others are filled in and say so."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rbdm.timeline.runs import run_numbers
from rbdm.timeline.stride import Stride, fill

Faces = st.lists(st.booleans(), min_size=1, max_size=60)


def choose(has_face: list[bool], every: int) -> np.ndarray:
    stride = Stride(every)
    return np.array([stride.infers(face) for face in has_face])


@given(Faces, st.integers(1, 9))
def test_the_first_frame_of_a_run_and_every_nth_after_it_are_inferred(has_face: list[bool], every: int) -> None:
    since = 0
    for face, inferred in zip(has_face, choose(has_face, every), strict=True):
        assert inferred == (face and since % every == 0)
        since = since + 1 if face else 0


@given(Faces, st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_filled_values_are_held_or_interpolated_and_never_cross_a_gap(
    has_face: list[bool], every: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    face, inferred = np.array(has_face), choose(has_face, every)
    time = np.cumsum(rng.uniform(0.01, 0.1, len(face)))
    held = np.where(inferred[:, None], rng.uniform(0, 1, (len(face), 2)), np.nan).astype(np.float32)
    line = np.where(inferred[:, None], rng.uniform(-1, 1, (len(face), 1)), np.nan).astype(np.float32)
    before = held.copy(), line.copy()
    fill(time, face, inferred, run_numbers(face, np.zeros(len(face), bool)), held, line)
    assert np.array_equal(held[inferred], before[0][inferred]) and np.array_equal(line[inferred], before[1][inferred])
    assert np.array_equal(np.isnan(held[:, 0]), ~face) and np.array_equal(np.isnan(line[:, 0]), ~face)
    for run in np.split(np.arange(len(face)), np.flatnonzero(~face)):
        frames = run[face[run]]
        known = frames[inferred[frames]]
        if len(known):
            assert np.allclose(line[frames, 0], np.interp(time[frames], time[known], line[known, 0]), atol=1e-5)
            last = known[np.searchsorted(known, frames, side="right") - 1]
            assert np.array_equal(held[frames], held[last])
