"""Prototypical discrete time, with two-phase and continual updates (Ernoult et al. 2019, 2020).

    hidden:  s(t+1) = sigma(s_below(t) W + s_above(t) B + b)
    output:  s(t+1) = sigma(s_below(t) W + b) + beta (d - s(t))

With ``epsilon`` below one a unit goes that part of the way from s(t) to this.  The shifted sigmoid
is ``sigma(x) = 1/(1 + exp(-4 (x - 1/2)))``; states start at zero and layers send s itself.  The
nudge stands outside sigma.  P-EP compares the ends of both phases; C-EP and C-VF change the weights
at every nudged step, and the next step already uses them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from bioplaus.layered.batches import in_batches
from bioplaus.layered.learner import NamedArrays
from bioplaus.layered.two_way import Array, TwoWay, flipped, uniform

from .parameters import DiscreteEP, check_discrete, layer_sizes, learning_rates
from .steps import Steps, Update, advance, first_drive, present, work_for

__all__ = ["Learner"]


class Learner(NamedArrays):
    """Weights and learning of one network; ``learning_rate`` multiplies the rates of all layers.

    forward : per layer (n_below, n), feedback : per hidden layer (n_above, n), bias : (n,), all
    drawn as ``U(+-1/sqrt(fan_in))`` (Ernoult 2019); the feedback of tied rules is a view of the
    forward weights.  C-VF starts from the transpose with each sign turned with probability
    ``(1 - cos psi)/2``.
    """

    def __init__(self, p: DiscreteEP, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        check_discrete(p)
        self.parameters, self.rng, self.dtype = p, rng, np.dtype(dtype)
        self.rates, self.learning_rate = learning_rates(p), 1.0
        sizes = layer_sizes(p)
        self.sizes = sizes[1:]
        self.forward: list[Array] = []
        self.bias: list[Array] = []
        for below, n in pairwise(sizes):
            bound = 1 / np.sqrt(below)
            self.forward.append(uniform(rng, bound, (below, n), dtype))
            self.bias.append(uniform(rng, bound, n, dtype))
        self.feedback = [weight.T for weight in self.forward[1:]]
        self.tied = p.rule != "C-VF"
        if not self.tied:
            self.feedback = [flipped(w, p.initial_angle, rng) for w in self.forward[1:]]

    def train(self, images: Array, labels: Array, order: Array) -> float:
        """Learn the examples in the given order; the fraction of wrong free answers.

        Raises
        ------
        ParameterError
            When the batch is larger than the data.
        """
        batches = in_batches(order, self.parameters.batch)
        classes, wrong = np.eye(self.sizes[-1], dtype=self.dtype), 0
        for some in batches:
            answers = self.learn(images[some], classes[labels[some]])
            wrong += int(np.sum(answers.argmax(axis=1) != labels[some]))
        return wrong / batches.size

    def learn(self, inputs: Array, targets: Array, strength: float = 1.0) -> Array:
        """One update from a batch, (batch, n_in) and (batch, n_out); the free answers."""
        p = self.parameters
        beta = p.influence
        if p.nudging == "random-sign":
            beta *= self.rng.choice([-1.0, 1.0])
        states = self._zeros(len(inputs))
        work = work_for(len(inputs), self.sizes, self.dtype)
        rates = strength * self.learning_rate * np.array(self.rates)
        present(
            self._weights(),
            np.ascontiguousarray(inputs, self.dtype),
            states,
            p.free_steps,
            Steps(p.nudged_steps, np.ascontiguousarray(targets, self.dtype), beta, p.epsilon),
            Update(rates / (beta * len(inputs)), self.tied, p.rule != "P-EP", p.first_bias),
            work,
        )
        return work.free[-1]

    def answer(self, inputs: Array) -> Array:
        """Free outputs from zero, (batch, n_out)."""
        return self.settle(inputs)[-1]

    def settle(self, images: Array, steps: int | None = None) -> tuple[Array, ...]:
        """Free states from zero under images (batch, n_in)."""
        weights, states = self._weights(), self._zeros(len(images))
        first = first_drive(weights, np.ascontiguousarray(images, self.dtype))
        p = self.parameters
        free = Steps(steps or p.free_steps, states[-1], 0.0, p.epsilon)
        work = work_for(len(images), self.sizes, self.dtype)
        advance(weights, self.tied, first, states, free, work)
        return states

    def _zeros(self, batch: int) -> tuple[Array, ...]:
        return tuple(np.zeros((batch, n), self.dtype) for n in self.sizes)

    def _weights(self) -> TwoWay:
        """Weights as the compiled steps take them: tied feedback is read from the forward ones."""
        feedback = self.forward[1:] if self.tied else self.feedback
        return TwoWay(tuple(self.forward), tuple(feedback), tuple(self.bias))

    def error(self, images: Array, labels: Array) -> float:
        """Fraction of wrong answers after a free phase from zero."""
        wrong = 0
        for start in range(0, len(images), 200):
            some = slice(start, start + 200)
            wrong += int(np.sum(self.answer(images[some]).argmax(axis=1) != labels[some]))
        return wrong / len(images)

    def arrays(self) -> dict[str, Array]:
        """Weights and biases by name; the feedback only where it is not tied."""
        named = {f"forward {k}": w for k, w in enumerate(self.forward)}
        named |= {f"bias {k}": b for k, b in enumerate(self.bias)}
        if not self.tied:
            named |= {f"feedback {k}": w for k, w in enumerate(self.feedback)}
        return named

    def learning(self) -> list[str]:
        """All of them."""
        return list(self.arrays())

    def generators(self) -> list[np.random.Generator]:
        """Signs of the influence are drawn from it."""
        return [self.rng]
