"""The hybrid update of one image: counts between layers, spike trains within a synapse.

    output   g_i = (o_i - wanted_i)/theta, 0 within the margin, times the weight of the sample
    hidden   g_j = (1/theta_j) sum_i g_i w_ij e_ij/o_j      (ratio 1 where one of the two is silent)
    dL/dw_ij = g_i e_ij (1 + (1/theta_i) sum_l w_il e_il/o_i) [lateral] + regularisation

The bracket is the effect of a cell's own spikes on its effects; without it the update is a delta
rule of counts.  Output cells also have 1/(1 - inhibition^2 sum_l r_il r_li/theta^2).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bioplaus.layered.adam import adam_row
from bioplaus.models.hm2bp.effects import SILENT, effects, potentials
from bioplaus.models.hm2bp.spikes import Cell

__all__ = ["Target", "gradient", "move", "regular_spikes", "scratch", "signals"]

VECTORS = {"reassoc", "contract", "nsz"}


class Target(NamedTuple):
    """Counts wanted, how far from them is right, and which parts of the gradient are taken."""

    wanted: int
    unwanted: int
    margin: int
    bracket: bool
    lateral: bool


@njit(cache=True)
def signals(count: Any, label: int, weight: float, threshold: float, p: Target) -> Any:
    """g of the output cells, without bracket and lateral factor; squared error of the counts."""
    g, cost = np.zeros(len(count)), 0.0
    for j in range(len(count)):
        off = count[j] - (p.wanted if j == label else p.unwanted)
        if abs(off) > p.margin:
            g[j] = weight * off / threshold
            cost += off * off
    return g, cost


@njit(cache=True)
def regular_spikes(at: Any, i: Any, cell: int, wanted: int) -> Any:
    """The train with regular spikes of a silent cell added, so that its inputs have effects."""
    steps = len(at) - 1
    every = steps // wanted
    new_at, new = np.zeros(steps + 1, np.int64), np.empty(len(i) + steps, np.int64)
    n = 0
    for t in range(steps):
        for k in range(at[t], at[t + 1]):
            new[n] = i[k]
            n += 1
        if t > 0 and t % every == 0:
            new[n] = cell
            n += 1
        new_at[t + 1] = n
    return new_at, new[:n]


@njit(cache=True, error_model="numpy")
def lateral_factor(at: Any, i: Any, count: Any, label: int, c: Cell, precision: Any) -> Any:
    """Of each output cell: its inhibition of the others comes back to it."""
    n = len(count)
    z, e = np.empty((len(at) - 1, n), precision), np.empty((n, n), precision)
    potentials(at, i, np.arange(n), z, c.tau_membrane, c.tau_synapse)
    effects(at, i, z, np.exp(-1.0 / c.tau_membrane), c.held, e)
    factor = np.ones(n)
    for j in range(n):
        total = 0.0
        for other in range(n):
            heard = (count[j] > 0 or j == label) and (count[other] > 0 or other == label)
            if other == j or not heard:
                continue
            there = back = 1.0
            if count[j] > 0 and count[other] > 0:
                there, back = e[other, j] / count[j], e[j, other] / count[other]
            total += there * back / c.threshold**2
        factor[j] = 1.0 / (1.0 - c.inhibition**2 * total)
    return factor


@njit(cache=True, error_model="numpy", fastmath=VECTORS)
def brackets(w: Any, e: Any, fed: Any, count: Any, threshold: float) -> Any:
    """The bracket of each cell; e : (inputs that ``fed`` names, cells)."""
    as_w = w.dtype.type
    total, silent = np.zeros(len(count), w.dtype), False
    for a in range(len(fed)):
        of_input, from_input = w[fed[a]], e[a]
        for j in range(len(count)):
            total[j] += of_input[j] * from_input[j]
    share = np.zeros(len(count), w.dtype)
    for j in range(len(count)):
        total[j] = total[j] / as_w(count[j]) if count[j] > 0 else as_w(0.0)
        if count[j] == 0:
            silent, share[j] = True, as_w(0.5)
    if silent:
        for k in range(w.shape[0]):
            of_input = w[k]
            for j in range(len(count)):
                total[j] += share[j] * of_input[j]
    for j in range(len(count)):
        total[j] = as_w(1.0) + total[j] / as_w(threshold)
    return total


@njit(cache=True)
def _table(buffer: Any, rows: int, columns: int) -> Any:
    """The beginning of a buffer as a table without gaps."""
    return buffer[: rows * columns].reshape(rows, columns)


@njit(cache=True)
def scratch(inputs: int, hidden: int, outputs: int, steps: int, precision: Any) -> Any:
    """Buffers for potentials of inputs and hidden cells, effects on hidden and output cells, and
    those effects by input: new memory for every image costs more than filling it."""
    return (
        np.empty(steps * inputs, precision),
        np.empty(steps * hidden, precision),
        np.empty(hidden * inputs, precision),
        np.empty(outputs * hidden, precision),
        np.empty(inputs * hidden, precision),
        np.empty(hidden * outputs, precision),
    )


@njit(cache=True, error_model="numpy")
def gradient(w1, w2, trains, counts, label, weight, hidden, output, p, room):  # type: ignore[no-untyped-def]
    """g and e of the hidden cells, of the output cells, the inputs that spiked, the squared error.

    trains : (at, i) of the three layers; counts : of hidden and output; room : :func:`scratch`,
    in which the effects lie until the next call.  dL/dw_ij = g_i e_ij; the effects are (inputs that
    spiked, hidden) and (hidden, output).
    """
    (at0, i0), (at1, i1), (at2, i2) = trains
    count1, count2 = counts
    g2, cost = signals(count2, label, weight, output.threshold, p)
    factor = np.ones(len(count2))
    if p.lateral and output.inhibition != 0.0:
        factor = lateral_factor(at2, i2, count2, label, output, w2.dtype)
    count2 = count2.copy()
    if count2[label] == 0:
        at2, i2 = regular_spikes(at2, i2, label, p.wanted)
        for t in range(len(at2) - 1):
            for k in range(at2[t], at2[t + 1]):
                count2[label] += i2[k] == label
    place = np.full(w1.shape[0], -1, np.int64)
    for k in range(len(i0)):
        place[i0[k]] = 0
    fed, number = np.empty(w1.shape[0], np.int64), 0
    for k in range(w1.shape[0]):
        if place[k] == 0:
            place[k], fed[number] = number, k
            number += 1
    fed = fed[:number]
    steps, n1 = len(at0) - 1, len(count1)
    z0, z1 = _table(room[0], steps, len(fed)), _table(room[1], steps, n1)
    e1, e2 = _table(room[2], n1, len(fed)), _table(room[3], len(count2), n1)
    keeps = np.exp(-1.0 / hidden.tau_membrane)
    potentials(at0, i0, place, z0, hidden.tau_membrane, hidden.tau_synapse)
    potentials(at1, i1, np.arange(len(count1)), z1, output.tau_membrane, output.tau_synapse)
    effects(at1, i1, z0, keeps, hidden.held, e1)
    effects(at2, i2, z1, keeps, output.held, e2)
    g1 = np.zeros(len(count1))
    for cell in range(len(count2)):
        if count2[cell] == 0:
            for j in range(len(count1)):
                e2[cell, j] = SILENT if count1[j] > 0 else 0.0
        for j in range(len(count1)):
            silent = count1[j] == 0 or count2[cell] == 0
            g1[j] += g2[cell] * w2[j, cell] * (1.0 if silent else e2[cell, j] / count1[j])
    for cell in range(len(count1)):
        g1[cell] /= hidden.threshold
        if count1[cell] == 0:
            e1[cell] = SILENT
    by_input1 = _table(room[4], len(fed), n1)
    by_input2 = _table(room[5], n1, len(count2))
    transpose(e1, by_input1)
    transpose(e2, by_input2)
    if p.bracket:
        times(g1, brackets(w1, by_input1, fed, count1, hidden.threshold))
        times(g2, brackets(w2, by_input2, np.arange(len(count1)), count2, output.threshold))
    times(g2, factor)
    return g1, by_input1, g2, by_input2, fed, cost


@njit(cache=True)
def times(g: Any, factor: Any) -> None:
    """Multiply g (cells,) by a factor of each."""
    for cell in range(len(g)):
        g[cell] *= factor[cell]


@njit(cache=True)
def transpose(e: Any, turned: Any) -> None:
    """Fill ``turned`` (inputs, cells) from e; by sixteen, so that no line of the cache is read
    twice, and by addresses that are never negative, which leaves the inner loop without a test."""
    cells, inputs, sixteen = np.uint64(e.shape[0]), np.uint64(e.shape[1]), np.uint64(16)
    whole = cells // sixteen * sixteen
    of, to = e.reshape(-1), turned.reshape(-1)
    for low in range(np.uint64(0), whole, sixteen):
        for a in range(inputs):
            for j in range(sixteen):
                to[a * cells + low + j] = of[(low + j) * inputs + a]
    for a in range(inputs):
        for j in range(whole, cells):
            to[a * cells + j] = of[j * inputs + a]


@njit(cache=True, error_model="numpy")
def move(w, g, e, fed, mean, square, size, pulls, rate, step):  # type: ignore[no-untyped-def]
    """A step of Adam on all weights; e : (inputs that spiked, cells).

    size : (cells,) mean of (w/limit)^2 over inputs, before and, then, after the step; pulls :
    strength and sharpness of the regularisation, and that limit.
    """
    strength, sharpness, limit = pulls
    inputs, cells = w.shape
    as_w = w.dtype.type
    pull, row, factor = np.empty(cells, w.dtype), np.empty(cells, w.dtype), np.empty(cells, w.dtype)
    scale = strength * sharpness / limit
    for j in range(cells):
        pull[j], factor[j] = scale * np.exp(sharpness * (size[j] - 1.0)), g[j]
        size[j] = 0.0
    place = np.full(inputs, -1, np.int64)
    for a in range(len(fed)):
        place[fed[a]] = a
    for k in range(inputs):
        of_input = w[k]
        if place[k] >= 0:
            from_input = e[place[k]]
            for j in range(cells):
                row[j] = factor[j] * from_input[j] + pull[j] * of_input[j]
        else:
            for j in range(cells):
                row[j] = pull[j] * of_input[j]
        adam_row(of_input, row, mean[k], square[k], rate, step)
        for j in range(cells):
            size[j] += of_input[j] * of_input[j]
    share = as_w(1.0 / (limit * limit * inputs))
    for j in range(cells):
        size[j] *= share
