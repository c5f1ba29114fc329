"""A row of presentations in mini-batches, compiled as one loop.

Each batch: gather images and stored states, relax freely, keep the free states, relax under the
target's influence (and once more with its sign turned), learn (Scellier
and Bengio 2017, section 3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bioplaus.layered.batch_kernels import copy_rows, copy_states, input_drive
from bioplaus.layered.two_way import Array, TwoWay

from .relaxation import Dynamics, Scratch, relax
from .rules import Rates, States, learn

__all__ = ["Phases", "train_batches"]


class Phases(NamedTuple):
    """Lengths of the phases, and whether both signs of the influence are used in turn."""

    free: int
    nudged: int
    symmetric: bool


@njit(cache=True)
def train_batches(
    weights: TwoWay,
    images: Array,
    labels: Array,
    order: Array,
    influences: Array,
    stored: tuple[Array, ...],
    dynamics: Dynamics,
    phases: Phases,
    rates: Rates,
    states: States,
    work: Scratch,
) -> tuple[int, float, int, Array]:
    """Learn all batches, the rows of ``order``; the weights and stored states change in place.

    influences : (batches,) signed, half-cost; stored : per layer (examples or 0, n).  Returns the
    number of wrong free answers, the sum over batches of the last ``max |ds/dt|`` and of the free
    steps made, and the largest answer of each output unit.
    """
    batch, output = order.shape[1], len(stored) - 1
    x = np.zeros((batch, images.shape[1]), images.dtype)
    drive = np.zeros_like(work.fields[0])
    target = np.zeros_like(work.fields[output])
    answers = np.zeros(target.shape[1], images.dtype)
    now = states.now
    errors, residual, steps = 0, 0.0, 0
    for b in range(order.shape[0]):
        beta, divisor = influences[b], influences[b] * batch
        _present(images, labels, order[b], stored, x, target, now)
        input_drive(x, weights.forward[0], drive)
        made, movement = relax(weights, drive, now, target, 0.0, phases.free, dynamics, work)
        steps += made
        residual += movement
        errors += _read_answers(now[output], target, answers)
        _keep(now, order[b], stored, states.free)
        relax(weights, drive, now, target, beta, phases.nudged, dynamics, work)
        copy_states(now, states.plus)
        copy_states(states.free, now)
        if phases.symmetric:
            relax(weights, drive, now, target, -beta, phases.nudged, dynamics, work)
            divisor *= 2.0
        learn(weights, x, states, divisor, dynamics, rates)
    return errors, residual, steps, answers


@njit(cache=True, inline="always")
def _present(
    images: Array,
    labels: Array,
    chosen: Array,
    stored: tuple[Array, ...],
    x: Array,
    target: Array,
    now: tuple[Array, ...],
) -> None:
    """Gather one batch: images, one-hot targets, and the states to start from."""
    copy_rows(images, chosen, x)
    target[:] = 0.0
    for k in range(chosen.size):
        target[k, labels[chosen[k]]] = 1.0
    for layer in range(len(now)):
        if stored[layer].shape[0] > 0:
            copy_rows(stored[layer], chosen, now[layer])
        else:
            now[layer][:] = 0.0


@njit(cache=True, inline="always")
def _keep(
    now: tuple[Array, ...], chosen: Array, stored: tuple[Array, ...], free: tuple[Array, ...]
) -> None:
    """Remember the free states, for the rule and under their examples' indices."""
    copy_states(now, free)
    for layer in range(len(now)):
        kept, state = stored[layer], now[layer]
        if kept.shape[0] > 0:
            for k in range(chosen.size):
                for unit in range(state.shape[1]):
                    kept[chosen[k], unit] = state[k, unit]


@njit(cache=True, inline="always")
def _read_answers(output: Array, target: Array, answers: Array) -> int:
    """Count the wrong answers and note each output unit's largest one."""
    wrong = 0
    for k in range(output.shape[0]):
        wrong += output[k].argmax() != target[k].argmax()
        for unit in range(answers.size):
            answers[unit] = max(answers[unit], output[k, unit])
    return wrong
