"""Layers of leaky integrate-and-fire cells, from event to event: exact spike times.

    tau_m dV/dt = -V + I,    tau_s dI/dt = -I,    I += w at an input spike,
    V = threshold: a spike, V = 0 (and held there for the refractory time), I goes on

Between events V(x) = a x - b x^r with x = exp(-time/tau_m), r = tau_m/tau_s, b = I/(r - 1) and
a = V + b, so that a spike is a root of a concave function and no step of time rounds it.  Weights
are (pre, post): one input spike moves a whole row, and cells advance side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from bioplaus.layered.trains import twice

__all__ = ["Constants", "Maxima", "Spikes", "crossing", "fire", "largest"]

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class Constants(NamedTuple):
    """Of a layer: time constants and refractory time [s], threshold in units of V."""

    tau_membrane: float
    tau_synapse: float
    threshold: float
    refractory: float


class Spikes(NamedTuple):
    """Spikes of a population in the order of time.

    t : [s]; i : cells; current : I at the spike, before inputs of that very time; released : I when
    the refractory time of the spike ends (0 where that is after the last event).
    """

    t: Array
    i: Whole
    current: Array
    released: Array


class Maxima(NamedTuple):
    """Largest potential of each cell that does not spike.

    value; time [s] (-1 where V never rose above 0); last : number of the last input before it;
    kind : 0 inside an interval, 1 at input ``last + 1``, which turns V down, 2 at the end.
    """

    value: Array
    time: Array
    last: Whole
    kind: Whole


@njit(cache=True, error_model="numpy")
def _power(x: float, n: float) -> float:
    return x * x * x if n == 3.0 else x**n


@njit(cache=True, error_model="numpy")
def _peak_reaches(a: float, b: float, r: float, level: float) -> bool:
    """Whether a x - b x^r rises to ``level`` (> 0) somewhere in 0 < x < 1."""
    if a <= 0.0 or a >= r * b:
        return False
    return a / (r * b) >= _power(level * r / (a * (r - 1.0)), r - 1.0)


@njit(cache=True, error_model="numpy")
def crossing(v: float, i: float, x_end: float, r: float, threshold: float) -> float:
    """x = exp(-d/tau_m) of the first time d at which V reaches the threshold, or -1.

    v < threshold and i are the state at d = 0; x_end is x at the end of the interval.
    """
    if i <= threshold:
        return -1.0
    b = i / (r - 1.0)
    a = v + b
    if a - r * b * _power(x_end, r - 1.0) < 0.0:  # still rising at the end
        if x_end * (a - b * _power(x_end, r - 1.0)) < threshold:
            return -1.0
    elif not _peak_reaches(a, b, r, threshold):
        return -1.0
    x = 1.0
    for _ in range(200):  # Newton from the right falls onto the root and cannot pass it
        power = _power(x, r - 1.0)
        slope = a - r * b * power
        if slope >= 0.0:  # a peak that touches the threshold within rounding
            return -1.0
        new = x - (x * (a - b * power) - threshold) / slope
        if new >= x or x - new < 1e-16:
            break
        x = new
    return max(x, x_end)


@njit(cache=True, error_model="numpy")
def fire(w: Array, t: Array, i: Whole, end: float, c: Constants) -> Spikes:
    """Spikes of a layer up to ``end`` [s] (may be inf).

    w : (pre, post), in units of I; t, i : input spikes in the order of time.
    """
    cells, r = w.shape[1], c.tau_membrane / c.tau_synapse
    kappa = 1.0 / (r - 1.0)
    v, v_next = np.zeros(cells), np.zeros(cells)
    current, current_next = np.zeros(cells), np.zeros(cells)
    held_until, last = np.full(cells, -np.inf), np.full(cells, -1, np.int64)
    perhaps = np.zeros(cells, np.bool_)
    room, n = 4 * cells, 0
    out_t, out_i = np.empty(room), np.empty(room, np.int64)
    out_current, out_released = np.empty(room), np.zeros(room)
    for k in range(len(t)):
        row, start = w[i[k]], t[k]
        stop = t[k + 1] if k + 1 < len(t) else end
        if stop == start:
            for j in range(cells):
                current[j] += row[j]
            continue
        to_m, to_s = (
            np.exp(-(stop - start) / c.tau_membrane),
            np.exp(-(stop - start) / c.tau_synapse),
        )
        for j in range(cells):
            now = current[j] + row[j]
            current[j] = now
            after, left = (v[j] + kappa * now) * to_m - kappa * now * to_s, now * to_s
            v_next[j], current_next[j] = after, left
            perhaps[j] = (now > c.threshold) & ((after >= c.threshold) | (left <= after))
        for j in range(cells):
            if not (perhaps[j] or held_until[j] > start):
                continue
            at, x, y = start, v[j], current[j]
            while True:
                if held_until[j] > at:
                    until = min(held_until[j], stop)
                    y *= np.exp(-(until - at) / c.tau_synapse)
                    at, x = until, 0.0
                    if held_until[j] <= stop:
                        out_released[last[j]] = y
                    if at >= stop:
                        break
                x_end = np.exp(-(stop - at) / c.tau_membrane)
                found = crossing(x, y, x_end, r, c.threshold)
                if found < 0.0:
                    fall = y * kappa
                    to_end = np.exp(-(stop - at) / c.tau_synapse)
                    x, y = (x + fall) * x_end - fall * to_end, y * to_end
                    break
                at -= c.tau_membrane * np.log(found)
                y *= found * _power(found, r - 1.0)
                x = 0.0
                if n == room:
                    out_t, out_i = twice(out_t), twice(out_i)
                    out_current, out_released = twice(out_current), twice(out_released)
                    room *= 2
                out_t[n], out_i[n], out_current[n] = at, j, y
                out_released[n] = y if c.refractory == 0.0 else 0.0
                last[j], held_until[j] = n, at + c.refractory
                n += 1
            v_next[j], current_next[j] = x, y
        v, v_next = v_next, v
        current, current_next = current_next, current
    t, i, current, released = np.empty(n), np.empty(n, np.int64), np.empty(n), np.empty(n)
    for m in range(n):
        place = m  # sorted as it comes: only spikes of one interval may have another order
        while place > 0 and t[place - 1] > out_t[m]:
            t[place], i[place] = t[place - 1], i[place - 1]
            current[place], released[place] = current[place - 1], released[place - 1]
            place -= 1
        t[place], i[place] = out_t[m], out_i[m]
        current[place], released[place] = out_current[m], out_released[m]
    return Spikes(t, i, current, released)


@njit(cache=True, error_model="numpy")
def largest(w: Array, t: Array, i: Whole, end: float, c: Constants) -> Maxima:
    """Largest potential up to ``end`` [s] (may be inf) of cells that do not spike.

    Arguments as of :func:`fire`.  After the last input an interval without end always has its peak
    inside; a cell whose V never rises above 0 has the value 0 and no time.
    """
    cells, r = w.shape[1], c.tau_membrane / c.tau_synapse
    kappa = 1.0 / (r - 1.0)
    v, current = np.zeros(cells), np.zeros(cells)
    value, time = np.zeros(cells), np.full(cells, -1.0)
    last, kind = np.full(cells, -1, np.int64), np.zeros(cells, np.int64)
    for k in range(len(t)):
        row = w[i[k]]
        final = k + 1 == len(t)
        stop = end if final else t[k + 1]
        to_m, to_s = np.exp(-(stop - t[k]) / c.tau_membrane), np.exp(-(stop - t[k]) / c.tau_synapse)
        for j in range(cells):
            now = current[j] + row[j]
            b = kappa * now
            a = v[j] + b
            after, left = a * to_m - b * to_s, now * to_s
            if now > v[j] and (left < after or stop == np.inf):  # rises, then falls
                if _peak_reaches(a, b, r, max(value[j], 1e-300)):
                    x = (a / (r * b)) ** (1.0 / (r - 1.0))
                    value[j], time[j] = a * x * (1.0 - 1.0 / r), t[k] - c.tau_membrane * np.log(x)
                    last[j], kind[j] = k, 0
            elif after > value[j] and left >= after:  # rising at the end
                turns = final or left + w[i[k + 1], j] < after
                if turns:
                    value[j], time[j], last[j], kind[j] = after, stop, k, 2 if final else 1
            v[j], current[j] = after, left
    return Maxima(value, time, last, kind)
