"""Exact gradient of a loss of spike times or potentials: the adjoint, from event to event.

Wunderlich and Pehle (2021).  Per cell lambda_V and lambda_I run backwards from 0; over a time d

    lambda_I <- lambda_I e^(-d/tau_s) + lambda_V (e^(-d/tau_m) - e^(-d/tau_s)) tau_m/(tau_m - tau_s)
    lambda_V <- lambda_V e^(-d/tau_m)

    at an own spike         lambda_V <- (released lambda_V + E)/(I - threshold),  E = dL/dt of it
    at an input spike of i  dL/dw -= tau_s lambda_I,   E of that spike += w (lambda_V - lambda_I)

where ``released`` is I at the end of the refractory time, and lambda_V that of there; in between it
is 0.
An input at the very time of an own spike came after it, as in a network on a clock.

``back`` takes the place of w where an error passes a synapse: w itself, or fixed random weights.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from bioplaus.models.eventprop.events import Array, Constants, Maxima, Spikes, Whole

__all__ = ["backward", "backward_from_maxima", "shallow"]


@njit(cache=True, error_model="numpy")
def backward(
    back: Array,
    t: Array,
    i: Whole,
    spikes: Spikes,
    error: Array,
    c: Constants,
    gradient: Array,
    error_in: Array,
) -> None:
    """Add dL/dw (pre, post) to ``gradient`` and dL/dt of every input spike to ``error_in``.

    back : (pre, post); t, i : input spikes; error : dL/dt [1/s] of every spike of the layer,
    through the layers above too.  An empty ``error_in`` is left out.
    """
    cells, down = back.shape[1], len(error_in) > 0
    share = c.tau_membrane / (c.tau_membrane - c.tau_synapse)
    slot, active = np.full(cells, -1, np.int64), np.empty(cells, np.int64)
    n = 0
    for m in range(len(spikes.t)):
        if slot[spikes.i[m]] < 0:
            slot[spikes.i[m]], active[n] = n, spikes.i[m]
            n += 1
    lv, li, kept = np.zeros(n), np.zeros(n), np.zeros(n)
    now, lv_here, li_here = np.zeros(n), np.zeros(n), np.zeros(n)
    touched_in, touched = np.full(n, -1, np.int64), np.empty(n, np.int64)
    release = spike = len(spikes.t) - 1
    for k in range(len(t) - 1, -1, -1):
        later, few = (t[k + 1] if k + 1 < len(t) else np.inf), 0
        while True:
            of_release = spikes.t[release] + c.refractory if release >= 0 else -np.inf
            of_spike = spikes.t[spike] if spike >= 0 else -np.inf
            at = max(of_release, of_spike)
            if at <= t[k]:
                break
            m = release if of_release >= of_spike else spike
            a = slot[spikes.i[m]]
            if touched_in[a] != k:
                touched_in[a], now[a], touched[few] = k, later, a
                few += 1
            e_m, e_s = (
                np.exp(-(now[a] - at) / c.tau_membrane),
                np.exp(-(now[a] - at) / c.tau_synapse),
            )
            li[a] = li[a] * e_s + share * lv[a] * (e_m - e_s)
            lv[a] *= e_m
            now[a] = at
            if of_release >= of_spike:
                kept[a], lv[a] = lv[a], 0.0
                release -= 1
            else:
                jump = spikes.released[m] * kept[a] + error[m]
                lv[a], kept[a] = jump / (spikes.current[m] - c.threshold), 0.0
                spike -= 1
        for q in range(few):
            a, d = touched[q], now[touched[q]] - t[k]
            e_m, e_s = np.exp(-d / c.tau_membrane), np.exp(-d / c.tau_synapse)
            li_here[q] = li[a] * e_s + share * lv[a] * (e_m - e_s)
            lv_here[q] = lv[a] * e_m
        e_m, e_s = np.exp(-(later - t[k]) / c.tau_membrane), np.exp(-(later - t[k]) / c.tau_synapse)
        for a in range(n):
            li[a] = li[a] * e_s + share * lv[a] * (e_m - e_s)
            lv[a] *= e_m
        for q in range(few):
            lv[touched[q]], li[touched[q]] = lv_here[q], li_here[q]
        row = gradient[i[k]]
        for a in range(n):
            row[active[a]] -= c.tau_synapse * li[a]
        if down:
            through = back[i[k]]
            for a in range(n):
                error_in[k] += through[active[a]] * (lv[a] - li[a])


@njit(cache=True, error_model="numpy")
def backward_from_maxima(
    back: Array,
    w: Array,
    t: Array,
    i: Whole,
    maxima: Maxima,
    error: Array,
    c: Constants,
    gradient: Array,
    error_in: Array,
) -> None:
    """The same for cells that do not spike; error : dL/d(largest potential) of each.

    A maximum inside an interval or at the end does not move to first order.  One at an input spike
    moves with it: that spike gets the slope of V before it, without a weight in between.
    """
    kappa = c.tau_synapse / (c.tau_membrane - c.tau_synapse)
    e_m, e_s = np.zeros(len(t)), np.zeros(len(t))
    for k in range(len(t) - 1):
        e_m[k] = np.exp(-(t[k + 1] - t[k]) / c.tau_membrane)
        e_s[k] = np.exp(-(t[k + 1] - t[k]) / c.tau_synapse)
    for j in range(w.shape[1]):
        last = maxima.last[j]
        if last < 0 or error[j] == 0.0:
            continue
        d = maxima.time[j] - t[last]
        to_m, to_s = np.exp(-d / c.tau_membrane), np.exp(-d / c.tau_synapse)
        current, v = 0.0, 0.0
        for k in range(last, -1, -1):
            if k < last:
                to_m, to_s = to_m * e_m[k], to_s * e_s[k]
            of_one = kappa * (to_m - to_s)
            gradient[i[k], j] += error[j] * of_one
            slope = kappa * (to_m / c.tau_membrane - to_s / c.tau_synapse)
            error_in[k] += error[j] * back[i[k], j] * slope
            current += w[i[k], j] * to_s
            v += w[i[k], j] * of_one
        if maxima.kind[j] == 1:
            error_in[last + 1] += error[j] * (current - v) / c.tau_membrane


@njit(cache=True)
def shallow(spikes: Spikes, threshold: float, floor: float) -> int:
    """Spikes whose slope I - threshold is below ``floor``: V only grazed the threshold."""
    few = 0
    for current in spikes.current:
        few += current - threshold < floor
    return few
