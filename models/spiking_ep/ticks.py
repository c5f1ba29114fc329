"""The tick loop of units that send bits (O'Connor et al. 2019), compiled; see ``learner.py``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bioplaus.layered.single_precision import HALF, ONE, ZERO
from bioplaus.layered.two_way import Array

__all__ = ["Ticks", "Wiring", "run_phases", "sigma_delta"]

TINY = np.float32(1e-15)


class Ticks(NamedTuple):
    """Constants of the tick loop."""

    step: float
    step_exponent: float
    target: float
    prediction: float
    prediction_exponent: float


class Wiring(NamedTuple):
    """Weights by layer, (n_below, n), and back from every layer above the first hidden, transposed.

    bias : (n,) of all units but the inputs;
    sizes : units per layer, input first; numbers : 0, 1, 2 ... as long as the largest layer.
    """

    forward: tuple[Array, ...]
    backward: tuple[Array, ...]
    bias: Array
    sizes: Array
    numbers: Array


class Code(NamedTuple):
    """What some units send: rate of the tick before, charge and spike; (units,) each."""

    rate: Array
    phi: Array
    spike: Array


class UnitStates(NamedTuple):
    """State of the hidden and output units of one example; (units,) each."""

    u: Array
    received: Array
    decoded: Array
    drive: Array
    step: Array
    error: Array
    square: Array
    variance: Array
    average: Array


class Example(NamedTuple):
    """One image under way: its lit pixels (index, value) and their code; the units and theirs.

    A dark pixel has rate zero for good and never spikes.
    """

    lit: Array
    pixels: Array
    sent: Code
    units: UnitStates
    code: Code


@njit(cache=True, inline="always")
def sigma_delta(value: Any, phi: Any) -> tuple[Any, Any]:
    """Spike (0 or 1) and remaining charge after adding a value to the charge."""
    phi += value
    spike = ONE if phi > HALF else ZERO
    return spike, phi - spike


@njit(cache=True, error_model="numpy")
def run_phases(
    wiring: Wiring,
    images: Array,
    target: Array,
    influence: float,
    phases: tuple[int, int, bool],
    ticks: Ticks,
    recorded: Array,
) -> None:
    """Both phases of every example; recorded : (3, batch, units) free, free to learn, nudged.

    Recorded are rates, those of the inputs first.
    """
    free_ticks, nudged_ticks, split = phases
    all_ticks = free_ticks + nudged_ticks
    smoothing = _smoothing(all_ticks, ticks.target)
    none = np.zeros_like(target[0])
    for k in range(images.shape[0]):
        example = _at_rest(images[k], wiring.bias)
        for t in range(1, free_ticks + 1):
            _tick(wiring, example, none, 0.0, t, smoothing[t], ticks)
        _record(example, recorded[0, k])
        later = _copy(example) if split else example
        if split:
            for t in range(free_ticks + 1, all_ticks + 1):
                _tick(wiring, later, none, 0.0, t, smoothing[t], ticks)
        _record(later, recorded[1, k])
        for t in range(free_ticks + 1, all_ticks + 1):
            _tick(wiring, example, target[k], influence, t, smoothing[t], ticks)
        _record(example, recorded[2, k])


@njit(cache=True)
def _at_rest(image: Array, bias: Array) -> Example:
    lit = np.flatnonzero(image)
    x, u = np.zeros((3, lit.size), bias.dtype), np.zeros((12, bias.size), bias.dtype)
    units = UnitStates(u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8])
    return Example(lit, image[lit], Code(x[0], x[1], x[2]), units, Code(u[9], u[10], u[11]))


@njit(cache=True, inline="always")
def _copy(example: Example) -> Example:
    copy = _at_rest(example.pixels, example.units.u)
    for kept, now in zip(copy.units, example.units):
        _overwrite(kept, now)
    for kept, now in zip(copy.code, example.code):
        _overwrite(kept, now)
    sent = Code(example.sent.rate.copy(), example.sent.phi.copy(), example.sent.spike.copy())
    return Example(example.lit, example.pixels, sent, copy.units, copy.code)


@njit(cache=True)
def _overwrite(kept: Array, now: Array) -> None:
    """Element by element: where slices are assigned, Numba compiles the words of their errors."""
    for k in range(now.size):
        kept[k] = now[k]


@njit(cache=True, inline="always")
def _record(example: Example, rates: Array) -> None:
    for k in range(example.lit.size):
        rates[example.lit[k]] = example.sent.rate[k]
    _overwrite(rates[-example.code.rate.size :], example.code.rate)


@njit(cache=True, error_model="numpy")
def _tick(
    wiring: Wiring,
    example: Example,
    target: Array,
    influence: float,
    t: int,
    smoothing: float,
    ticks: Ticks,
) -> None:
    """Everybody hears the spikes of the tick before, moves, and spikes."""
    dtype = wiring.bias.dtype.type
    lam = dtype(ticks.prediction / t**ticks.prediction_exponent)
    _deliver(wiring, example)
    _decode(wiring.bias, example.units, target, dtype(influence), lam)
    if ticks.target > 0.0:
        _move_optimally(example.units, dtype(smoothing), t == 1)
    else:
        _move(example.units, dtype(ticks.step / t**ticks.step_exponent))
    _encode(example.pixels, example.sent, lam)
    _encode(example.units.u, example.code, lam)


@njit(cache=True, inline="always")
def _deliver(wiring: Wiring, example: Example) -> None:
    """Sum the weights of the units that spiked; silent units cost nothing."""
    received, spike = example.units.received, example.code.spike
    received[:] = ZERO
    rows = np.empty(max(example.lit.size, spike.size), np.int64)
    count = _spiking(example.sent.spike, example.lit, rows)
    _add_rows(wiring.forward[0], rows[:count], received[: wiring.sizes[1]])
    low = 0
    for layer in range(1, len(wiring.forward)):
        middle = low + wiring.sizes[layer]
        high = middle + wiring.sizes[layer + 1]
        count = _spiking(spike[low:middle], wiring.numbers, rows)
        _add_rows(wiring.forward[layer], rows[:count], received[middle:high])
        count = _spiking(spike[middle:high], wiring.numbers, rows)
        _add_rows(wiring.backward[layer - 1], rows[:count], received[low:middle])
        low = middle


@njit(cache=True)
def _spiking(spike: Array, numbers: Array, rows: Array) -> int:
    """Write the numbers of the units that spiked into ``rows``; how many they are."""
    count = 0
    for unit in range(spike.size):
        rows[count] = numbers[unit]
        count += spike[unit] > ZERO
    return count


@njit(cache=True)
def _add_rows(weights: Array, rows: Array, received: Array) -> None:
    """Add rows of weights, four in one pass over what is received."""
    fours = rows.size // 4 * 4
    for at in range(0, fours, 4):
        a, b = weights[rows[at]], weights[rows[at + 1]]
        c, d = weights[rows[at + 2]], weights[rows[at + 3]]
        for post in range(received.size):
            received[post] = received[post] + a[post] + b[post] + c[post] + d[post]
    for row in rows[fours:]:
        a = weights[row]
        for post in range(received.size):
            received[post] += a[post]


@njit(cache=True, inline="always")
def _decode(bias: Array, state: UnitStates, target: Array, influence: float, lam: float) -> None:
    """Low-pass what was received; the target draws on the outputs."""
    decoded, drive = state.decoded, state.drive
    for unit in range(drive.size):
        decoded[unit] += lam * (state.received[unit] - decoded[unit])
    for unit in range(drive.size):
        drive[unit] = decoded[unit] + bias[unit]
    outputs, u = drive[-target.size :], state.u[-target.size :]
    for unit in range(target.size):
        outputs[unit] += influence * (target[unit] - u[unit])


@njit(cache=True, inline="always")
def _move(state: UnitStates, step: float) -> None:
    """States stay in 0..1, where the slope of the hard sigmoid is one."""
    for unit in range(state.u.size):
        moved = state.u[unit] + step * (state.drive[unit] - state.u[unit])
        state.u[unit] = min(max(moved, ZERO), ONE)


@njit(cache=True, error_model="numpy", inline="always")
def _move_optimally(state: UnitStates, nu: float, at_first: bool) -> None:
    """Steps that weigh noise against bias of a running estimate (George and Powell 2006).

    One short loop for each quantity: the compiler vectorises loops over few arrays only.
    """
    u, drive, average, mean = state.u, state.drive, state.average, state.error
    square, variance, step = state.square, state.variance, state.step
    for unit in range(u.size):
        mean[unit] += nu * (drive[unit] - average[unit] - mean[unit])
    for unit in range(u.size):
        error = drive[unit] - average[unit]
        square[unit] += nu * (error * error - square[unit])
    for unit in range(u.size):
        noise = (square[unit] - mean[unit] * mean[unit]) / (ONE + variance[unit])
        step[unit] = ONE - (noise + TINY) / (square[unit] + TINY)
    if at_first:
        step[:] = ONE
    for unit in range(u.size):
        rest = ONE - step[unit]
        variance[unit] = rest * rest * variance[unit] + step[unit] * step[unit]
    for unit in range(u.size):
        average[unit] += step[unit] * (drive[unit] - average[unit])
    for unit in range(u.size):
        moved = u[unit] + step[unit] * (drive[unit] - u[unit])
        u[unit] = min(max(moved, ZERO), ONE)


@njit(cache=True, error_model="numpy")
def _encode(u: Array, code: Code, lam: float) -> None:
    """Predictive code of the rates, and its spikes."""
    for unit in range(u.size):
        rate = min(max(u[unit], ZERO), ONE)
        value = (rate - (ONE - lam) * code.rate[unit]) / lam
        code.spike[unit], code.phi[unit] = sigma_delta(value, code.phi[unit])
        code.rate[unit] = rate


@njit(cache=True, inline="always")
def _smoothing(ticks: int, target: float) -> Array:
    """Weights of the newest error in the running statistics: one first, falling to ``target``.

    (ticks + 1,), by tick; the first entry is not used.
    """
    nu = np.ones(ticks + 1)
    for t in range(1, ticks + 1):
        nu[t] = nu[t - 1] / (1.0 + nu[t - 1] - target)
    return nu
