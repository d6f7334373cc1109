"""Coefficients for classes, from a table of how often one annotator chose each class where the other chose which.

All functions take (…, C, C) counts: the row is A's class, the column is B's. They return (…) or (…, C) numbers. A
number that is not defined, because it would be 0/0, is NaN.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def kappa(table: Floats) -> Floats:
    """Cohen's kappa, nominal and unweighted: (pₒ − pₑ) / (1 − pₑ).

    pₒ is the share of units on which both agree, pₑ the share that is expected if both chose independently, each with
    their own frequencies. Cohen 1960, *Educational and Psychological Measurement* 20, 37–46.

    NaN without units, and if both used one and the same class only.
    """
    rows, columns, total = _margins(table)
    expected = (rows * columns).sum(axis=-1)
    agreed = _diagonal(table).sum(axis=-1) * total
    return _ratio(agreed - expected, total**2 - expected)


def alpha(table: Floats) -> Floats:
    """Krippendorff's alpha for nominal data and two annotators: 1 − Dₒ / Dₑ.

    With n = 2 · units values, of which n_c are class c, Dₒ is the share of units on which both differ, and
    Dₑ = (n² − Σ n_c²) / (n (n − 1)). Krippendorff 2019, *Content Analysis*, 4th ed., chapter 12. Unlike kappa, it uses
    the frequencies of both annotators together, and it corrects for a small number of units.

    NaN without units, and if both used one and the same class only.
    """
    rows, columns, total = _margins(table)
    values = rows + columns
    differ = total - _diagonal(table).sum(axis=-1)
    count = 2 * total
    observed = 2 * differ * (count - 1)
    expected = count**2 - (values**2).sum(axis=-1)
    return 1 - _ratio(observed, expected)


def precision(table: Floats) -> Floats:
    """For each class: of the units to which B gave it, the share to which A (the reference) gave it, too."""
    return _ratio(_diagonal(table), table.sum(axis=-2))


def recall(table: Floats) -> Floats:
    """For each class: of the units to which A (the reference) gave it, the share to which B gave it, too."""
    return _ratio(_diagonal(table), table.sum(axis=-1))


def f1(table: Floats) -> Floats:
    """For each class: the harmonic mean of precision and recall. It stays the same if A and B change places."""
    return _ratio(2 * _diagonal(table), table.sum(axis=-1) + table.sum(axis=-2))


def agreed_share(table: Floats) -> Floats:
    """The share of units on which both agree. It is not corrected for chance."""
    return _ratio(_diagonal(table).sum(axis=-1), table.sum(axis=(-2, -1)))


def _diagonal(table: Floats) -> Floats:
    return np.diagonal(table, axis1=-2, axis2=-1)


def _margins(table: Floats) -> tuple[Floats, Floats, Floats]:
    return table.sum(axis=-1), table.sum(axis=-2), table.sum(axis=(-2, -1))


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)
