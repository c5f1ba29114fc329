"""Prototypical discrete time, with two-phase and continual updates (Ernoult et al. 2019, 2020).

    hidden:  s(t+1) = sigma(s_below(t) W + s_above(t) B + b)
    output:  s(t+1) = sigma(s_below(t) W + b) + beta (d - s(t))

The shifted sigmoid is ``sigma(x) = 1/(1 + exp(-4 (x - 1/2)))``; states start at zero and layers
send s itself.  The nudge stands outside sigma.  P-EP compares the ends of both phases; C-EP and
C-VF change the weights at every nudged step, and the next step already uses them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from bioplaus.parameters import ParameterError

from .parameters import layer_sizes, learning_rates
from .relatives import Discrete, check_discrete
from .relaxation import Array

__all__ = ["DiscreteLearner", "shifted_sigmoid"]


def shifted_sigmoid(drive: Array) -> Array:
    """``1/(1 + exp(-4 (x - 1/2)))``, written with tanh, which cannot overflow."""
    return np.asarray(0.5 + 0.5 * np.tanh(2 * drive - 1))


class DiscreteLearner:
    """Weights and learning of one network.

    forward : per layer (n_below, n), feedback : per hidden layer (n_above, n), bias : (n,), all
    drawn as ``U(+-1/sqrt(fan_in))`` (Ernoult 2019); the feedback of tied rules is a view of the
    forward weights.  C-VF starts from the transpose with each sign turned with probability
    ``(1 - cos psi)/2``.
    """

    def __init__(self, p: Discrete, rng: np.random.Generator, dtype: Any = np.float32) -> None:
        check_discrete(p)
        self.parameters, self.rng, self.dtype = p, rng, np.dtype(dtype)
        self.rates = learning_rates(p)
        sizes = layer_sizes(p)
        self.sizes = sizes[1:]
        self.forward: list[Array] = []
        self.bias: list[Array] = []
        for below, n in pairwise(sizes):
            bound = 1 / np.sqrt(below)
            self.forward.append(rng.uniform(-bound, bound, (below, n)).astype(dtype))
            self.bias.append(rng.uniform(-bound, bound, n).astype(dtype))
        self.feedback = [weight.T for weight in self.forward[1:]]
        if p.rule == "C-VF":
            self.feedback = [self._turned(weight) for weight in self.forward[1:]]

    def _turned(self, weight: Array) -> Array:
        chance = (1 - np.cos(np.deg2rad(self.parameters.initial_angle))) / 2
        copy = np.ascontiguousarray(weight.T)
        copy[self.rng.random(copy.shape) < chance] *= -1
        return copy

    def train(self, images: Array, labels: Array, order: Array) -> float:
        """Learn the examples in the given order; the fraction of wrong free answers.

        Raises
        ------
        ParameterError
            When the batch is larger than the data.
        """
        batch = self.parameters.batch
        if batch > len(order):
            raise ParameterError(
                f"batch = {batch} is larger than the data ({len(order)} examples);"
                f" write batch = {len(order)} or less"
            )
        chosen = order[: len(order) // batch * batch].reshape(-1, batch)
        wrong = sum(self.learn(images[some], labels[some]) for some in chosen)
        return wrong / chosen.size

    def learn(self, images: Array, labels: Array) -> int:
        """One update from a batch (batch, n_in); how many free answers were wrong."""
        p = self.parameters
        beta = p.influence
        if p.nudging == "random-sign":
            beta *= self.rng.choice([-1.0, 1.0])
        drive = images @ self.forward[0] + self.bias[0]
        free = self.settle(drive)
        target = np.eye(self.sizes[-1], dtype=self.dtype)[labels]
        if p.rule == "P-EP":
            states = free
            for _ in range(p.nudged_steps):
                states = self.step(drive, states, target, beta)
            self._compare(images, free, states, beta)
        else:
            self._continual(images, drive, free, target, beta)
        return int(np.sum(free[-1].argmax(axis=1) != labels))

    def settle(self, drive: Array, steps: int | None = None) -> list[Array]:
        """Free states from zero under the first layer's drive (batch, n_first)."""
        states = [np.zeros((len(drive), n), self.dtype) for n in self.sizes]
        for _ in range(steps or self.parameters.free_steps):
            states = self.step(drive, states)
        return states

    def step(
        self,
        drive: Array,
        states: list[Array],
        target: Array | None = None,
        influence: float = 0.0,
    ) -> list[Array]:
        """All layers from the old states of all layers."""
        moved = []
        for layer in range(len(states)):
            field = drive if layer == 0 else states[layer - 1] @ self.forward[layer]
            if layer > 0:
                field += self.bias[layer]
            if layer < len(self.feedback):
                field = field + states[layer + 1] @ self.feedback[layer]
            moved.append(shifted_sigmoid(field))
        if target is not None:
            moved[-1] += self.dtype.type(influence) * (target - states[-1])
        return moved

    def _compare(self, images: Array, old: list[Array], new: list[Array], beta: float) -> None:
        """``W += eta/(beta B) (s s (new) - s s (old))``; the feedback is a view and follows."""
        self._learn_first(images, new[0] - old[0], beta)
        self._pairs_energy(old, new, beta)

    def _continual(
        self, images: Array, drive: Array, states: list[Array], target: Array, beta: float
    ) -> None:
        """Update at every nudged step.

        The input is clamped, so its weights' changes act on the first layer only through
        ``x x^T``: the drive follows step by step, the large matrix is written once at the end.
        """
        alike = images @ images.T + 1  # the one is the bias
        first = np.zeros_like(states[0])
        for _ in range(self.parameters.nudged_steps):
            moved = self.step(drive, states, target, beta)
            change = moved[0] - states[0]
            drive = drive + self._scale(0, beta) * (alike @ change)
            first += change
            if self.parameters.rule == "C-VF":
                self._pairs_vector_field(states, moved, beta)
            else:
                self._pairs_energy(states, moved, beta)
            states = moved
        self._learn_first(images, first, beta)

    def _learn_first(self, images: Array, change: Array, beta: float) -> None:
        scaled = self._scale(0, beta) * change
        self.forward[0] += images.T @ scaled
        self.bias[0] += scaled.sum(axis=0)

    def _pairs_energy(self, old: list[Array], new: list[Array], beta: float) -> None:
        for layer in range(1, len(self.sizes)):
            scale = self._scale(layer, beta)
            step = new[layer - 1].T @ new[layer] - old[layer - 1].T @ old[layer]
            self.forward[layer] += scale * step
            self.bias[layer] += scale * (new[layer] - old[layer]).sum(axis=0)

    def _pairs_vector_field(self, old: list[Array], new: list[Array], beta: float) -> None:
        for layer in range(1, len(self.sizes)):
            scale = self._scale(layer, beta)
            up, down = new[layer] - old[layer], new[layer - 1] - old[layer - 1]
            self.forward[layer] += scale * (old[layer - 1].T @ up)
            self.feedback[layer - 1] += scale * (old[layer].T @ down)
            self.bias[layer] += scale * up.sum(axis=0)

    def _scale(self, layer: int, beta: float) -> Any:
        return self.dtype.type(self.rates[layer] / (beta * self.parameters.batch))

    def error(self, images: Array, labels: Array) -> float:
        """Fraction of wrong answers after a free phase from zero."""
        wrong = 0
        for start in range(0, len(images), 200):
            some = slice(start, start + 200)
            drive = images[some] @ self.forward[0] + self.bias[0]
            wrong += int(np.sum(self.settle(drive)[-1].argmax(axis=1) != labels[some]))
        return wrong / len(images)

    def arrays(self) -> dict[str, Array]:
        """Plastic arrays by name; the feedback only where it is not tied."""
        named = {f"forward {k}": w for k, w in enumerate(self.forward)}
        named |= {f"bias {k}": b for k, b in enumerate(self.bias)}
        if self.parameters.rule == "C-VF":
            named |= {f"feedback {k}": w for k, w in enumerate(self.feedback)}
        return named

    def restore(self, arrays: dict[str, Array]) -> None:
        """Put back what :meth:`arrays` returned."""
        for name, array in self.arrays().items():
            array[...] = arrays[name]
