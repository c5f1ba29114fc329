"""Products of rates and weights that follow the changes of the rates.

Most units of a deep network rest at a bound of 0..1 while the others settle, so that a product
``r W`` is cheaper to correct by the rows of the units that moved than to form again.  Exact up to
rounding: a unit is left out only when its rate kept its bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["difference", "follow"]

Array = np.ndarray[Any, Any]

BLOCK = 64
"""Rows of weights that are used for the whole batch before the next ones are fetched."""

WORTHWHILE = 0.7
"""Share of changed rates below which adding rows is faster than the whole product (measured)."""


@njit(cache=True)
def difference(new: Array, old: Array, change: Array) -> bool:
    """``change = new - old``; whether few enough are not zero for :func:`follow`."""
    changed = 0
    for k in range(new.shape[0]):
        for unit in range(new.shape[1]):
            change[k, unit] = new[k, unit] - old[k, unit]
            changed += new[k, unit] != old[k, unit]
    return changed < WORTHWHILE * new.size


@njit(cache=True, fastmath={"contract"})
def follow(change: Array, weights: Array, product: Array) -> None:
    """``product += change @ weights``, by the rows of weights whose change is not zero.

    change : (batch, n_pre); weights : (n_pre, n); product : (batch, n).
    """
    rows = np.zeros(BLOCK + 8, np.int64)
    values = np.zeros(BLOCK + 8, change.dtype)
    for start in range(0, change.shape[1], BLOCK):
        stop = min(start + BLOCK, change.shape[1])
        for k in range(change.shape[0]):
            count = 0
            for pre in range(start, stop):
                rows[count], values[count] = pre, change[k, pre]
                count += change[k, pre] != 0
            # Filled up with rows times zero to whole passes of eight.
            padded = (count + 7) // 8 * 8
            rows[count:padded], values[count:padded] = start, 0
            for at in range(0, padded, 8):
                _add_eight(weights, rows, values, at, product[k])


@njit(cache=True, inline="always")
def _add_eight(weights: Array, rows: Array, values: Array, at: int, sums: Array) -> None:
    """Eight rows in one pass over the sums, which are then read and written once for eight."""
    a, b, c, d = (
        weights[rows[at]],
        weights[rows[at + 1]],
        weights[rows[at + 2]],
        weights[rows[at + 3]],
    )
    e, f, g, h = (
        weights[rows[at + 4]],
        weights[rows[at + 5]],
        weights[rows[at + 6]],
        weights[rows[at + 7]],
    )
    va, vb, vc, vd = values[at], values[at + 1], values[at + 2], values[at + 3]
    ve, vf, vg, vh = values[at + 4], values[at + 5], values[at + 6], values[at + 7]
    for unit in range(sums.size):
        below = va * a[unit] + vb * b[unit] + vc * c[unit] + vd * d[unit]
        above = ve * e[unit] + vf * f[unit] + vg * g[unit] + vh * h[unit]
        sums[unit] += below + above
