"""What the update computes: Jacobian, exact gradient, and the direction of Theorem 1.

Flat notation: one vector of ``n`` units, ``weight[post, pre]`` from any unit to any other,
``ds/dt = W rho(s) + b + u - s + beta (d - s)`` on the outputs (Scellier 2018, equations 6-8 and
12-15).  Everything is float64 NumPy and meant for tens of units; layered networks become flat
ones by :func:`flat_network`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus.layered.two_way import TwoWay

__all__ = [
    "FlatNetwork",
    "antisymmetric_correction",
    "asymmetry",
    "exact_gradient",
    "fixed_point",
    "flat_network",
    "residual",
    "state_jacobian",
    "theorem_direction",
    "two_phase_update",
]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class FlatNetwork:
    """A network without layers.

    weight : (n, n), ``[post, pre]``; drive : (n,), bias and clamped input together;
    outputs : (n,) truth values; activation : ``hard-sigmoid``, ``shifted-sigmoid`` or ``tanh``;
    clipped : whether states stay in 0..1.
    """

    weight: Array
    drive: Array
    outputs: Array
    activation: str = "hard-sigmoid"
    clipped: bool = True

    def rate(self, state: Array) -> Array:
        """Firing rates rho(s)."""
        if self.activation == "hard-sigmoid":
            return np.clip(state, 0, 1)
        if self.activation == "shifted-sigmoid":
            return 0.5 + 0.5 * np.tanh(2 * (state - 0.5))
        return np.tanh(state)

    def slope(self, state: Array) -> Array:
        """Derivatives rho'(s), one on the closed interval of the hard sigmoid."""
        if self.activation == "hard-sigmoid":
            return ((state >= 0) & (state <= 1)).astype(float)
        if self.activation == "shifted-sigmoid":
            rate = self.rate(state)
            return 4 * rate * (1 - rate)
        return 1 - np.tanh(state) ** 2

    def active(self, state: Array) -> Array:
        """Units that are free to move: all, or those strictly inside 0..1 when clipped."""
        return (state > 0) & (state < 1) if self.clipped else np.ones(state.shape, bool)


def flat_network(weights: TwoWay, image: Array, **options: Any) -> FlatNetwork:
    """The layered network at one clamped image ``(n_in,)`` in flat notation, layers in order."""
    sizes = [bias.size for bias in weights.bias]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    weight = np.zeros((starts[-1], starts[-1]))
    for layer, feedback in enumerate(weights.feedback):
        low, middle, high = starts[layer : layer + 3]
        weight[middle:high, low:middle] = weights.forward[layer + 1].T
        weight[low:middle, middle:high] = feedback.T
    drive = np.concatenate(weights.bias).astype(float)
    drive[: sizes[0]] += image @ weights.forward[0].astype(float)
    outputs = np.arange(starts[-1]) >= starts[-2]
    return FlatNetwork(weight, drive, outputs, **options)


def force(
    network: FlatNetwork,
    state: Array,
    target: Array | None = None,
    influence: float = 0.0,
    extra: Callable[[Array], Array] | None = None,
) -> Array:
    """``ds/dt`` [1/tau]; zero where it would carry a clipped unit out of 0..1."""
    change = network.weight @ network.rate(state) + network.drive - state
    if target is not None:
        change += influence * network.outputs * (target - state)
    if extra is not None:
        change += extra(state)
    if network.clipped:
        change[(state <= 0) & (change < 0)] = 0
        change[(state >= 1) & (change > 0)] = 0
    return change


def residual(network: FlatNetwork, state: Array) -> float:
    """Largest ``|ds/dt|`` [1/tau] of a free state; zero at a fixed point."""
    return float(np.max(np.abs(force(network, state))))


