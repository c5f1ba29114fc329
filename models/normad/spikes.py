"""The forward pass, compiled: the cell of ``neurons/second_order_lif.py``, spike for spike."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bioplaus.layered.trains import twice
from bioplaus.models.normad.parameters import NormAD
from bioplaus.parameters import quantities

__all__ = ["Cell", "cell", "fire"]


class Cell(NamedTuple):
    """Factors of one step, SI units; ``held`` in steps; inhibition [A] between cells of a layer."""

    stays: float
    charging: float
    threshold: float
    held: int
    slow: float
    fast: float
    inhibition: float


def cell(p: NormAD, inhibition: float = 0.0) -> Cell:
    """Constants of a layer."""
    q = quantities(p)
    leaking = float(q.leak * q.time_step / q.capacitance)
    return Cell(
        1 - leaking + leaking * leaking / 2,
        float(q.time_step / q.capacitance) * (1 - leaking / 2),
        float(q.threshold),
        round(float(q.refractory / q.time_step)),
        float(np.exp(-float(q.time_step / q.tau_slow))),
        float(np.exp(-float(q.time_step / q.tau_fast))),
        inhibition,
    )


@njit(cache=True, error_model="numpy")
def fire(w: Any, at: Any, i: Any, c: Cell) -> Any:
    """Spikes of a layer, (at, i); w : (pre, post) [A].  An input acts in the step after it."""
    steps, cells = len(at) - 1, w.shape[1]
    v, slow, fast = np.zeros(cells), np.zeros(cells), np.zeros(cells)
    held = np.zeros(cells, np.int64)
    out_at, out, n = np.zeros(steps + 1, np.int64), np.empty(8 * cells + 64, np.int64), 0
    for t in range(steps):
        begun = n
        for j in range(cells):
            new = v[j] * c.stays + (slow[j] - fast[j]) * c.charging
            v[j] = new if new > 0.0 and held[j] <= 0 else 0.0
            held[j] -= 1
            slow[j] *= c.slow
            fast[j] *= c.fast
            if v[j] >= c.threshold:
                v[j], held[j] = 0.0, c.held
                if n == len(out):
                    out = twice(out)
                out[n] = j
                n += 1
        out_at[t + 1] = n
        for k in range(at[t], at[t + 1]):
            row = w[i[k]]
            for j in range(cells):
                slow[j] += row[j]
                fast[j] += row[j]
        if c.inhibition != 0.0:
            for k in range(begun, n):
                for j in range(cells):
                    if j != out[k]:
                        slow[j] -= c.inhibition
                        fast[j] -= c.inhibition
    return out_at, out[:n]
