"""Equilibrium propagation with spikes: units send bits (O'Connor et al. 2019).

At every tick a unit encodes its rate predictively, turns the code into a spike by a sigma-delta
quantiser, and decodes what it receives:

    code  = (r(t) - (1 - lambda) r(t-1)) / lambda
    phi  += code;  spike = phi > 1/2;  phi -= spike
    y     = (1 - lambda) y + lambda sum(w spike)
    u     = clip((1 - eps) u + eps (rho'(u) (y + b) + beta (d - u)), 0, 1)

Weights are tied.  The clamped input is encoded too.  The step ``eps`` falls with a power of the
tick, or is the one that minimises the expected error of a running estimate (George and Powell
2006), measured by each unit on what it receives.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from bioplaus.parameters import ParameterError, check

from .parameters import Spiking, influence_and_rates, layer_sizes
from .relaxation import Array

__all__ = ["SpikingLearner", "sigma_delta"]


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


class SpikingLearner:
    """Weights and learning of one spiking network.

    forward : per layer (n_below, n), Glorot-uniform; bias : (n,), zero.
    """

    def __init__(self, p: Spiking, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        check(p)
        self.parameters, self.rng = p, rng
        self.sizes = layer_sizes(p)
        self.influence, self.rates = influence_and_rates(p)
        self.dtype = np.dtype(dtype)
        pairs = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        bounds = [np.sqrt(6 / (below + n)) for below, n in pairs]
        self.forward = tuple(
            rng.uniform(-bound, bound, pair).astype(dtype)
            for bound, pair in zip(bounds, pairs, strict=True)
        )
        self.bias = np.zeros(sum(self.sizes), dtype)
        self.ticks = Ticks(
            p.step,
            p.step_exponent,
            p.step_target if p.stepping == "optimal" else 0.0,
            p.prediction,
            p.prediction_exponent,
        )

    def train(self, images: Array, labels: Array, order: Array) -> float:
        """Learn the examples in the given order; the fraction of wrong free answers.

        Raises
        ------
        ParameterError
            When the batch is larger than the data.
        """
        p = self.parameters
        if p.batch > len(order):
            raise ParameterError(
                f"batch = {p.batch} is larger than the data ({len(order)} examples);"
                f" write batch = {len(order)} or less"
            )
        wrong = 0
        batches = order[: len(order) // p.batch * p.batch].reshape(-1, p.batch)
        influences = self.influence * self.rng.choice([-1.0, 1.0], len(batches))
        for some, beta in zip(batches, influences, strict=True):
            target = np.eye(self.sizes[-1], dtype=self.dtype)[labels[some]]
            free, nudged = self.rest(images[some], target, beta)
            wrong += int(np.sum(self._output(free[0]).argmax(axis=1) != labels[some]))
            self._learn(free[-1], nudged, beta)
        return wrong / batches.size

    def rest(
        self, images: Array, target: Array, influence: float
    ) -> tuple[tuple[Array, Array], Array]:
        """Rates of all units (batch, units) after the phases.

        Returns the free rates to answer with, the free rates to learn from (later ones with
        ``split_stream``), and the nudged rates.
        """
        p = self.parameters
        recorded = np.zeros((3, len(images), sum(self.sizes)), self.dtype)
        _run(
            self.forward,
            tuple(np.ascontiguousarray(w.T) for w in self.forward),
            self.bias,
            np.array(self.sizes),
            np.ascontiguousarray(images, self.dtype),
            np.ascontiguousarray(target, self.dtype),
            influence,
            (p.free_steps, p.nudged_steps, p.split_stream),
            self.ticks,
            recorded,
        )
        return (recorded[0], recorded[1]), recorded[2]

    def _learn(self, free: Array, nudged: Array, beta: float) -> None:
        edges = np.concatenate([[0], np.cumsum(self.sizes)])
        for layer, weight in enumerate(self.forward):
            pre = slice(edges[layer], edges[layer + 1])
            post = slice(edges[layer + 1], edges[layer + 2])
            scale = self.dtype.type(self.rates[layer] / (beta * len(free)))
            weight += scale * (nudged[:, pre].T @ nudged[:, post] - free[:, pre].T @ free[:, post])
            self.bias[post] += scale * (nudged[:, post] - free[:, post]).sum(axis=0)

    def _output(self, rates: Array) -> Array:
        return np.asarray(rates[:, -self.sizes[-1] :])

    def error(self, images: Array, labels: Array) -> float:
        """Fraction of wrong answers after a free phase from rest."""
        target = np.zeros((len(images), self.sizes[-1]), self.dtype)
        recorded = np.zeros((3, len(images), sum(self.sizes)), self.dtype)
        _run(
            self.forward,
            tuple(np.ascontiguousarray(w.T) for w in self.forward),
            self.bias,
            np.array(self.sizes),
            np.ascontiguousarray(images, self.dtype),
            target,
            0.0,
            (self.parameters.free_steps, 0, False),
            self.ticks,
            recorded,
        )
        return float(np.mean(self._output(recorded[0]).argmax(axis=1) != labels))

    def arrays(self) -> dict[str, Array]:
        """Plastic arrays by name."""
        return {f"forward {k}": w for k, w in enumerate(self.forward)} | {"bias all": self.bias}

    def restore(self, arrays: dict[str, Array]) -> None:
        """Put back what :meth:`arrays` returned."""
        for name, array in self.arrays().items():
            array[...] = arrays[name]


@njit(cache=True)
def _run(
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
    one, half = dtype(1.0), dtype(0.5)
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
        phi = state.phi[unit] + (rate - (one - lam) * state.rate[unit]) / lam
        spike = one if phi > half else dtype(0.0)
        state.spike[unit] = spike
        state.phi[unit] = phi - spike
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