def fixed_point(
    network: FlatNetwork,
    target: Array | None = None,
    influence: float = 0.0,
    *,
    start: Array | None = None,
    extra: Callable[[Array], Array] | None = None,
    epsilon: float = 0.5,
    tolerance: float = 1e-13,
    steps: int = 20_000,
) -> Array:
    """Relax to rest by Euler steps.

    Raises
    ------
    ArithmeticError
        When the states still move after all steps: the weights oscillate or the phase is
        longer than that; the message says how fast they move.
    """
    state = np.zeros(network.drive.size) if start is None else start.astype(float)
    for _ in range(steps):
        change = force(network, state, target, influence, extra)
        if np.max(np.abs(change)) < tolerance:
            return state
        state = state + epsilon * change
        if network.clipped:
            state = np.clip(state, 0, 1)
    raise ArithmeticError(
        f"no fixed point after {steps} steps of {epsilon} tau: a unit still moves by"
        f" {np.max(np.abs(change)):.2g} per tau; the weights are too strong (the state oscillates)"
        " or more steps are needed"
    )


def state_jacobian(network: FlatNetwork, state: Array) -> Array:
    """``d(ds/dt)/ds = W diag(rho'(s)) - I`` on the active units, (active, active).

    Rows and columns of clipped units are left out: they do not answer a small perturbation.
    """
    active = network.active(state)
    jacobian = network.weight * network.slope(state) - np.eye(state.size)
    return jacobian[np.ix_(active, active)]


def exact_gradient(network: FlatNetwork, target: Array) -> Array:
    """``-dJ/dW`` of the half cost at the free fixed point, (n, n), by the adjoint equation."""
    return _direction(network, target, transposed=True)


def theorem_direction(network: FlatNetwork, target: Array) -> Array:
    """Limit ``nu`` of the normalised vector-field update (Scellier 2018, Theorem 1), (n, n)."""
    return _direction(network, target, transposed=False)


def _direction(network: FlatNetwork, target: Array, transposed: bool) -> Array:
    state = fixed_point(network)
    active = network.active(state)
    jacobian = state_jacobian(network, state)
    slope_of_cost = (network.outputs * (state - target))[active]
    response = np.zeros(state.size)
    response[active] = np.linalg.solve(jacobian.T if transposed else jacobian, slope_of_cost)
    return np.outer(response, network.rate(state))


def two_phase_update(
    network: FlatNetwork,
    target: Array,
    influence: float,
    *,
    rule: str = "vector-field",
    symmetric: bool = True,
    corrected: bool = False,
) -> Array:
    """Normalised two-phase update, (n, n) ``[post, pre]``, from states at rest.

    ``rule`` is ``vector-field`` or ``energy-based``; ``symmetric`` uses both signs of the
    influence; ``corrected`` adds :func:`antisymmetric_correction` to the second phase.
    """
    free = fixed_point(network)
    extra = antisymmetric_correction(network, free) if corrected else None

    def nudged(beta: float) -> Array:
        return fixed_point(network, target, beta, start=free, extra=extra)

    plus = nudged(influence)
    minus = nudged(-influence) if symmetric else free
    divisor = (2 if symmetric else 1) * influence
    if rule == "vector-field":
        return np.outer(plus - minus, network.rate(free)) / divisor
    rate_plus, rate_minus = network.rate(plus), network.rate(minus)
    return (np.outer(rate_plus, rate_plus) - np.outer(rate_minus, rate_minus)) / divisor


def antisymmetric_correction(network: FlatNetwork, free: Array) -> Callable[[Array], Array]:
    """Force ``-2 A (s - s0)`` that turns the second phase's Jacobian into its transpose.

    A is the antisymmetric part of the free Jacobian.  The response then solves the adjoint
    equation, so that the update is the exact gradient whatever the feedback weights.
    """
    jacobian = network.weight * network.slope(free) - np.eye(free.size)
    twice = jacobian - jacobian.T

    def correction(state: Array) -> Array:
        return -twice @ (state - free)

    return correction


def asymmetry(network: FlatNetwork) -> float:
    """Norm of the antisymmetric over that of the symmetric part of the Jacobian at rest."""
    jacobian = state_jacobian(network, fixed_point(network))
    return float(np.linalg.norm(jacobian - jacobian.T) / np.linalg.norm(jacobian + jacobian.T))
