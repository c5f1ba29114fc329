"""The forward pass, compiled: leaky integrate-and-fire cells in steps, spike for spike the network.

    v <- v - v/tau_m + I/tau_s,   I <- I - I/tau_s,   I += w at a spike of the step before,
    v > threshold: a spike, and v = 0 there and in the steps held after it

Trains are those of ``layered/trains.py``; step 0 is before the first spike.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bioplaus.layered.trains import twice

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
    v, current, count = (
        np.zeros(cells, w.dtype),
        np.zeros(cells, w.dtype),
        np.zeros(cells, np.int64),
    )
    above = np.zeros(-(-cells // 8) * 8, np.uint8)
    of_eight = above.view(np.uint64)
    out_at, out = np.zeros(steps + 1, np.int64), np.empty(8 * cells, np.int64)
    n = 0
    for t in range(1, steps):
        add_rows(current, w, i[at[t - 1] : at[t]])
        if inhibition != 0.0:
            for k in range(out_at[t - 1], out_at[t]):
                for j in range(cells):
                    if j != out[k]:
                        current[j] -= inhibition
        for j in range(cells):
            v[j] = v[j] - v[j] * by_m + current[j] * by_s
        for j in range(cells):
            current[j] -= current[j] * by_s
        for k in range(out_at[max(t - c.held, 0)], n):
            v[out[k]] = as_w(0.0)
        for j in range(cells):
            above[j] = v[j] > threshold
        if n + cells > len(out):
            out = twice(out)
        for eight in range(len(of_eight)):
            if of_eight[eight] != 0:  # few cells fire in a step: a glance for eight
                for j in range(8 * eight, min(8 * eight + 8, cells)):
                    if above[j]:
                        out[n], v[j] = j, as_w(0.0)
                        count[j] += 1
                        n += 1
        out_at[t + 1] = n
    return out_at, out[:n], count


@njit(cache=True, error_model="numpy")
def add_rows(current: Any, w: Any, i: Any) -> None:
    """Add rows i of w in their order; four at a time, so that ``current`` is read less often."""
    for k in range(0, len(i) - 3, 4):
        a, b, c, d = w[i[k]], w[i[k + 1]], w[i[k + 2]], w[i[k + 3]]
        for j in range(len(current)):
            current[j] = (((current[j] + a[j]) + b[j]) + c[j]) + d[j]
    for k in range(len(i) // 4 * 4, len(i)):
        a = w[i[k]]
        for j in range(len(current)):
            current[j] += a[j]
