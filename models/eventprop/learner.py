"""The event-driven form: a layered network that learns by exact gradients, compiled."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from bioplaus.models.eventprop.events import Array, Constants, Spikes, Whole, largest
from bioplaus.models.eventprop.losses import FirstSpike
from bioplaus.models.eventprop.parameters import EventProp, check_network, numbers, sizes
from bioplaus.models.eventprop.presenting import Seen, descend, gradient_of_spikes, seen, show
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import quantities

__all__ = [
    "Learner",
    "constants",
    "first_weights",
    "projections",
    "random_feedback",
    "settings_of_loss",
]

Trains: TypeAlias = tuple[Whole, Array, Whole]
"""Spike trains of samples: where each begins (samples + 1,), times [s] from its start, cells."""


def projections(p: EventProp) -> list[str]:
    """Names of the projections, input side first."""
    hidden = len(sizes(p)) - 2
    cells = ["input", *(f"hidden{n + 1 if n else ''}" for n in range(hidden)), "output"]
    return [f"{pre}_to_{post}" for pre, post in itertools.pairwise(cells)]


def constants(p: EventProp) -> Constants:
    """Numbers of a layer, in seconds."""
    q = quantities(p)
    return Constants(*map(float, (q.tau_membrane, q.tau_synapse, p.threshold, q.refractory)))


def settings_of_loss(p: EventProp) -> FirstSpike:
    """Numbers of the loss of first spikes, in seconds."""
    q = quantities(p)
    return FirstSpike(float(q.tau_loss), float(q.tau_late), p.late)


def first_weights(p: EventProp, rng: np.random.Generator) -> list[Array]:
    """Normal weights, (pre, post), input side first."""
    return _normal(p, 1.0, rng)


def random_feedback(p: EventProp, rng: np.random.Generator) -> list[Array]:
    """Fixed weights for errors to pass: as many, around the same means, with their own spread."""
    return _normal(p, p.feedback_spread, rng)


def _normal(p: EventProp, spreads: float, rng: np.random.Generator) -> list[Array]:
    check_network(p)
    return [
        rng.normal(mean, spreads * spread, shape)
        for mean, spread, shape in zip(
            numbers(p, "weight_means"),
            numbers(p, "weight_spreads"),
            zip(sizes(p), sizes(p)[1:]),
        )
    ]


class Learner:
    """Weights and Adam's moments of one network under training.

    With ``feedback = "random"`` fixed weights (:func:`random_feedback`) stand in place of the
    transposed ones wherever an error passes a synapse.

    Parameters
    ----------
    rng
        Draws the first weights, then the random feedback.
    """

    def __init__(self, p: EventProp, rng: np.random.Generator) -> None:
        self.names, self.constants = projections(p), constants(p)
        self.loss, self.maximum = settings_of_loss(p), p.loss == "maximum"
        self.batch, self.learning_rate = p.batch, p.learning_rate
        self._weights = tuple(first_weights(p, rng))
        fixed = p.feedback == "random"
        self._back = tuple(random_feedback(p, rng)) if fixed else self._weights
        self._means, self._squares, self._gradients = (
            tuple(np.zeros_like(w) for w in self._weights) for _ in range(3)
        )
        self._step = 1

    def learn(self, trains: Trains, labels: Whole, order: Whole, strength: float = 1.0) -> Seen:
        """Learn samples in the given order, batch by batch, with a share of the learning rate."""
        return self._show(trains, labels, order, strength * self.learning_rate)

    def judge(self, trains: Trains, labels: Whole) -> Seen:
        """Show samples without learning."""
        return self._show(trains, labels, np.arange(len(labels)), 0.0)

    def _show(self, trains: Trains, labels: Whole, order: Whole, rate: float) -> Seen:
        if len(trains[0]) != len(labels) + 1:
            raise ShapeError(f"{len(trains[0]) - 1} spike trains for {len(labels)} labels")
        found = descend(
            self._weights, self._back, self._gradients, self._means, self._squares,
            *trains, labels, order, self.batch, rate, self._step,
            self.constants, self.loss, self.maximum,
        )  # fmt: skip
        self._step = found[-1]
        return seen(len(order), found)

    def spikes(self, trains: Trains, sample: int) -> tuple[Spikes, ...]:
        """Spikes of every layer in one sample, the input first."""
        start, t, i = trains
        here = slice(start[sample], start[sample + 1])
        return tuple(show(self._weights, t[here], i[here], self.constants, self.maximum))

    def answer(self, trains: Trains, sample: int) -> Array:
        """First spike [s] of each output cell (inf where silent), or its largest potential."""
        last, cells = self.spikes(trains, sample)[-1], self._weights[-1].shape[1]
        if self.maximum:
            found = largest(self._weights[-1], last.t, last.i, np.inf, self.constants)
            return np.array(found.value)
        first = np.full(cells, np.inf)
        np.minimum.at(first, last.i, last.t)
        return first

    def gradient(self, trains: Trains, labels: Whole) -> dict[str, Array]:
        """Sum over samples of dL/dw, (pre, post) for each projection."""
        sums = tuple(np.zeros_like(w) for w in self._weights)
        for sample, label in enumerate(labels):
            gradient_of_spikes(
                self._weights, self._back, self.spikes(trains, sample), label,
                self.constants, self.loss, self.maximum, 1.0, sums,
            )  # fmt: skip
        return dict(zip(self.names, sums))

    def halves(self, trains: Trains, labels: Whole) -> tuple[dict[str, Array], dict[str, Array]]:
        """Gradients of the first and second half of the samples, whose sum is that of all."""
        start, middle = trains[0], len(labels) // 2
        return (
            self.gradient((start[: middle + 1], *trains[1:]), labels[:middle]),
            self.gradient((start[middle:], *trains[1:]), labels[middle:]),
        )

    def weights(self) -> dict[str, Array]:
        """Copies of the weights, (pre, post)."""
        return {name: w.copy() for name, w in zip(self.names, self._weights)}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Put other weights in their place.

        Raises
        ------
        ShapeError
            For a name that there is not, or a matrix that is not (pre, post).
        """
        mine = dict(zip(self.names, self._weights))
        for name, new in weights.items():
            if name not in mine:
                raise ShapeError(f"{name!r} does not learn; what does is {', '.join(mine)}")
            if np.shape(new) != mine[name].shape:
                raise ShapeError(f"{name} is (pre, post) = {mine[name].shape}, not {np.shape(new)}")
            mine[name][:] = new

    def state(self) -> dict[str, Any]:
        """Everything that learning has changed."""
        kept = {"weights": self._weights, "means": self._means, "squares": self._squares}
        copies = {
            f"{name} {projection}": array.copy()
            for name, arrays in kept.items()
            for projection, array in zip(self.names, arrays)
        }
        fixed = {f"back {name}": w.copy() for name, w in zip(self.names, self._back)}
        return {**copies, **fixed, "step": self._step}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`state` returned."""
        kept = {
            "back": self._back, "weights": self._weights,
            "means": self._means, "squares": self._squares,
        }  # fmt: skip
        for name, arrays in kept.items():
            for projection, array in zip(self.names, arrays):
                array[:] = state[f"{name} {projection}"]
        self._step = int(state["step"])

    def set(self, values: Mapping[str, Any]) -> None:
        """Set what may be tuned while training: ``learning_rate``."""
        for name, value in values.items():
            if name != "learning_rate":
                raise ShapeError(f"{name!r} cannot be set; what can is learning_rate")
            self.learning_rate = float(value)
