"""The online form: weights change in every step, and nothing comes to rest between trials.

::

    v_t = alpha v_{t-1} + W_in x_t + W_rec z_{t-1},  z_t = [v_t >= v_th + beta a_t], then the reset
    y_t = kappa_out y_{t-1} + W_out z_{t-1}
    ebar = kappa ebar + e,   f = decay f + (1 - decay) z,   ereg = decay ereg + (1 - decay) e
    w -= eta (L ebar + c_reg (f - f_0) ereg),   eps, zbar as in the form by trials, without zeta

The signal of step t + 1, in which the readout hears the spikes of step t, meets the traces of
step t.  As in NEST's models without the suffix ``bsshslm_2020`` (Korcsak-Gorzo and others 2025),
synapses whose presynaptic cell has paused for ``cutoff`` steps sleep; with Adam they make up for
the steps that they missed, without gradient, when it spikes again.  Plain NumPy, to be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bioplaus.models.eprop.trial import Array
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import parameter

__all__ = ["Online", "OnlineLearner"]

MEAN, SQUARE, SMALL = 0.9, 0.999, 1e-7


@dataclass(frozen=True)
class Online:
    """Numbers of the online form; times in steps."""

    tau_membrane: float = parameter(30.0, "membrane", symbol="tau_m", low=1e-9)
    tau_readout: float = parameter(30.0, "readout", symbol="tau_out", low=1e-9)
    tau_adaptation: float = parameter(2000.0, "threshold", symbol="tau_a", low=1e-9)
    adaptation: float = parameter(0.0, "rise of the threshold by a spike", symbol="beta", low=0)
    threshold: float = parameter(0.03, "spike threshold", symbol="v_th", low=1e-9)
    reset: str = parameter(
        "by the threshold",
        "v - v_th at once, or v = reset_potential",
        choices=("by the threshold", "to a potential"),
    )
    reset_potential: float = parameter(-0.5, "where v is put")
    height: float = parameter(10.0, "of the pseudo-derivative, piecewise linear", low=0)
    width: float = parameter(0.03, "half its width", low=1e-9)
    filter: float = parameter(0.97, "decay of the eligibility trace", symbol="kappa", low=0, high=1)
    rate_decay: float = parameter(0.97, "decay of the mean rate", low=0, high=1)
    rate_strength: float = parameter(3.0, "regularisation of rates", symbol="c_reg", low=0)
    rate_goal: float = parameter(0.01, "spikes in a step aimed at", symbol="f_0", low=0)
    cutoff: int = parameter(100, "steps without a spike after which synapses sleep", low=1)
    learning_rate: float = parameter(9e-8, "of a step", symbol="eta", low=0)
    optimiser: str = parameter("descent", "how weights move", choices=("descent", "adam"))


class _Weights:
    """A projection (pre, post), and how it moves."""

    def __init__(self, w: Array, p: Online, recurrent: bool = False) -> None:
        self.w, self.p, self.recurrent = w.copy(), p, recurrent
        self.mean, self.square = np.zeros_like(w), np.zeros_like(w)
        self.moved = np.zeros(len(w), np.int64)
        self.pause = np.full(len(w), p.cutoff)

    def awake(self, acting: Array, next_ones: Array) -> NDArray[np.bool_]:
        """Which presynaptic cells have spiked lately, or do so in the next step."""
        self.pause = np.where(acting > 0, 0, self.pause + 1)
        return (self.pause < self.p.cutoff - 1) | (next_ones > 0)

    def descend(self, gradient: Array, awake: NDArray[np.bool_], step: int) -> None:
        """Move the synapses of cells that are awake; ``step`` counts all steps, from 1."""
        if self.recurrent:
            np.fill_diagonal(gradient, 0.0)
        if self.p.optimiser == "descent":
            self.w[awake] -= self.p.learning_rate * gradient[awake]
            return
        missed = step - self.moved
        for gap in np.unique(missed[awake]):
            rows = np.flatnonzero(awake & (missed == gap))
            now = gradient[rows]
            for k in range(step - gap + 1, step + 1):
                self.mean[rows] = MEAN * self.mean[rows] + (1 - MEAN) * now
                self.square[rows] = SQUARE * self.square[rows] + (1 - SQUARE) * now**2
                rate = self.p.learning_rate * np.sqrt(1 - SQUARE**k) / (1 - MEAN**k)
                self.w[rows] -= rate * self.mean[rows] / (np.sqrt(self.square[rows]) + SMALL)
                now = np.zeros_like(now)
        self.moved[awake] = step


class _Traces:
    """Eligibility of a projection, (pre, post)."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.low_pass = np.zeros(shape[0])
        self.epsilon, self.by_error, self.by_rate = (np.zeros(shape) for _ in range(3))


