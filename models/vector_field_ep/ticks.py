"""The tick loop of units that send bits (O'Connor et al. 2019), compiled; see ``spiking.py``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from .relaxation import Array

__all__ = ["Ticks", "run_phases", "sigma_delta"]


class Ticks(NamedTuple):
    """Constants of the tick loop."""

    step: float
    step_exponent: float
    target: float
    prediction: float
    prediction_exponent: float


class Units(NamedTuple):
    """State of all units of one example, inputs first; (units,) each, ``received`` included."""

    u: Array
    rate: Array
    phi: Array
    spike: Array
    received: Array
    decoded: Array
    error: Array
    square: Array
    variance: Array
    average: Array


@njit(cache=True)
def sigma_delta(value: float, phi: float) -> tuple[float, float]:
    """Spike (0 or 1) and remaining charge after adding a value to the charge."""
    phi += value
    if phi > 0.5:
        return 1.0, phi - 1.0
    return 0.0, phi


@njit(cache=True)
def run_phases(
    forward: tuple[Array, ...],
    backward: tuple[Array, ...],
    bias: Array,
    sizes: Array,
    images: Array,
    target: Array,
    influence: float,
    phases: tuple[int, int, bool],
    ticks: Ticks,
    recorded: Array,
) -> None:
    """Both phases of every example; recorded : (3, batch, units) free, free to learn, nudged."""
    free_ticks, nudged_ticks, split = phases
    units = bias.size
    n_in = sizes[0]
    none = np.zeros_like(target[0])
    for k in range(images.shape[0]):
        state = _at_rest(units, bias)
        state.u[:n_in] = images[k]
        for t in range(1, free_ticks + 1):
            _tick(forward, backward, bias, sizes, state, none, 0.0, t, ticks)
        recorded[0, k] = state.rate
        recorded[1, k] = state.rate
        if split:
            later = _copy(state)
            for t in range(free_ticks + 1, free_ticks + nudged_ticks + 1):
                _tick(forward, backward, bias, sizes, later, none, 0.0, t, ticks)
            recorded[1, k] = later.rate
        for t in range(free_ticks + 1, free_ticks + nudged_ticks + 1):
            _tick(forward, backward, bias, sizes, state, target[k], influence, t, ticks)
        recorded[2, k] = state.rate


@njit(cache=True)
def _at_rest(units: int, like: Array) -> Units:
    z = np.zeros((10, units), like.dtype)
    return Units(z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7], z[8], z[9])


@njit(cache=True)
def _copy(s: Units) -> Units:
    return Units(
        s.u.copy(),
        s.rate.copy(),
        s.phi.copy(),
        s.spike.copy(),
        s.received.copy(),
        s.decoded.copy(),
        s.error.copy(),
        s.square.copy(),
        s.variance.copy(),
        s.average.copy(),
    )


@njit(cache=True)
def _tick(
    forward: tuple[Array, ...],
    backward: tuple[Array, ...],
    bias: Array,
    sizes: Array,
    state: Units,
    target: Array,
    influence: float,
    t: int,
    ticks: Ticks,
) -> None:
    """Everybody hears the spikes of the tick before, moves, and spikes."""
    _deliver(forward, backward, sizes, state)
    dtype = bias.dtype.type
    lam = dtype(ticks.prediction / t**ticks.prediction_exponent)
    scheduled = dtype(ticks.step / t**ticks.step_exponent)
    one = dtype(1.0)
    n_in, first_output = sizes[0], bias.size - sizes[-1]
    smoothing = _smoothing(t, ticks.target)
    for unit in range(bias.size):
        if unit >= n_in:
            state.decoded[unit] += lam * (state.received[unit] - state.decoded[unit])
            # States stay in 0..1, where the slope of the hard sigmoid is one.
            drive = state.decoded[unit] + bias[unit]
            if unit >= first_output:
                drive += dtype(influence) * (target[unit - first_output] - state.u[unit])
            eps = scheduled
            if ticks.target > 0.0:
                eps = dtype(_optimal_step(state, unit, drive, smoothing, t))
            moved = state.u[unit] + eps * (drive - state.u[unit])
            state.u[unit] = min(max(moved, dtype(0.0)), one)
        rate = min(max(state.u[unit], dtype(0.0)), one)
        code = (rate - (one - lam) * state.rate[unit]) / lam
        state.spike[unit], state.phi[unit] = sigma_delta(code, state.phi[unit])
        state.rate[unit] = rate


@njit(cache=True)
def _deliver(
    forward: tuple[Array, ...], backward: tuple[Array, ...], sizes: Array, state: Units
) -> None:
    """Sum the weights of the units that spiked; silent units cost nothing."""
    state.received[:] = 0.0
    low = 0
    for layer in range(len(forward)):
        middle = low + sizes[layer]
        above = state.received[middle : middle + sizes[layer + 1]]
        for pre in range(sizes[layer]):
            if state.spike[low + pre] > 0.0:
                above += forward[layer][pre]
        if layer > 0:
            below = state.received[low:middle]
            for pre in range(sizes[layer + 1]):
                if state.spike[middle + pre] > 0.0:
                    below += backward[layer][pre]
        low = middle


@njit(cache=True)
def _smoothing(t: int, target: float) -> float:
    """Weight of the newest error in the running statistics: one first, falling to ``target``."""
    nu = 1.0
    for _ in range(t):
        nu = nu / (1.0 + nu - target)
    return nu


@njit(cache=True)
def _optimal_step(state: Units, unit: int, drive: float, nu: float, t: int) -> float:
    """Step that weighs noise against bias of a running estimate (George and Powell 2006)."""
    error = drive - state.average[unit]
    state.error[unit] += nu * (error - state.error[unit])
    state.square[unit] += nu * (error * error - state.square[unit])
    noise = (state.square[unit] - state.error[unit] ** 2) / (1.0 + state.variance[unit])
    tiny = 1e-15
    step = 1.0 if t == 1 else 1.0 - (noise + tiny) / (state.square[unit] + tiny)
    state.variance[unit] = (1.0 - step) ** 2 * state.variance[unit] + step**2
    state.average[unit] += step * (drive - state.average[unit])
    return step
