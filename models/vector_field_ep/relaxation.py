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

from bioplaus.layered.batch_kernels import copy, nudge
from bioplaus.layered.followed_products import difference, follow
from bioplaus.layered.shifted_sigmoid import logistic, shifted_sigmoid
from bioplaus.layered.single_precision import FOUR, ONE, ZERO
from bioplaus.layered.two_way import Array, TwoWay

__all__ = [
    "ACTIVATIONS",
    "Dynamics",
    "Scratch",
    "UnitKind",
    "rates_of",
    "relax",
    "scratch",
    "slope",
    "units_of",
]

ACTIVATIONS = {"hard-sigmoid": 0, "shifted-sigmoid": 1, "tanh": 2, "linear": 3}


class UnitKind(NamedTuple):
    """What the units of a layer are like: their rate, whether they are kept in 0..1, and whether
    the slope of their rate multiplies their drive where the rule is energy-based.
    """

    activation: int
    clipped: bool
    gated: bool = True


class Dynamics(NamedTuple):
    """Constants of a relaxation: step over time constant, and the units."""

    epsilon: float
    hidden: UnitKind
    output: UnitKind
    energy_based: bool
    settled: float


class Scratch(NamedTuple):
    """Working arrays of a relaxation, one (batch, n) array per layer each.

    ``below`` and ``above`` hold the drives from the neighbouring layers.
    """

    rates: tuple[Array, ...]
    before: tuple[Array, ...]
    changes: tuple[Array, ...]
    below: tuple[Array, ...]
    above: tuple[Array, ...]
    fields: tuple[Array, ...]


def scratch(batch: int, sizes: tuple[int, ...], dtype: Any) -> Scratch:
    """Allocate the working arrays for layers of the given sizes (without the input)."""
    return Scratch(*(tuple(np.zeros((batch, n), dtype) for n in sizes) for _ in range(6)))


@njit(cache=True, inline="always")
def rate(state: Any, activation: int) -> Any:
    """Firing rate rho(s)."""
    if activation == 0:
        return min(max(state, ZERO), ONE)
    if activation == 1:
        return logistic(state)
    if activation == 3:
        return state
    return math.tanh(state)


@njit(cache=True, inline="always")
def slope(state: Any, rate: Any, activation: int) -> Any:
    """Derivative rho'(s), from the state and its rate; one on 0..1 of the hard sigmoid, closed.

    With an open interval the energy-based dynamics would never leave the all-zero start.
    """
    if activation == 0:
        return ONE if ZERO <= state <= ONE else ZERO
    if activation == 1:
        return FOUR * rate * (ONE - rate)
    if activation == 3:
        return ONE
    return ONE - rate * rate


@njit(cache=True, inline="always")
def units_of(layer: int, depth: int, dynamics: Dynamics) -> UnitKind:
    """The units of a layer, counted from the first hidden one."""
    return dynamics.output if layer == depth - 1 else dynamics.hidden


@njit(cache=True)
def relax(
    weights: TwoWay,
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
        Constant drive of the first layer, from :func:`~bioplaus.layered.batch_kernels.input_drive`.
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
        _drives(weights, states, dynamics, work, step == 0)
        for layer in range(depth):
            field = work.fields[layer]
            copy(drive if layer == 0 else work.below[layer], field)
            partial, rates = work.above[layer], work.rates[layer]
            units = units_of(layer, depth, dynamics)
            if dynamics.energy_based:
                _gated(states[layer], rates, field, partial, weights.bias[layer], units)
            else:
                _summed(states[layer], field, partial, weights.bias[layer])
            if layer == depth - 1 and influence != 0.0:
                nudge(states[layer], field, target, influence)
            _move(states[layer], field, dynamics.epsilon, units.clipped)
        if dynamics.settled > 0.0 or step == steps - 1:
            movement = _largest(work.fields) / dynamics.epsilon
            if movement < dynamics.settled and influence == 0.0:
                return step + 1, movement
    return steps, movement


@njit(cache=True)
def _drives(
    weights: TwoWay, states: tuple[Array, ...], dynamics: Dynamics, work: Scratch, at_first: bool
) -> None:
    """Rates of all layers and their drives; between hidden layers only changes are followed."""
    depth = len(states)
    for layer in range(depth):
        hidden = depth > 2 and layer < depth - 1
        rates, changes, before = work.rates[layer], work.changes[layer], work.before[layer]
        if hidden:
            copy(rates, before)
        rates_of(states[layer], rates, units_of(layer, depth, dynamics).activation)
        few = hidden and difference(rates, before, changes)
        few = few and not at_first
        if layer < depth - 1:
            upwards, forward = work.below[layer + 1], weights.forward[layer + 1]
            if few and layer < depth - 2:
                follow(changes, forward, upwards)
            else:
                np.dot(rates, forward, upwards)
        if layer > 0:
            downwards, feedback = work.above[layer - 1], weights.feedback[layer - 1]
            if few:
                follow(changes, feedback, downwards)
            else:
                np.dot(rates, feedback, downwards)


@njit(cache=True)
def rates_of(states: Array, rates: Array, activation: int) -> None:
    """Rates of a layer, overwritten, ``(batch, n)``; they may be written over the states."""
    if activation == 0:
        # A loop of its own: the compiler vectorises it.
        for k in range(states.shape[0]):
            for unit in range(states.shape[1]):
                rates[k, unit] = min(max(states[k, unit], ZERO), ONE)
        return
    if activation == 1:
        shifted_sigmoid(states, rates)
        return
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            rates[k, unit] = rate(states[k, unit], activation)


@njit(cache=True, inline="always")
def _gated(
    states: Array, rates: Array, field: Array, partial: Array, bias: Array, units: UnitKind
) -> None:
    """Energy-based ``ds/dt`` from the two drives in ``field`` and ``partial``, into ``field``."""
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            drive = field[k, unit] + partial[k, unit] + bias[unit]
            if units.gated:
                drive *= slope(states[k, unit], rates[k, unit], units.activation)
            field[k, unit] = drive - states[k, unit]


@njit(cache=True, inline="always")
def _summed(states: Array, field: Array, partial: Array, bias: Array) -> None:
    """``ds/dt`` of the vector field from the two drives, into ``field``."""
    for k in range(states.shape[0]):
        for unit in range(states.shape[1]):
            field[k, unit] += partial[k, unit] + bias[unit] - states[k, unit]


@njit(cache=True, inline="always")
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


@njit(cache=True, inline="always")
def _largest(changes: tuple[Array, ...]) -> float:
    largest = 0.0
    for change in changes:
        for row in change:
            for value in row:
                largest = max(largest, abs(value))
    return largest