class OnlineLearner:
    """A network that learns while it runs.

    Parameters
    ----------
    weights
        ``input_to_cells``, ``cells_to_cells``, ``cells_to_output``, ``output_to_cells``, each
        (pre, post).
    """

    def __init__(self, p: Online, weights: Mapping[str, Array]) -> None:
        self.p = p
        self.into = _Weights(weights["input_to_cells"], p)
        self.within = _Weights(weights["cells_to_cells"], p, recurrent=True)
        self.out = _Weights(weights["cells_to_output"], p)
        self.feedback = weights["output_to_cells"]
        cells, outputs = self.out.w.shape
        self.v, self.z, self.a, self.rate = np.zeros((4, cells))
        self.y, self.step_number = np.zeros(outputs), 0
        self.traces = [_Traces(each.w.shape) for each in (self.into, self.within)]
        self.heard = np.zeros(cells)
        silent = np.zeros(cells)
        self.before = (np.zeros(len(self.into.w)), silent, silent, silent, np.zeros(outputs))

    def step(self, x: Array, target: Array) -> Array:
        """One step with input x (inputs,), 0 or 1: readout minus target, (outputs,).

        Raises
        ------
        ShapeError
            If the two do not fit the network.
        """
        if (len(x), len(target)) != (len(self.into.w), len(self.y)):
            raise ShapeError(
                f"{len(x)} inputs and {len(target)} targets, where the network has "
                f"{len(self.into.w)} and {len(self.y)}"
            )
        p, z = self.p, self.z
        self.v = np.exp(-1 / p.tau_membrane) * self.v + x @ self.into.w + z @ self.within.w
        self.a = np.exp(-1 / p.tau_adaptation) * self.a + z
        distance = self.v - p.threshold - p.adaptation * self.a
        psi = p.height * np.maximum(0, 1 - np.abs(distance) / p.width)
        fired = self.v >= p.threshold + p.adaptation * self.a
        by_threshold = p.reset == "by the threshold"
        self.v[fired] = self.v[fired] - p.threshold if by_threshold else p.reset_potential
        self.rate = p.rate_decay * self.rate + (1 - p.rate_decay) * fired
        self.y = np.exp(-1 / p.tau_readout) * self.y + z @ self.out.w
        error = self.y - target
        self._learn(x, error)
        self.before = (x, z, psi, p.rate_strength * (self.rate - p.rate_goal), error)
        self.z = fired.astype(float)
        return error

    def _learn(self, x: Array, error: Array) -> None:
        """What the step before left, with the signal of this one."""
        p, (acting, z, psi, rate_error, judged) = self.p, self.before
        signal = error @ self.feedback
        for weights, trace, events, following in (
            (self.into, self.traces[0], acting, x),
            (self.within, self.traces[1], z, self.z),
        ):
            awake = weights.awake(events, following)
            trace.low_pass = np.exp(-1 / p.tau_membrane) * trace.low_pass + events
            e = psi * (trace.low_pass[:, None] - p.adaptation * trace.epsilon) * awake[:, None]
            trace.epsilon = np.exp(-1 / p.tau_adaptation) * trace.epsilon + e
            trace.by_error = p.filter * trace.by_error + e
            trace.by_rate = p.rate_decay * trace.by_rate + (1 - p.rate_decay) * e
            gradient = signal * trace.by_error + rate_error * trace.by_rate
            weights.descend(gradient, awake, self.step_number)
        self.heard = np.exp(-1 / p.tau_readout) * self.heard + z
        spoken = (self.within.pause < p.cutoff - 1) | (self.z > 0)
        self.out.descend(self.heard[:, None] * judged, spoken, self.step_number)
        self.step_number += 1
