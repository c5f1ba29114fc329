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

from typing import Any

import numpy as np

from bioplaus.layered.batches import in_batches
from bioplaus.layered.learner import NamedArrays
from bioplaus.layered.nudging import influence_and_rates
from bioplaus.layered.two_way import Array, uniform
from bioplaus.parameters import check

from .parameters import Spiking, layer_sizes
from .ticks import Ticks, Wiring, run_phases

__all__ = ["Learner"]


class Learner(NamedArrays):
    """Weights and learning of one spiking network; ``learning_rate`` multiplies all layers' rates.

    forward : per layer (n_below, n), Glorot-uniform; bias : (n,) of all units but the inputs,
    zero.
    """

    def __init__(self, p: Spiking, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        check(p)
        self.parameters, self.rng = p, rng
        self.sizes = layer_sizes(p)
        self.influence, self.rates = influence_and_rates(p)
        self.learning_rate = 1.0
        self.dtype = np.dtype(dtype)
        pairs = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        bounds = [np.sqrt(6 / (below + n)) for below, n in pairs]
        self.forward = tuple(
            uniform(rng, bound, pair, dtype) for bound, pair in zip(bounds, pairs, strict=True)
        )
        self.bias = np.zeros(sum(self.sizes[1:]), dtype)
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
        classes, wrong = np.eye(self.sizes[-1], dtype=self.dtype), 0
        batches = in_batches(order, self.parameters.batch)
        influences = self.influence * self.rng.choice([-1.0, 1.0], len(batches))
        for some, beta in zip(batches, influences, strict=True):
            answers = self._update(images[some], classes[labels[some]], beta, 1.0)
            wrong += int(np.sum(answers.argmax(axis=1) != labels[some]))
        return wrong / batches.size

    def learn(self, inputs: Array, targets: Array, strength: float = 1.0) -> Array:
        """One update from a batch, (batch, n_in) and (batch, n_out); the free answers."""
        beta = self.influence * self.rng.choice([-1.0, 1.0])
        return self._update(inputs, targets, beta, strength)

    def _update(self, inputs: Array, targets: Array, beta: float, strength: float) -> Array:
        free, nudged = self.rest(inputs, targets, beta)
        self._learn(free[-1], nudged, beta, strength * self.learning_rate)
        return self._output(free[0])

    def rest(
        self, images: Array, target: Array, influence: float
    ) -> tuple[tuple[Array, Array], Array]:
        """Rates of all units (batch, units) after the phases.

        Returns the free rates to answer with, the free rates to learn from (later ones with
        ``split_stream``), and the nudged rates.
        """
        p = self.parameters
        phases = (p.free_steps, p.nudged_steps, p.split_stream)
        recorded = self._run(images, target, influence, phases)
        return (recorded[0], recorded[1]), recorded[2]

    def _run(
        self, images: Array, target: Array, influence: float, phases: tuple[int, int, bool]
    ) -> Array:
        recorded = np.zeros((3, len(images), sum(self.sizes)), self.dtype)
        run_phases(
            Wiring(
                self.forward,
                tuple(np.ascontiguousarray(w.T) for w in self.forward[1:]),
                self.bias,
                np.array(self.sizes),
                np.arange(max(self.sizes)),
            ),
            np.ascontiguousarray(images, self.dtype),
            np.ascontiguousarray(target, self.dtype),
            influence,
            phases,
            self.ticks,
            recorded,
        )
        return recorded

    def _learn(self, free: Array, nudged: Array, beta: float, strength: float) -> None:
        edges = np.concatenate([[0], np.cumsum(self.sizes)])
        for layer, weight in enumerate(self.forward):
            pre = slice(edges[layer], edges[layer + 1])
            post = slice(edges[layer + 1], edges[layer + 2])
            scale = self.dtype.type(strength * self.rates[layer] / (beta * len(free)))
            weight += scale * (nudged[:, pre].T @ nudged[:, post] - free[:, pre].T @ free[:, post])
            bias = self.bias[edges[layer + 1] - edges[1] : edges[layer + 2] - edges[1]]
            bias += scale * (nudged[:, post] - free[:, post]).sum(axis=0)

    def _output(self, rates: Array) -> Array:
        return np.asarray(rates[:, -self.sizes[-1] :])

    def answer(self, inputs: Array) -> Array:
        """Rates of the outputs (batch, n_out) after a free phase from rest."""
        target = np.zeros((len(inputs), self.sizes[-1]), self.dtype)
        recorded = self._run(inputs, target, 0.0, (self.parameters.free_steps, 0, False))
        return self._output(recorded[0])

    def error(self, images: Array, labels: Array) -> float:
        """Fraction of wrong answers after a free phase from rest."""
        return float(np.mean(self.answer(images).argmax(axis=1) != labels))

    def arrays(self) -> dict[str, Array]:
        """Weights and biases by name."""
        return {f"forward {k}": w for k, w in enumerate(self.forward)} | {"bias all": self.bias}

    def learning(self) -> list[str]:
        """All of them."""
        return list(self.arrays())

    def generators(self) -> list[np.random.Generator]:
        """Signs of the influence are drawn from it."""
        return [self.rng]
