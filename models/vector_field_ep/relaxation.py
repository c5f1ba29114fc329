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
def slope(state: float, rate: float, activation: int) -> float:
    """Derivative rho'(s), from the state and its rate; one on 0..1 of the hard sigmoid, closed.

    With an open interval the energy-based dynamics would never leave the all-zero start.
    """
    if activation == 0:
        return 1.0 if 0.0 <= state <= 1.0 else 0.0
    if activation == 1:
        return 4.0 * rate * (1.0 - rate)
    return 1.0 - rate**2


@njit(cache=True)
def input_drive(images: Array, weight: Array, drive: Array) -> None:
    """Drive of the first layer, ``x W``; constant while the input is clamped.

    images : (batch, n_in); weight : (n_in, n); drive : (batch, n), overwritten.  Pixels of
    value zero are skipped: four fifths of a handwritten digit are.
    """
    batch, n_in = images.shape
    for k in range(batch):
        drive[k, :] = 0.0
        for pixel in range(n_in):
            x = images[k, pixel]
            if x != 0.0:
                for unit in range(weight.shape[1]):
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
        for layer in range(depth):
            field, partial = work.fields[layer], work.partial[layer]
            if layer == 0:
                field[:] = drive
            else:
                np.dot(work.rates[layer - 1], weights.forward[layer], field)
            if layer < depth - 1:
                np.dot(work.rates[layer + 1], weights.feedback[layer], partial)
            _force(states[layer], work.rates[layer], field, partial, weights.bias[layer], dynamics)
            if layer == depth - 1 and influence != 0.0:
                _nudge(states[layer], field, target, influence)
            _move(states[layer], field, dynamics.epsilon, layer < dynamics.clipped)
        if dynamics.settled > 0.0 or step == steps - 1:
            movement = _largest(work.fields) / dynamics.epsilon
            if movement < dynamics.settled and influence == 0.0:
                return step + 1, movement
    return steps, movement


@njit(cache=True)
def _rates(states: Array, rates: Array, activation: int) -> None:
    if activation == 0:
        # A loop of its own: the compiler vectorises it.
        zero, one = states.dtype.type(0.0), states.dtype.type(1.0)
        for k in range(states.shape[0]):
            for unit in range(states.shape[1]):
                rates[k, unit] = min(max(states[k, unit], zero), one)
        return
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            rates[k, unit] = rate(states[k, unit], activation)


@njit(cache=True)
def _force(
    states: Array, rates: Array, field: Array, partial: Array, bias: Array, dynamics: Dynamics
) -> None:
    """Turn the two drives in ``field`` and ``partial`` into ds/dt, in ``field``."""
    if dynamics.energy_based:
        for k in range(states.shape[0]):
            for unit in range(states.shape[1]):
                drive = field[k, unit] + partial[k, unit] + bias[unit]
                gain = slope(states[k, unit], rates[k, unit], dynamics.activation)
                field[k, unit] = gain * drive - states[k, unit]
        return
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            field[k, unit] += partial[k, unit] + bias[unit] - states[k, unit]


@njit(cache=True)
def _nudge(states: Array, field: Array, target: Array, influence: float) -> None:
    beta = states.dtype.type(influence)
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            field[k, unit] += beta * (target[k, unit] - states[k, unit])


@njit(cache=True)
def _move(states: Array, field: Array, epsilon: float, clipped: bool) -> None:
    """Euler step; leaves the change that was really made in ``field``."""
    zero, one = states.dtype.type(0.0), states.dtype.type(1.0)
    step = states.dtype.type(epsilon)
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            old = states[k, unit]
            new = old + step * field[k, unit]
            if clipped:
                new = min(max(new, zero), one)
            states[k, unit] = new
            field[k, unit] = new - old


@njit(cache=True)
def _largest(changes: tuple[Array, ...]) -> float:
    largest = 0.0
    for change in changes:
        for row in change:
            for value in row:
                largest = max(largest, abs(value))
    return largest
