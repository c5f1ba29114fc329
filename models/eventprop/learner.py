"""The event-driven form: a layered network that learns by exact gradients, compiled."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from bioplaus.layered.learner import NamedArrays
from bioplaus.layered.trains import Trains
from bioplaus.models.eventprop.events import Array, Constants, Spikes, Whole
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


class Learner(NamedArrays):
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
        self._fixed = tuple(random_feedback(p, rng) if p.feedback == "random" else ())
        self._back = self._fixed or self._weights
        self._means, self._squares, self._gradients = (
            tuple(np.zeros_like(w) for w in self._weights) for _ in range(3)
        )
        self._updates = np.zeros(1)

    def learn(self, trains: Trains, labels: Whole, strength: float = 1.0) -> Seen:
        """Learn samples batch by batch, with a share of the learning rate.

        trains : [s], cells.

        Raises
        ------
        ShapeError
            If there are not as many labels as samples.
        """
        if len(trains[0]) != len(labels) + 1:
            raise ShapeError(f"{len(trains[0]) - 1} spike trains for {len(labels)} labels")
        outputs = np.zeros((len(labels), self._weights[-1].shape[1]))
        found = descend(
            self._weights, self._back, self._gradients, self._means, self._squares,
            *trains, labels, self.batch, strength * self.learning_rate, int(self._updates[0]) + 1,
            self.constants, self.loss, self.maximum, outputs,
        )  # fmt: skip
        self._updates[0] = found[-1] - 1
        return seen(outputs, found)

    def judge(self, trains: Trains, labels: Whole) -> Seen:
        """Show samples without learning."""
        return self.learn(trains, labels, 0.0)

    def answer(self, trains: Trains) -> Array:
        """First spikes [s] of output cells (inf where silent), or largest potentials.

        (samples, classes).
        """
        return self.judge(trains, np.zeros(len(trains[0]) - 1, np.int64)).outputs

    def spikes(self, trains: Trains, sample: int) -> tuple[Spikes, ...]:
        """Spikes of every layer in one sample, the input first."""
        start, t, i = trains
        here = slice(start[sample], start[sample + 1])
        return tuple(show(self._weights, t[here], i[here], self.constants, self.maximum))

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

    def arrays(self) -> dict[str, Any]:
        """Weights, fixed feedback, moments and the number of updates."""
        kept = {"mean": self._means, "square": self._squares, "back": self._fixed}
        beside = {
            f"{word} {name}": array
            for word, arrays in kept.items()
            for name, array in zip(self.names, arrays)
        }
        return {**dict(zip(self.names, self._weights)), **beside, "updates": self._updates}

    def generators(self) -> list[np.random.Generator]:
        """None: nothing is drawn after the first weights."""
        return []

    def learning(self) -> list[str]:
        """The projections."""
        return self.names
