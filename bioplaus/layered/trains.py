"""Spike trains of a layer on a clock, as compiled code walks them.

A train is a pair: ``at`` (steps + 1,) and ``i``, the cells that spike in step t being
``i[at[t]:at[t + 1]]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["train_of", "twice"]


@njit(cache=True)
def train_of(step: Any, i: Any, steps: int) -> Any:
    """The train of spikes in the order of time: their steps, (spikes,), and their cells."""
    at, cells = np.zeros(steps + 1, np.int64), np.empty(len(i), np.int64)
    for k in range(len(i)):
        at[step[k] + 1] += 1
        cells[k] = i[k]
    for t in range(steps):
        at[t + 1] += at[t]
    return at, cells


@njit(cache=True)
def twice(array: Any) -> Any:
    """A copy with room for as much again, zeros.

    An element at a time: for a slice Numba would compile what to say of shapes that differ.
    """
    longer = np.zeros(2 * len(array), array.dtype)
    for k in range(len(array)):
        longer[k] = array[k]
    return longer
