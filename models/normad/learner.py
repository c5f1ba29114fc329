"""The network in compiled steps: weights change after each presentation."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bioplaus.layered.learner import NamedArrays
from bioplaus.layered.trains import Trains, train_of
from bioplaus.models.normad.exact import potential_gradient
from bioplaus.models.normad.parameters import NormAD, check_network, numbers, sizes
from bioplaus.models.normad.spikes import cell, fire
from bioplaus.models.normad.update import change, hidden_change, kernel
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import quantities

__all__ = ["Learner", "Seen", "first_weights", "projections"]

Array: TypeAlias = npt.NDArray[Any]


class Seen(NamedTuple):
    """What presentations showed.

    outputs : (presentations, cells) spikes; exact : (presentations,) whether every output spike
    was wanted, in its very step; spikes : (layers,) behind the input, a presentation.
    """

    outputs: Array
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


class Learner(NamedArrays):
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

    def learn(self, trains: Trains, wanted: Trains, strength: float = 1.0) -> Seen:
        """Present, and change weights after each presentation.

        trains, wanted : steps and cells of the input and of the output; strength : share of the
        learning rate.

        Raises
        ------
        ShapeError
            If there are not as many of each.
        """
        presentations = len(trains[0]) - 1
        if presentations != len(wanted[0]) - 1:
            raise ShapeError(f"{presentations} input trains for {len(wanted[0]) - 1} wanted ones")
        rate = strength * self.learning_rate
        counts = np.zeros((presentations, self._weights[-1].shape[1]), np.int64)
        exact, spikes = np.zeros(presentations, np.bool_), np.zeros(len(self._weights))
        for each in range(presentations):
            layers, target = self.spikes(trains, each), self._train(wanted, each)
            spikes += [len(i) for _, i in layers[1:]]
            counts[each] = np.bincount(layers[-1][1], minlength=counts.shape[1])
            exact[each] = all(map(np.array_equal, layers[-1], target))
            if rate != 0.0 and not exact[each]:
                self._move(layers, target, rate)
        return Seen(counts, exact, spikes / presentations)

    def judge(self, trains: Trains, wanted: Trains) -> Seen:
        """Present without learning."""
        return self.learn(trains, wanted, 0.0)

    def answer(self, trains: Trains) -> Array:
        """Spikes of the output cells, (presentations, outputs)."""
        silent = np.zeros(0, np.int64)
        return self.judge(trains, (np.zeros(len(trains[0]), np.int64), silent, silent)).outputs

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

    def arrays(self) -> dict[str, Any]:
        """The weights [A]."""
        return dict(zip(self._names, self._weights, strict=True))

    def generators(self) -> list[np.random.Generator]:
        """None: nothing is drawn after the first weights."""
        return []

    def learning(self) -> list[str]:
        """The projections."""
        return self._names
