"""The two-phase learning rules for a batch, in half-cost terms.

With free states ``s0``, states ``s+`` and ``s-`` reached under influences ``+beta`` and ``-beta``
(``s- = s0`` and half the divisor when only one sign is used), and means over the batch:

* vector field (Scellier 2018, equation 9): ``dW = alpha / (2 beta) rho(s0_pre) (s+ - s-)_post``
  for every direction of every pair of layers;
* energy-based (Scellier and Bengio 2017, equation 15):
  ``dW = alpha / (2 beta) (rho(s+_pre) rho(s+_post) - rho(s-_pre) rho(s-_post))``, tied;
* shared: the energy-based step for both directions of an untied network, whose difference then
  only decays.

The divisor keeps the sign of the influence, so that a negative one still descends the cost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from bioplaus.layered.batch_kernels import add, add_sum, input_step
from bioplaus.layered.two_way import Array, TwoWay

from .relaxation import Dynamics, rates_of, units_of

__all__ = ["RULES", "Rates", "States", "learn", "states_for"]

RULES = {"vector-field": 0, "energy-based": 1, "shared": 2}


class Rates(NamedTuple):
    """Learning rates per layer pair, and the two options that act on the weights alone."""

    rule: int
    forward: Array
    feedback: Array
    homeostasis: float
    weight_decay: float


class States(NamedTuple):
    """States that the rule compares, (batch, n) per layer, and room for one step per matrix."""

    now: tuple[Array, ...]
    free: tuple[Array, ...]
    plus: tuple[Array, ...]
    step: tuple[Array, ...]


def states_for(weights: TwoWay, batch: int) -> States:
    """Allocate the states and steps for a batch."""
    now, free, plus = (
        tuple(np.zeros((batch, b.size), b.dtype) for b in weights.bias) for _ in range(3)
    )
    return States(now, free, plus, tuple(np.zeros_like(w) for w in weights.forward))


@njit(cache=True)
def learn(
    weights: TwoWay,
    images: Array,
    states: States,
    divisor: float,
    dynamics: Dynamics,
    rates: Rates,
) -> None:
    """Change the weights in place.

    ``states.plus`` and ``states.now`` hold ``s+`` and ``s-``; ``divisor`` is the signed
    distance of their influences times the batch size.
    """
    if rates.rule == 0:
        _vector_field(weights, images, states, divisor, dynamics, rates)
    else:
        _energy_based(weights, images, states, divisor, dynamics, rates)
    if rates.homeostasis > 0.0:
        _homeostasis(weights, rates.homeostasis)
    if rates.weight_decay > 0.0:
        for matrix in weights.forward + weights.feedback:
            matrix *= matrix.dtype.type(1.0 - rates.weight_decay)


@njit(cache=True, inline="always")
def _vector_field(
    weights: TwoWay,
    images: Array,
    states: States,
    divisor: float,
    dynamics: Dynamics,
    rates: Rates,
) -> None:
    depth = len(weights.bias)
    for layer in range(depth):
        change = states.plus[layer]
        change -= states.now[layer]
        add_sum(weights.bias[layer], change, rates.forward[layer] / divisor)
        free = states.free[layer]
        rates_of(free, free, units_of(layer, depth, dynamics).activation)
    input_step(weights, images, states.plus[0], rates.forward[0] / divisor)
    for layer in range(1, depth):
        below, step = layer - 1, states.step[layer]
        np.dot(states.free[below].T, states.plus[layer], step)
        add(weights.forward[layer], step, rates.forward[layer] / divisor)
        if rates.feedback[below] > 0.0:
            np.dot(states.plus[below].T, states.free[layer], step)
            add(weights.feedback[below], step.T, rates.feedback[below] / divisor)


@njit(cache=True, inline="always")
def _energy_based(
    weights: TwoWay,
    images: Array,
    states: States,
    divisor: float,
    dynamics: Dynamics,
    rates: Rates,
) -> None:
    depth = len(weights.bias)
    for layer in range(depth):
        activation = units_of(layer, depth, dynamics).activation
        rates_of(states.plus[layer], states.plus[layer], activation)
        rates_of(states.now[layer], states.now[layer], activation)
    for layer in range(1, depth):
        below, step = layer - 1, states.step[layer]
        for rates_then, scale in ((states.plus, 1.0 / divisor), (states.now, -1.0 / divisor)):
            np.dot(rates_then[below].T, rates_then[layer], step)
            add(weights.forward[layer], step, rates.forward[layer] * scale)
            add(weights.feedback[below], step.T, rates.forward[layer] * scale)
    for layer in range(depth):
        change = states.plus[layer]
        change -= states.now[layer]
        add_sum(weights.bias[layer], change, rates.forward[layer] / divisor)
    input_step(weights, images, states.plus[0], rates.forward[0] / divisor)


@njit(cache=True, inline="always")
def _homeostasis(weights: TwoWay, strength: float) -> None:
    """One step down ``sum |W - B^T|^2 / 2`` for every pair (Laborieux and Zenke 2023).

    The antisymmetric part of the Jacobian between two layers of unsaturated units is
    ``(W - B^T) / 2``; the paper estimates its square with random vectors, here it is exact.
    """
    for layer in range(1, len(weights.forward)):
        forward, feedback = weights.forward[layer], weights.feedback[layer - 1]
        gain = forward.dtype.type(strength)
        for pre in range(forward.shape[0]):
            for post in range(forward.shape[1]):
                gap = gain * (forward[pre, post] - feedback[post, pre])
                forward[pre, post] -= gap
                feedback[post, pre] += gap
