"""The batched form: trials shown compiled, gradients by the backward scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bioplaus.layered.learner import NamedArrays
from bioplaus.models.eprop.factorised import add_gradients
from bioplaus.models.eprop.parameters import Eprop, check_network
from bioplaus.models.eprop.trial import Array, Constants, Trial, adaptation, constants, show
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import quantities

__all__ = ["PROJECTIONS", "Learner", "Seen", "first_weights"]

PROJECTIONS = ("input_to_cells", "cells_to_cells", "cells_to_output")
FEEDBACK = "output_to_cells"
LEARNING = ("symmetric", "adaptive", "through time", "truncated")
"""With these the feedback moves as the readout does."""
MEAN, SQUARE, SMALL = 0.9, 0.999, 1e-8
"""Decays of Adam's moments, and what stands beside the root of the second."""

Source: TypeAlias = np.random.Generator | np.random.RandomState
Events: TypeAlias = NDArray[np.uint8]


class Seen(NamedTuple):
    """What a batch showed: mean loss, rate [spikes per cell and step], (trials, outputs) means of
    the readout over the window."""

    loss: float
    rate: float
    outputs: Array


def first_weights(p: Eprop, rng: Source) -> dict[str, Array]:
    """Weights (pre, post) as the authors draw them, in single precision.

    Normal, variance 1/fan-in, none from a cell to itself; where classes are told apart, the readout
    is uniform (Glorot) and the feedback not scaled.
    """
    check_network(p)
    cells = p.regular + p.adaptive

    def normal(pre: int, post: int, fan: int) -> Array:
        return _single(rng.standard_normal((pre, post)) / np.sqrt(fan))

    into, within = normal(p.inputs, cells, p.inputs), normal(cells, cells, cells)
    np.fill_diagonal(within, 0.0)
    if p.loss == "cross entropy":
        limit = np.sqrt(3.0 / max(1.0, (cells + p.outputs) / 2.0))
        out = _single(rng.uniform(-limit, limit, (cells, p.outputs)))
        back = normal(cells, p.outputs, 1)
    else:
        out, back = (normal(cells, p.outputs, cells) for _ in range(2))
    given = {"symmetric": out, "through time": out, "truncated": out, "none": 0 * out}
    feedback = given.get(p.feedback, back)
    return dict(zip((*PROJECTIONS, FEEDBACK), (into, within, out, feedback.T.copy())))


def _single(values: Array) -> Array:
    return values.astype(np.float32).astype(np.float64)


@njit(cache=True, error_model="numpy")
def _show_all(
    x: Any,
    targets: Any,
    weights: Any,
    feedback: Any,
    block: int,
    beta: Any,
    c: Constants,
    gradients: Any,
) -> Any:
    loss, spikes = 0.0, 0
    outputs = np.zeros((len(x), targets.shape[2]))
    for n in range(len(x)):
        seen = show(x[n], targets[n], weights, beta, c)
        add_gradients(
            x[n], seen.psi, seen.spikes, seen.error, weights[1], feedback, block, beta, c,
            gradients,
        )  # fmt: skip
        loss += seen.loss / len(x)
        spikes += seen.spikes.sum()
        mean = outputs[n]
        for s in range(x.shape[1] - c.window, x.shape[1]):
            mean += seen.y[s] / c.window
    return loss, spikes / (len(x) * x.shape[1] * len(beta)), outputs


