"""Dynamical systems dx/dt = h(x, u) that a network learns to imitate, and their trajectories.

Linear, van der Pol, Lorenz and non-linear feedforward systems as in Gilra and Gerstner (2017),
methods; the two-link arm is in :mod:`bioplaus.tasks.arm`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "LINEAR",
    "LORENZ",
    "NONLINEAR_FEEDFORWARD",
    "VAN_DER_POL",
    "System",
    "low_pass",
    "trajectory",
]

Array = NDArray[np.floating[Any]]
INPUT_TIME = 0.02
"""Seconds by which published systems divide their command: the network's synaptic filter."""


@dataclass(frozen=True)
class System:
    """A driven system in its own (physical) units, and the scale to a network's units.

    derivative : writes dx/dt (dimensions,) for x (dimensions,) and u (command dimensions,).
    state_scale, command_scale : network units in one physical unit.
    runge_kutta : fourth order; otherwise Euler steps, where the published work takes them.
    """

    name: str
    derivative: Callable[[Array, Array, Array], None]
    state_scale: tuple[float, ...]
    command_scale: tuple[float, ...]
    runge_kutta: bool = True
    start: float = 0.001

    @property
    def dimensions(self) -> int:
        """Of the state."""
        return len(self.state_scale)

    @property
    def command_dimensions(self) -> int:
        """Of the command."""
        return len(self.command_scale)


def _linear(x: Array, u: Array, dx: Array) -> None:
    dx[0] = u[0] / INPUT_TIME + (-0.2 * x[0] - x[1]) / 0.05
    dx[1] = u[1] / INPUT_TIME + (x[0] - 0.2 * x[1]) / 0.05


def _nonlinear_feedforward(x: Array, u: Array, dx: Array) -> None:
    dx[0] = 10.0 * ((u[0] / 0.1) ** 3 - u[0] / 0.4) + (-0.2 * x[0] - x[1]) / 0.05
    dx[1] = 10.0 * ((u[1] / 0.1) ** 3 - u[1] / 0.4) + (x[0] - 0.2 * x[1]) / 0.05


def _van_der_pol(x: Array, u: Array, dx: Array) -> None:
    dx[0] = u[0] / INPUT_TIME + x[1] / 0.125
    dx[1] = u[1] / INPUT_TIME + (2.0 * (1.0 - x[0] * x[0]) * x[1] - x[0]) / 0.125


def _lorenz(x: Array, u: Array, dx: Array) -> None:
    dx[0] = u[0] / INPUT_TIME + 10.0 * (x[1] - x[0])
    dx[1] = u[1] / INPUT_TIME - x[0] * x[2] - x[1]
    dx[2] = u[2] / INPUT_TIME + x[0] * x[1] - 8.0 / 3.0 * (x[2] + 28.0)


LINEAR = System("linear", _linear, (1.0, 1.0), (1.0, 1.0))
"""Damped oscillator: decay time 0.25 s, angular frequency 20/s."""
NONLINEAR_FEEDFORWARD = System(
    "non-linear feedforward", _nonlinear_feedforward, (1.0, 1.0), (1.0, 1.0)
)
"""The linear system behind the cubic 10 ((u/0.1)^3 - u/0.4) in place of u/0.02."""
VAN_DER_POL = System("van der Pol", _van_der_pol, (1.0, 1.0), (1.0, 1.0))
"""Relaxation oscillator, mu = 2, slowed by 0.125 s."""
LORENZ = System("Lorenz", _lorenz, (1.0,) * 3, (1.0,) * 3)
"""Chaotic; the third coordinate is shifted by 28."""


def trajectory(
    system: System,
    start: Array,
    commands: Array,
    held: NDArray[np.bool_] | None = None,
    dt: float = 0.001,
) -> tuple[Array, Array]:
    """States at the beginning of every step, (steps, dimensions), and the state after the last.

    start : (dimensions,); commands : (steps, command dimensions), held within a step, both in
    network units.  held : (steps,) where true, the state is kept at zero.  dt [s].
    """
    scale = np.array(system.state_scale)
    state = np.asarray(start, dtype=float) / scale
    states = np.empty((len(commands), system.dimensions))
    if held is None:
        held = np.zeros(len(commands), dtype=np.bool_)
    physical = np.ascontiguousarray(commands, dtype=float) / np.array(system.command_scale)
    _integrator(system.derivative, system.runge_kutta)(state, physical, held, dt, states)
    return states * scale, state * scale


def low_pass(
    values: Array, before: Array, tau: float = 0.02, dt: float = 0.001
) -> tuple[Array, Array]:
    """Exponential filter of unit area, (steps, dimensions); and its last value.

    before : (dimensions,) the filter's value before the first step.
    """
    from scipy.signal import lfilter

    decay = np.exp(-dt / tau)
    filtered, _ = lfilter([1.0 - decay], [1.0, -decay], values, axis=0, zi=decay * before[None])
    return filtered, filtered[-1]


@cache
def _integrator(derivative: Callable[..., None], runge_kutta: bool) -> Callable[..., None]:
    slope = njit(derivative)

    @njit
    def euler(x: Array, u: Array, dt: float, work: Array) -> None:
        slope(x, u, work[0])
        for k in range(len(x)):
            x[k] += dt * work[0, k]

    @njit
    def fourth_order(x: Array, u: Array, dt: float, work: Array) -> None:
        slope(x, u, work[0])
        for stage in range(1, 4):
            share = dt if stage == 3 else 0.5 * dt
            for k in range(len(x)):
                work[4, k] = x[k] + share * work[stage - 1, k]
            slope(work[4], u, work[stage])
        for k in range(len(x)):
            x[k] += dt / 6.0 * (work[0, k] + 2.0 * (work[1, k] + work[2, k]) + work[3, k])

    step = fourth_order if runge_kutta else euler

    @njit
    def integrate(state: Array, commands: Array, held: Any, dt: float, states: Array) -> None:
        work = np.empty((5, len(state)))
        for n in range(len(commands)):
            if held[n]:
                state[:] = 0.0
            for k in range(len(state)):
                states[n, k] = state[k]
            step(state, commands[n], dt, work)

    compiled: Callable[..., None] = integrate
    return compiled
