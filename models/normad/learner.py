"""The network in compiled steps: weights change after each presentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bioplaus.layered.trains import train_of
from bioplaus.models.normad.exact import potential_gradient
from bioplaus.models.normad.parameters import NormAD, check_network, numbers, sizes
from bioplaus.models.normad.spikes import cell, fire
from bioplaus.models.normad.update import change, hidden_change, kernel
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import quantities

__all__ = ["Learner", "Seen", "first_weights", "projections"]

Array: TypeAlias = npt.NDArray[Any]
Trains: TypeAlias = tuple[Array, Array, Array]
"""Spike trains of presentations: where each begins (presentations + 1,), steps, cells."""


class Seen(NamedTuple):
    """What presentations showed.

    counts : (presentations, outputs) spikes; exact : (presentations,) whether every output spike
    was wanted, in its very step; spikes : (layers,) behind the input, a presentation.
    """

    counts: Array
    exact: Array
    spikes: Array


def projections(p: NormAD) -> list[str]:
    """Names of the projections, input side first."""
    return ["input_to_output"] if len(sizes(p)) == 2 else ["input_to_hidden", "hidden_to_output"]


def first_weights(p: NormAD, rng: np.random.Generator) -> dict[str, Array]:
    """Normal weights [A], (pre, post)."""
    check_network(p)
    drawn = zip(
        projections(p), numbers(p, "weight_means"), numbers(p, "weight_spreads"), strict=True
    )
    return {
        name: rng.normal(mean, spread, sizes(p)[k : k + 2])
        for k, (name, mean, spread) in enumerate(drawn)
    }


class Learner:
    """Weights of one network; ``rng`` draws the first ones."""

    def __init__(self, p: NormAD, rng: np.random.Generator) -> None:
        q = quantities(p)
        self.learning_rate = float(q.learning_rate)
        self.steps = round(float(q.duration / q.time_step))
        self._time_step = float(q.time_step)
        self._weights = tuple(first_weights(p, rng).values())
        self._names = projections(p)
        cells = [cell(p) for _ in self._weights]
        cells[-1] = cell(p, float(q.inhibition))
        self._cells = tuple(cells)
        self._kernel, self._slope = kernel(p, self.steps)
        self._hidden_learns = p.hidden == "learned" and len(self._weights) > 1

    def learn(self, trains: Trains, wanted: Trains, order: Array, strength: float = 1.0) -> Seen:
        """Present in the given order, and change weights after each presentation.

        wanted : trains of the output; strength : share of the learning rate.
        """
        return self._show(trains, wanted, order, strength * self.learning_rate)

    def judge(self, trains: Trains, wanted: Trains) -> Seen:
        """Present without learning."""
        return self._show(trains, wanted, np.arange(len(trains[0]) - 1), 0.0)

    def _show(self, trains: Trains, wanted: Trains, order: Array, rate: float) -> Seen:
        if len(trains[0]) != len(wanted[0]):
            raise ShapeError(
                f"{len(trains[0]) - 1} input trains for {len(wanted[0]) - 1} wanted ones"
            )
        presentations = len(trains[0]) - 1
        counts = np.zeros((presentations, self._weights[-1].shape[1]), np.int64)
        exact, spikes = np.zeros(presentations, np.bool_), np.zeros(len(self._weights))
        for each in order:
            layers, target = self.spikes(trains, each), self._train(wanted, each)
            spikes += [len(i) for _, i in layers[1:]]
            counts[each] = np.bincount(layers[-1][1], minlength=counts.shape[1])
            exact[each] = all(map(np.array_equal, layers[-1], target))
            if rate != 0.0 and not exact[each]:
                self._move(layers, target, rate)
        return Seen(counts, exact, spikes / len(order))

    def _move(self, layers: list[tuple[Array, Array]], target: Any, rate: float) -> None:
        """Change weights by one presentation, all from the weights as they were in it."""
        dw = np.zeros_like(self._weights[-1])
        change(layers[-2], layers[-1], target, self._kernel, rate, dw)
        if self._hidden_learns:
            of_hidden = np.zeros_like(self._weights[0])
            into, between, out = layers
            hidden_change(
                into, between, out, target, self._weights[-1], self._kernel, self._slope, rate,
                of_hidden,
            )  # fmt: skip
            self._weights[0][:] += of_hidden
        self._weights[-1][:] += dw

    def _train(self, trains: Trains, presentation: int) -> tuple[Array, Array]:
        start, step, i = trains
        here = slice(start[presentation], start[presentation + 1])
        at, cells = train_of(step[here], i[here], self.steps)
        return at, cells

    def spikes(self, trains: Trains, presentation: int) -> list[tuple[Array, Array]]:
        """Trains (at, i) of all layers in one presentation."""
        found = [self._train(trains, presentation)]
        for w, constants in zip(self._weights, self._cells, strict=True):
            at, cells = found[-1]
            found.append(fire(w, at, cells, constants))
        return found

    def change(self, trains: Trains, wanted: Trains) -> dict[str, Array]:
        """Sum over presentations of the change of the output weights, for a rate of 1 A."""
        dw = np.zeros_like(self._weights[-1])
        for each in range(len(wanted[0]) - 1):
            layers, target = self.spikes(trains, each), self._train(wanted, each)
            change(layers[-2], layers[-1], target, self._kernel, 1.0, dw)
        return {self._names[-1]: dw}

    def gradient(self, trains: Trains, wanted: Trains) -> dict[str, Array]:
        """Sum over presentations of the exact gradient in the output weights, see ``exact.py``."""
        sums = np.zeros_like(self._weights[-1])
        for each in range(len(wanted[0]) - 1):
            layers, target = self.spikes(trains, each), self._train(wanted, each)
            w, c = self._weights[-1], self._cells[-1]
            potential_gradient(w, layers[-2], layers[-1], target, c, self._time_step, sums)
        return {self._names[-1]: sums}

    def weights(self) -> dict[str, Array]:
        """Copies of the weights [A], (pre, post)."""
        return {name: w.copy() for name, w in zip(self._names, self._weights, strict=True)}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Put other weights in their place.

        Raises
        ------
        ShapeError
            For a name that there is not, or a matrix that is not (pre, post).
        """
        mine = dict(zip(self._names, self._weights, strict=True))
        for name, new in weights.items():
            if name not in mine:
                raise ShapeError(f"{name!r} does not learn; what does is {', '.join(mine)}")
            if np.shape(new) != mine[name].shape:
                raise ShapeError(f"{name} is (pre, post) = {mine[name].shape}, not {np.shape(new)}")
            mine[name][:] = new

    def state(self) -> dict[str, Array]:
        """Everything that learning has changed."""
        return self.weights()

    def restore(self, state: Mapping[str, Array]) -> None:
        """Put back what :meth:`state` returned."""
        self.set_weights(state)

    def set(self, values: Mapping[str, Any]) -> None:
        """Set what may be tuned while training: ``learning_rate`` [A]."""
        for name, value in values.items():
            if name != "learning_rate":
                raise ShapeError(f"{name!r} cannot be set; what can is learning_rate")
            self.learning_rate = float(value)
