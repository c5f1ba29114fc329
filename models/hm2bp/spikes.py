"""The forward pass, compiled: leaky integrate-and-fire cells in steps, spike for spike the network.

    v <- v - v/tau_m + I/tau_s,   I <- I - I/tau_s,   I += w at a spike of the step before,
    v > threshold: a spike, and v = 0 there and in the steps held after it

Trains are those of ``layered/trains.py``; step 0 is before the first spike.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

__all__ = ["Cell", "fire"]


class Cell(NamedTuple):
    """Constants in steps, and the threshold."""

    tau_membrane: float
    tau_synapse: float
    threshold: float
    held: int
    inhibition: float


@njit(cache=True, error_model="numpy")
def fire(w: Any, at: Any, i: Any, c: Cell) -> Any:
    """Spikes of a layer, (at, i), and their number in each cell; w : (pre, post), its precision."""
    steps, cells, as_w = len(at) - 1, w.shape[1], w.dtype.type
    by_m, by_s = as_w(1.0) / as_w(c.tau_membrane), as_w(1.0) / as_w(c.tau_synapse)
    threshold, inhibition = as_w(c.threshold), as_w(c.inhibition)
    v, current = np.zeros(cells, w.dtype), np.zeros(cells, w.dtype)
    held, count = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
    out_at, out = np.zeros(steps + 1, np.int64), np.empty(8 * cells, np.int64)
    n = 0
    for t in range(1, steps):
        for k in range(at[t - 1], at[t]):
            row = w[i[k]]
            for j in range(cells):
                current[j] += row[j]
        if inhibition != 0.0:
            for k in range(out_at[t - 1], out_at[t]):
                for j in range(cells):
                    if j != out[k]:
                        current[j] -= inhibition
        for j in range(cells):
            v[j] = v[j] - v[j] * by_m + current[j] * by_s
        for j in range(cells):
            current[j] -= current[j] * by_s
        for j in range(cells):
            if v[j] > threshold or held[j] > 0:
                if held[j] > 0:
                    held[j] -= 1
                else:
                    if n == len(out):
                        longer = np.empty(2 * n, np.int64)
                        longer[:n] = out
                        out = longer
                    out[n], held[j] = j, c.held
                    count[j] += 1
                    n += 1
                v[j] = as_w(0.0)
        out_at[t + 1] = n
    return out_at, out[:n], count
