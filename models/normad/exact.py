"""The exact derivative of a potential, resets included, for the cells that NormAD trains.

Between spikes dV/dw_i follows the cell's own equation with the current of input i; a spike moves by
-(dV/dw_i)/(dV/dt), and with it the end of the refractory time, from which V starts anew:

    dV/dw_i = I(end)/C times (dV/dw_i)/(dV/dt) at the spike,    at the end of the refractory time.

The loss is one of potentials: minus V where a spike is missing, plus V where one is not wanted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from bioplaus.models.normad.spikes import Cell
from bioplaus.models.normad.update import errors

__all__ = ["potential_gradient"]


@njit(cache=True)
def potential_gradient(
    w: Any, into: Any, out: Any, wanted: Any, c: Cell, time_step: float, gradient: Any
) -> None:
    """Add dL/dw (pre, post) of one presentation, L = - sum of err V at the steps with an error.

    into, out, wanted : trains (at, i); w [A]; cells do not inhibit each other.
    """
    inputs, cells = w.shape
    slow, fast = np.zeros(inputs), np.zeros(inputs)
    v, slope, kept = np.zeros(cells), np.zeros((cells, inputs)), np.zeros((cells, inputs))
    held, error = np.zeros(cells, np.int64), np.empty(cells)
    for t in range(len(into[0]) - 1):
        wrong = errors(out[0], out[1], wanted[0], wanted[1], t, error)
        current = w.T @ (slow - fast)
        for j in range(cells):
            if held[j] > 0:
                held[j] -= 1
                if held[j] == 0:
                    slope[j] = kept[j] * (current[j] * c.charging / time_step)
                continue
            before = v[j]
            v[j] = before * c.stays + current[j] * c.charging
            if v[j] > 0.0:
                slope[j] = slope[j] * c.stays + (slow - fast) * c.charging
            else:
                v[j], slope[j] = 0.0, 0.0
            if wrong and error[j] != 0.0:
                for i in range(inputs):
                    gradient[i, j] -= error[j] * slope[j, i]
            for m in range(out[0][t], out[0][t + 1]):
                if out[1][m] == j:
                    kept[j] = slope[j] / ((v[j] - before) / time_step)
                    v[j], held[j] = 0.0, c.held
                    slope[j] = 0.0
        slow *= c.slow
        fast *= c.fast
        for m in range(into[0][t], into[0][t + 1]):
            slow[into[1][m]] += 1.0
            fast[into[1][m]] += 1.0
