"""Losses of spike times and of potentials, with their derivatives (Wunderlich and Pehle 2021)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bioplaus.models.eventprop.events import Array, Spikes, Whole

__all__ = ["FirstSpike", "first_of_each", "loss_of_first_spikes", "loss_of_maxima"]


class FirstSpike(NamedTuple):
    """L = -log softmax(-t/tau)[label] + late (e^(t_label/tau_late) - 1); times in s."""

    tau: float
    tau_late: float
    late: float


@njit(cache=True)
def first_of_each(spikes: Spikes, cells: int) -> tuple[Array, Whole]:
    """First spike time of each cell (inf where silent), and its number in ``spikes`` (-1)."""
    first, number = np.full(cells, np.inf), np.full(cells, -1, np.int64)
    for m in range(len(spikes.t) - 1, -1, -1):
        first[spikes.i[m]], number[spikes.i[m]] = spikes.t[m], m
    return first, number


@njit(cache=True, error_model="numpy")
def loss_of_first_spikes(first: Array, label: int, p: FirstSpike) -> tuple[float, bool, Array]:
    """Loss, whether the answer is right, and dL/dt of each first spike.

    Right is that no other first spike is earlier or at the same time.  A silent label cell has no
    loss (nan) and moves nothing.
    """
    error = np.zeros(len(first))
    if first[label] == np.inf:
        return np.nan, False, error
    soonest, ties = first.min(), 0
    total = 0.0
    for j in range(len(first)):
        total += np.exp(-(first[j] - soonest) / p.tau)
        ties += first[j] == soonest
    for j in range(len(first)):
        if first[j] < np.inf:
            error[j] = -np.exp(-(first[j] - soonest) / p.tau) / total / p.tau
    late = np.exp(first[label] / p.tau_late)
    error[label] += 1.0 / p.tau + p.late / p.tau_late * late
    loss = (first[label] - soonest) / p.tau + np.log(total) + p.late * (late - 1.0)
    return loss, first[label] == soonest and ties == 1, error


@njit(cache=True)
def loss_of_maxima(value: Array, label: int) -> tuple[float, bool, Array]:
    """L = -log softmax(value)[label]; whether the label alone is largest; dL/dvalue."""
    share = np.exp(value - value.max())
    loss = np.log(share.sum()) - np.log(share[label])
    error = share / share.sum()
    error[label] -= 1.0
    ties = 0
    for j in range(len(value)):
        ties += value[j] == value.max()
    return loss, value[label] == value.max() and ties == 1, error
