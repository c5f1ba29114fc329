"""The steps of prototypical discrete time and the updates between them, compiled.

See ``learner.py`` for the equations; the input is clamped, so that the first layer's drive is
computed once (``first``) and follows its weights through ``x x^T`` where they change at every step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bioplaus.layered.batch_kernels import (
    add,
    add_sum,
    copy,
    copy_states,
    input_drive,
    input_step,
    nudge,
)
from bioplaus.layered.shifted_sigmoid import shifted_sigmoid
from bioplaus.layered.two_way import Array, TwoWay

__all__ = [
    "Steps",
    "Update",
    "Work",
    "advance",
    "drives",
    "first_drive",
    "present",
    "work_for",
]


class Steps(NamedTuple):
    """Number of steps, the target (batch, n_out) and its influence, zero in the free phase; and how
    much of the way a unit goes in one.
    """

    number: int
    target: Array
    influence: float
    epsilon: float


class Update(NamedTuple):
    """Rates of the layers over influence and batch size; the rule they serve; whether the first
    bias learns.
    """

    scale: Array
    tied: bool
    continual: bool
    first_bias: bool


class Work(NamedTuple):
    """Working arrays, one (batch, n) array per layer each."""

    fields: tuple[Array, ...]
    partial: tuple[Array, ...]
    moved: tuple[Array, ...]
    free: tuple[Array, ...]


def work_for(batch: int, sizes: tuple[int, ...], dtype: Any) -> Work:
    """Allocate the working arrays for layers of the given sizes (without the input)."""
    return Work(*(tuple(np.zeros((batch, n), dtype) for n in sizes) for _ in range(4)))


@njit(cache=True)
def drives(
    weights: TwoWay, tied: bool, first: Array, states: tuple[Array, ...], work: Work
) -> None:
    """Drive of every layer from the states of all, into ``work.fields``.

    first : (batch, n_first), biases included.  With ``tied``, ``weights.feedback`` holds the
    forward weights of the layer above, (n, n_above), to be read transposed.
    """
    top = len(states) - 1
    for layer in range(len(states)):
        field, partial = work.fields[layer], work.partial[layer]
        if layer < top and tied:
            np.dot(states[layer + 1], weights.feedback[layer].T, partial)
        elif layer < top:
            np.dot(states[layer + 1], weights.feedback[layer], partial)
        if layer > 0:
            np.dot(states[layer - 1], weights.forward[layer], field)
            _add_bias(field, weights.bias[layer])
            if layer < top:
                add(field, partial, 1.0)
        elif top > 0:
            _sum(first, partial, field)
        else:
            copy(first, field)


@njit(cache=True, inline="always")
def _sum(one: Array, other: Array, total: Array) -> None:
    for k in range(total.shape[0]):
        for unit in range(total.shape[1]):
            total[k, unit] = one[k, unit] + other[k, unit]


@njit(cache=True, inline="always")
def _add_bias(field: Array, bias: Array) -> None:
    for k in range(field.shape[0]):
        for unit in range(bias.size):
            field[k, unit] += bias[unit]


@njit(cache=True)
def _step(
    weights: TwoWay,
    tied: bool,
    first: Array,
    states: tuple[Array, ...],
    steps: Steps,
    work: Work,
) -> None:
    """All layers from the old states of all layers; the new ones are in ``work.moved``."""
    drives(weights, tied, first, states, work)
    for layer in range(len(states)):
        shifted_sigmoid(work.fields[layer], work.moved[layer])
    if steps.influence != 0.0:
        nudge(states[-1], work.moved[-1], steps.target, steps.influence)
    if steps.epsilon < 1.0:
        for layer in range(len(states)):
            _part_of_the_way(states[layer], work.moved[layer], steps.epsilon)


@njit(cache=True)
def _part_of_the_way(old: Array, moved: Array, epsilon: float) -> None:
    part = old.dtype.type(epsilon)
    for k in range(old.shape[0]):
        for unit in range(old.shape[1]):
            moved[k, unit] = old[k, unit] + part * (moved[k, unit] - old[k, unit])


@njit(cache=True)
def advance(
    weights: TwoWay,
    tied: bool,
    first: Array,
    states: tuple[Array, ...],
    steps: Steps,
    work: Work,
) -> None:
    """Move the states, in place, by a number of steps."""
    for _ in range(steps.number):
        _step(weights, tied, first, states, steps, work)
        copy_states(work.moved, states)


@njit(cache=True)
def present(
    weights: TwoWay,
    images: Array,
    states: tuple[Array, ...],
    free_steps: int,
    nudged: Steps,
    update: Update,
    work: Work,
) -> None:
    """One update from a batch that starts in ``states``; free ones are left in ``work.free``."""
    first = first_drive(weights, images)
    free = Steps(free_steps, nudged.target, 0.0, nudged.epsilon)
    advance(weights, update.tied, first, states, free, work)
    copy_states(states, work.free)
    if update.continual:
        _continue(weights, images, first, states, nudged, update, work)
    else:
        advance(weights, update.tied, first, states, nudged, work)
        _energy(weights, work.free, states, update.scale)
    # The continual steps telescope as well: the input weights are written once.
    change = states[0] - work.free[0]
    input_step(weights, images, change, update.scale[0])
    if update.first_bias:
        add_sum(weights.bias[0], change, update.scale[0])


@njit(cache=True, inline="always")
def _continue(
    weights: TwoWay,
    images: Array,
    first: Array,
    states: tuple[Array, ...],
    nudged: Steps,
    update: Update,
    work: Work,
) -> None:
    """The nudged phase with an update of the upper weights and of the drive at every step."""
    dtype = images.dtype.type
    alike = dtype(update.scale[0]) * (np.dot(images, images.T) + dtype(update.first_bias))
    for _ in range(nudged.number):
        _step(weights, update.tied, first, states, nudged, work)
        first += np.dot(alike, work.moved[0] - states[0])
        if update.tied:
            _energy(weights, states, work.moved, update.scale)
        else:
            _vector_field(weights, states, work.moved, update.scale)
        copy_states(work.moved, states)


@njit(cache=True)
def first_drive(weights: TwoWay, images: Array) -> Array:
    """Drive of the first layer by clamped images (batch, n_in), biases included."""
    first = np.empty((images.shape[0], weights.bias[0].size), images.dtype)
    input_drive(images, weights.forward[0], first)
    first += weights.bias[0]
    return first


@njit(cache=True, inline="always")
def _energy(weights: TwoWay, old: tuple[Array, ...], new: tuple[Array, ...], scale: Array) -> None:
    """``W += eta/(beta B) (s s (new) - s s (old))`` and biases, above the first layer."""
    for layer in range(1, len(old)):
        step = np.dot(new[layer - 1].T, new[layer]) - np.dot(old[layer - 1].T, old[layer])
        add(weights.forward[layer], step, scale[layer])
        add_sum(weights.bias[layer], new[layer] - old[layer], scale[layer])


@njit(cache=True, inline="always")
def _vector_field(
    weights: TwoWay, old: tuple[Array, ...], new: tuple[Array, ...], scale: Array
) -> None:
    """``W += eta/(beta B) s_pre (new - old)_post`` for both directions."""
    for layer in range(1, len(old)):
        up, down = new[layer] - old[layer], new[layer - 1] - old[layer - 1]
        add(weights.forward[layer], np.dot(old[layer - 1].T, up), scale[layer])
        add(weights.feedback[layer - 1], np.dot(old[layer].T, down), scale[layer])
        add_sum(weights.bias[layer], up, scale[layer])
