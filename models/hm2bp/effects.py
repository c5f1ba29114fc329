"""What each input has done to each cell: the effects of spike trains, by traces.

The effect e_ij of input j on cell i is the potential that j alone, with weight 1, has built since
the last reset of i, summed over the spikes of i.  With z_j that of a cell that never fires,

    e_ij = sum over spikes t of i  [ z_j(t) - e^(-(t - r)/tau_m) z_j(r) ],    r = last spike + held

(r = 1 before the first).  The published sum over all pairs of spikes is this to rounding, but for
its cut: there inputs older than 4 tau_m do not count.  A silent cell has e = 0.1 for every input
that spiked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["SILENT", "effects", "potentials"]

SILENT = 0.1

VECTORS = {"reassoc", "contract", "nsz"}


@njit(cache=True, fastmath=VECTORS, error_model="numpy")
def potentials(
    at: Any, i: Any, place: Any, z: Any, tau_membrane: float, tau_synapse: float
) -> None:
    """Fill z (steps, inputs) with unit potentials; ``place`` gives the column of each cell.

    Two exponentials over 1 - tau_s/tau_m, which a spike enters two steps later.
    """
    steps, n = z.shape
    as_z = z.dtype.type
    slow, fast = as_z(np.exp(-1.0 / tau_membrane)), as_z(np.exp(-1.0 / tau_synapse))
    scale = as_z(1.0 / (1.0 - tau_synapse / tau_membrane))
    y, x = np.zeros(n, z.dtype), np.zeros(n, z.dtype)
    z[0] = 0.0
    for t in range(1, steps):
        for j in range(n):
            y[j] *= slow
            x[j] *= fast
        if t >= 2:
            for k in range(at[t - 2], at[t - 1]):
                y[place[i[k]]] += as_z(1.0)
                x[place[i[k]]] += as_z(1.0)
        row = z[t]
        for j in range(n):
            row[j] = (y[j] - x[j]) * scale


@njit(cache=True, fastmath=VECTORS, error_model="numpy")
def effects(at: Any, i: Any, z: Any, keeps: float, held: int, e: Any) -> None:
    """Fill e (cells, inputs) from the spikes of the cells; ``keeps`` : factor on v in a step."""
    steps, n = z.shape
    as_z = z.dtype.type
    left, since = np.empty(steps, z.dtype), np.ones(e.shape[0], np.int64)
    for t in range(steps):
        left[t] = as_z(keeps**t)
    e[:] = 0.0
    for t in range(1, steps):
        for k in range(at[t], at[t + 1]):
            cell = i[k]
            start = since[cell]
            share, now, then, row = left[t - start], z[t], z[start], e[cell]
            for j in range(n):
                row[j] += now[j] - share * then[j]
            since[cell] = min(t + held, steps - 1)
