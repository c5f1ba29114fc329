"""Layered dynamics of Scellier 2018, equations 6-8 and 12-15, for a batch of examples.

Every layer follows ``ds/dt = rho(s_below) W + rho(s_above) B + b - s``, the output also
``beta (d - s)``, by synchronous Euler steps: all layers move from the old states of all layers.
The energy-based dynamics (Scellier and Bengio 2017) multiply the drive by ``rho'(s)``.

The functions are compiled by Numba and call BLAS; states are changed in place.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

__all__ = [
    "ACTIVATIONS",
    "Dynamics",
    "Scratch",
    "Weights",
    "input_drive",
    "rate",
    "relax",
    "scratch",
    "slope",
]

ACTIVATIONS = {"hard-sigmoid": 0, "shifted-sigmoid": 1, "tanh": 2}

Array = np.ndarray[Any, Any]


class Weights(NamedTuple):
    """All plastic quantities; layers count from the first hidden (index 0) to the output.

    forward : per layer, (n_below, n); feedback : per hidden layer, (n_above, n); bias : (n,).
    """

    forward: tuple[Array, ...]
    feedback: tuple[Array, ...]
    bias: tuple[Array, ...]


class Dynamics(NamedTuple):
    """Constants of a relaxation: step over time constant, activation, who is kept in 0..1."""

    epsilon: float
    activation: int
    clipped: int
    energy_based: bool
    settled: float


class Scratch(NamedTuple):
    """Working arrays of a relaxation, one (batch, n) array per layer each."""

    rates: tuple[Array, ...]
    fields: tuple[Array, ...]
    partial: tuple[Array, ...]


def scratch(batch: int, sizes: tuple[int, ...], dtype: Any) -> Scratch:
    """Allocate the working arrays for layers of the given sizes (without the input)."""
    return Scratch(*(tuple(np.zeros((batch, n), dtype) for n in sizes) for _ in range(3)))


@njit(cache=True, inline="always")
def rate(state: float, activation: int) -> float:
    """Firing rate rho(s)."""
    if activation == 0:
        return min(max(state, 0.0), 1.0)
    if activation == 1:
        return 1.0 / (1.0 + math.exp(-4.0 * (state - 0.5)))
    return math.tanh(state)


@njit(cache=True, inline="always")
def slope(state: float, activation: int) -> float:
    """Derivative rho'(s); one on the closed interval 0..1 of the hard sigmoid.

    With an open interval the energy-based dynamics would never leave the all-zero start.
    """
    if activation == 0:
        return 1.0 if 0.0 <= state <= 1.0 else 0.0
    if activation == 1:
        r = 1.0 / (1.0 + math.exp(-4.0 * (state - 0.5)))
        return 4.0 * r * (1.0 - r)
    return 1.0 - math.tanh(state) ** 2


@njit(cache=True)
def input_drive(images: Array, weight: Array, bias: Array, drive: Array) -> None:
    """Drive of the first layer, ``x W + b``; constant while the input is clamped.

    images : (batch, n_in); weight : (n_in, n); drive : (batch, n), overwritten.  Pixels of
    value zero are skipped: four fifths of a handwritten digit are.
    """
    batch, n_in = images.shape
    for k in range(batch):
        drive[k, :] = bias
        for pixel in range(n_in):
            x = images[k, pixel]
            if x != 0.0:
                for unit in range(bias.size):
                    drive[k, unit] += x * weight[pixel, unit]


@njit(cache=True)
def relax(
    weights: Weights,
    drive: Array,
    states: tuple[Array, ...],
    target: Array,
    influence: float,
    steps: int,
    dynamics: Dynamics,
    work: Scratch,
) -> tuple[int, float]:
    """Advance the states by Euler steps; ``influence = 0`` is the free phase.

    Parameters
    ----------
    drive : (batch, n_first)
        Constant drive of the first layer, from :func:`input_drive`.
    states : per layer, (batch, n)
        Changed in place.
    target : (batch, n_out)
        Wanted output; without effect in the free phase.

    Returns
    -------
    steps, movement
        Steps made, and ``max |ds/dt|`` (in units of 1/tau) before the last of them.
    """
    depth = len(states)
    movement = 0.0
    for step in range(steps):
        for layer in range(depth):
            _rates(states[layer], work.rates[layer], dynamics.activation)
        movement = 0.0
        for layer in range(depth):
            field, partial = work.fields[layer], work.partial[layer]
            if layer == 0:
                field[:] = drive
            else:
                np.dot(work.rates[layer - 1], weights.forward[layer], field)
            if layer < depth - 1:
                np.dot(work.rates[layer + 1], weights.feedback[layer], partial)
            nudge = influence if layer == depth - 1 else 0.0
            moved = _move(
                states[layer],
                field,
                partial,
                weights.bias[layer],
                layer,
                target,
                nudge,
                dynamics,
            )
            movement = max(movement, moved)
        if movement < dynamics.settled and influence == 0.0:
            return step + 1, movement
    return steps, movement


@njit(cache=True)
def _rates(states: Array, rates: Array, activation: int) -> None:
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            rates[k, unit] = rate(states[k, unit], activation)


@njit(cache=True)
def _move(
    states: Array,
    field: Array,
    partial: Array,
    bias: Array,
    layer: int,
    target: Array,
    nudge: float,
    dynamics: Dynamics,
) -> float:
    """One Euler step of one layer; returns its largest ``|ds/dt|`` after clipping."""
    zero = states.dtype.type(0.0)
    one = states.dtype.type(1.0)
    epsilon = states.dtype.type(dynamics.epsilon)
    influence = states.dtype.type(nudge)
    kept = layer < dynamics.clipped
    largest = zero
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            old = states[k, unit]
            drive = field[k, unit] + partial[k, unit]
            if layer > 0:
                drive += bias[unit]
            if dynamics.energy_based:
                drive *= slope(old, dynamics.activation)
            change = drive - old
            if nudge != 0.0:
                change += influence * (target[k, unit] - old)
            new = old + epsilon * change
            if kept:
                new = min(max(new, zero), one)
            states[k, unit] = new
            largest = max(largest, abs(new - old))
    return largest / epsilon
