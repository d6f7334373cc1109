"""Matches known people with the faces of a frame."""

import numpy as np
import numpy.typing as npt


def best_pairs(likeness: npt.NDArray[np.floating], least: float) -> dict[int, int]:
    """Pairs each row with at most one column: the greatest likeness first, down to `least`.

    Args:
        likeness: (N, M), how much row n and column m are alike.
        least: the lowest likeness of a pair.

    Returns:
        The column of each row that has one.
    """
    pairs: dict[int, int] = {}
    for flat in np.argsort(-likeness, axis=None, kind="stable"):
        row, column = divmod(int(flat), likeness.shape[1])
        if likeness[row, column] >= least and row not in pairs and column not in pairs.values():
            pairs[row] = column
    return pairs
