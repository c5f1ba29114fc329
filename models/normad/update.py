"""The change of weights by one presentation.

    output   dw_i  = sum over steps with an error of  r err d_i/|d|,     err = wanted - actual spike
    hidden   dw_hi = sum over such steps of  r err G_hi/|G|,
             G_hi = w_ho sum over spikes s < t of h of  k'(t - s) d_i(s)

d_i is what input i has done to the potential: its spikes through the synaptic current and a leak of
1 ms, which stands for C/g_L between resets: d_i(t) = sum over its spikes s < t of k(t - s).  The
hidden form is derived from the same potential, the slope at hidden spikes replaced by a constant;
it moves hidden spikes and never makes one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from bioplaus.models.normad.parameters import NormAD
from bioplaus.parameters import quantities

__all__ = ["change", "errors", "hidden_change", "kernel", "traces"]


def kernel(p: NormAD, steps: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """k and dk/dt [V/A, V/A/s] at 0, 1, .. steps of the clock after a spike."""
    q = quantities(p)
    t = float(q.time_step) * np.arange(steps + 1)
    leak = float(q.tau_reset)
    k, slope = np.zeros(len(t)), np.zeros(len(t))
    for tau, sign in ((float(q.tau_slow), 1), (float(q.tau_fast), -1)):
        scale = sign / ((1 / leak - 1 / tau) * float(q.capacitance))
        k += scale * (np.exp(-t / tau) - np.exp(-t / leak))
        slope += scale * (np.exp(-t / leak) / leak - np.exp(-t / tau) / tau)
    return k, slope


@njit(cache=True)
def traces(at: Any, i: Any, t: int, k: Any, d: Any) -> float:
    """Fill d (cells,) with d(t); returns its length."""
    for cell in range(len(d)):
        d[cell] = 0.0
    for s in range(t):
        for m in range(at[s], at[s + 1]):
            d[i[m]] += k[t - s]
    total = 0.0
    for cell in range(len(d)):
        total += d[cell] * d[cell]
    return float(np.sqrt(total))


@njit(cache=True)
def errors(at: Any, i: Any, wanted_at: Any, wanted: Any, t: int, error: Any) -> bool:
    """Fill error (cells,) with wanted minus actual spikes of step t; whether there is any."""
    for j in range(len(error)):
        error[j] = 0.0
    for m in range(wanted_at[t], wanted_at[t + 1]):
        error[wanted[m]] += 1.0
    for m in range(at[t], at[t + 1]):
        error[i[m]] -= 1.0
    some = False
    for j in range(len(error)):
        some |= error[j] != 0.0
    return some


@njit(cache=True)
def change(into: Any, out: Any, wanted: Any, k: Any, rate: float, dw: Any) -> None:
    """Add the change of the output weights to dw (pre, post); into, out, wanted : trains."""
    d, error = np.empty(dw.shape[0]), np.empty(dw.shape[1])
    for t in range(len(into[0]) - 1):
        if not errors(out[0], out[1], wanted[0], wanted[1], t, error):
            continue
        length = traces(into[0], into[1], t, k, d)
        if length == 0.0:
            continue
        for j in range(len(error)):
            if error[j] != 0.0:
                share = rate * error[j] / length
                for cell in range(len(d)):
                    dw[cell, j] += share * d[cell]


@njit(cache=True)
def hidden_change(  # type: ignore[no-untyped-def]
    into, between, out, wanted, w_out, k, slope, rate, dw
):
    """Add the change of the hidden weights to dw (input, hidden); w_out : (hidden, output)."""
    steps = len(into[0]) - 1
    cells, when = between[1], np.empty(len(between[1]), np.int64)
    reached = np.empty((len(cells), dw.shape[0]))
    for t in range(steps):
        for m in range(between[0][t], between[0][t + 1]):
            when[m] = t
            traces(into[0], into[1], t, k, reached[m])
    error, g = np.empty(w_out.shape[1]), np.empty((w_out.shape[0], dw.shape[0]))
    for t in range(steps):
        if not errors(out[0], out[1], wanted[0], wanted[1], t, error):
            continue
        for j in range(len(error)):
            if error[j] == 0.0:
                continue
            for h in range(g.shape[0]):
                for i in range(g.shape[1]):
                    g[h, i] = 0.0
            for m in range(between[0][t]):
                row, share = g[cells[m]], w_out[cells[m], j] * slope[t - when[m]]
                for i in range(len(row)):
                    row[i] += share * reached[m, i]
            total = 0.0
            for h in range(g.shape[0]):
                for i in range(g.shape[1]):
                    total += g[h, i] * g[h, i]
            if total > 0.0:
                share = rate * error[j] / np.sqrt(total)
                for h in range(g.shape[0]):
                    for i in range(g.shape[1]):
                        dw[i, h] += share * g[h, i]
