"""Spike trains: of many samples, for learners, and of a layer, as compiled code walks them.

``Trains`` of many samples are three arrays: where each sample begins in the others (samples + 1,),
steps of a clock or times [s] from the onset of the sample, and which cells.

The train of a layer on a clock is a pair: ``at`` (steps + 1,) and ``i``, the cells that spike in
step t being ``i[at[t]:at[t + 1]]``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Trains", "train_of", "twice"]

Trains: TypeAlias = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""Spikes of many samples, each in the order of time."""


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