class Learner(NamedArrays):
    """Weights, feedback and moments of one network under training.

    Parameters
    ----------
    rng
        Draws the first weights, unless these are given.
    """

    def __init__(self, p: Eprop, rng: Source, weights: dict[str, Array] | None = None) -> None:
        self.p, self.constants, self.beta = p, constants(p), adaptation(p)
        self.learning_rate = p.learning_rate
        self._now = {**(weights or first_weights(p, rng))}
        self._means, self._squares = (
            {name: np.zeros_like(w) for name, w in self._now.items()} for _ in range(2)
        )
        self._updates = np.zeros(1)

    def learn(self, x: Events, targets: Array, strength: float = 1.0) -> Seen:
        """One update from trials: x (trials, steps, inputs), targets (trials, steps, outputs)."""
        seen, gradients = self.gradients(x, targets)
        self.descend(gradients, strength)
        return seen

    def descend(self, gradients: Mapping[str, Array], strength: float = 1.0) -> None:
        """Move weights, and feedback that learns, by the gradients of a batch."""
        self._updates += 1
        if self.p.feedback in LEARNING:
            gradients = {**gradients, FEEDBACK: gradients[PROJECTIONS[2]].T}
        for name, gradient in gradients.items():
            self._now[name] += strength * self._increment(name, gradient)

    def _increment(self, name: str, gradient: Array) -> Array:
        """What an update adds to a projection, decay included."""
        rate, step = self.learning_rate, float(self._updates[0])
        if self.p.optimiser == "descent":
            change = -rate * gradient
        else:
            mean, square = self._means[name], self._squares[name]
            mean += (1 - MEAN) * (gradient - mean)
            square += (1 - SQUARE) * (gradient**2 - square)
            rate *= np.sqrt(1 - SQUARE**step) / (1 - MEAN**step)
            change = -rate * mean / (np.sqrt(square) + SMALL)
        if self.p.feedback == "adaptive" and name in (PROJECTIONS[2], FEEDBACK):
            change -= self.p.feedback_decay * (self._now[name] + change)
        return change

    def gradients(self, x: Events, targets: Array) -> tuple[Seen, dict[str, Array]]:
        """Mean over trials of what each projection that learns is to descend, (pre, post).

        Raises
        ------
        ShapeError
            If trials and targets do not fit the network or one another.
        """
        self._check(x, targets)
        weights = tuple(self._now[name] for name in PROJECTIONS)
        sums = tuple(np.zeros_like(w) for w in weights)
        back = self._now[FEEDBACK]
        seen = Seen(
            *_show_all(
                np.ascontiguousarray(x), np.ascontiguousarray(targets), weights, back,
                self._block(x.shape[1]), self.beta, self.constants, sums,
            )
        )  # fmt: skip
        share = len(x) * (self.constants.window if self.p.averaged else 1)
        found = {name: each / share for name, each in zip(PROJECTIONS, sums)}
        return seen, found

    def _block(self, steps: int) -> int:
        """Steps over which credit goes back by more than traces."""
        q = quantities(self.p)
        blocks = {"through time": steps, "truncated": round(float(q.truncation / q.time_step))}
        return blocks.get(self.p.feedback, 0)

    def trial(self, x: Events, target: Array) -> Trial:
        """Run one trial, (steps, inputs) and (steps, outputs)."""
        self._check(x[None], target[None])
        weights = tuple(self._now[name] for name in PROJECTIONS)
        shown = np.ascontiguousarray(x), np.ascontiguousarray(target)
        return show(*shown, weights, self.beta, self.constants)

    def answer(self, x: Events) -> Array:
        """Mean of the readout over the window, (trials, outputs)."""
        targets = np.zeros((self.p.outputs,))
        window = self.constants.window
        shown = (self.trial(each, np.tile(targets, (len(each), 1))) for each in x)
        return np.array([seen.y[-window:].mean(axis=0) for seen in shown])

    def _check(self, x: Events, targets: Array) -> None:
        trials, steps, _ = x.shape
        wanted = ((trials, steps, self.p.inputs), (trials, steps, self.p.outputs))
        if (x.shape, targets.shape) != wanted:
            raise ShapeError(
                f"inputs and targets (trials, steps, n) are {x.shape} and {targets.shape}, where "
                f"{wanted[0]} and {wanted[1]} are needed"
            )
        if steps < self.constants.window:
            raise ShapeError(
                f"a trial of {steps} steps is shorter than the window of {self.constants.window}"
            )

    def arrays(self) -> dict[str, Any]:
        """Weights, feedback, moments and the number of updates."""
        kept = {"mean": self._means, "square": self._squares}
        moments = {f"{word} {name}": a for word, of in kept.items() for name, a in of.items()}
        return {**self._now, **moments, "updates": self._updates}

    def generators(self) -> list[np.random.Generator]:
        """None: nothing is drawn after the first weights."""
        return []

    def learning(self) -> list[str]:
        """The three projections, and the feedback where it learns."""
        return [*PROJECTIONS, *([FEEDBACK] if self.p.feedback in LEARNING else [])]
