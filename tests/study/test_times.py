"""Sets of moments: what lies in them is exactly what a fine grid counts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rbdm.study.times import NO_INTERVALS, select
from tests.support.builders import fast

STEP = 0.01
COUNT = 300
GRID = (np.arange(COUNT) + 0.5) * STEP
interval = st.tuples(st.integers(0, COUNT), st.integers(0, COUNT)).map(
    lambda ends: (min(ends) * STEP, max(ends) * STEP)
)
intervals = st.lists(interval, max_size=6).map(lambda rows: np.array(rows, float).reshape(-1, 2))


def on_grid(rows: np.ndarray) -> np.ndarray:
    return np.any([(start <= GRID) & (end > GRID) for start, end in rows], axis=0) if len(rows) else GRID < 0


@fast
@given(kept=intervals, removed=intervals, asked=interval)
def test_a_set_is_what_a_fine_grid_counts(kept, removed, asked):
    chosen, truth = select(kept, removed), on_grid(kept) & ~on_grid(removed)
    np.testing.assert_array_equal(on_grid(chosen.intervals), truth)
    assert np.isclose(chosen.seconds, truth.sum() * STEP)
    inside = truth & on_grid(np.array([asked]))
    np.testing.assert_allclose(chosen.within(*np.array([asked]).T), inside.sum() * STEP, atol=1e-9)
    later = GRID[truth & (asked[0] < GRID)]
    assert np.isclose(chosen.first_since(asked[0]), later[0] - STEP / 2 if len(later) else np.inf)
    assert (np.diff(chosen.intervals.ravel()) > 0).all()


def test_no_moment_at_all():
    nothing = select(NO_INTERVALS)
    assert (nothing.seconds, nothing.start, nothing.end, nothing.first_since(0)) == (0, 0, 0, np.inf)
    assert nothing.within(np.array([0.0]), np.array([9.0])).tolist() == [0]
