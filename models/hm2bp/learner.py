"""The network in compiled steps, which learns image by image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from bioplaus.layered.learner import NamedArrays
from bioplaus.layered.trains import Trains, train_of
from bioplaus.models.hm2bp.parameters import HybridMacroMicro, check_network, whole_steps
from bioplaus.models.hm2bp.spikes import Cell, fire
from bioplaus.models.hm2bp.update import Target, gradient, move, scratch
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import quantities

__all__ = ["BELOW", "PROJECTIONS", "Learner", "Seen", "cells", "first_weights", "reweighted"]

Array: TypeAlias = npt.NDArray[Any]

PROJECTIONS = ("input_to_hidden", "hidden_to_output")

BELOW = 1e-6
"""The threshold is crossed this much below its value, as in the released program."""


class Seen(NamedTuple):
    """What a stretch of images showed.

    outputs : (images, classes) spikes; wrong : (images,) whether the count of the class was not the
    largest (the first of equals answers); cost : mean squared error of the counts; spikes : (3,) a
    layer and image.
    """

    outputs: Array
    wrong: Array
    cost: float
    spikes: Array


def cells(p: HybridMacroMicro) -> tuple[Cell, Cell]:
    """Constants of hidden and output cells."""
    q = quantities(p)
    tau_m, tau_s = (float(tau / q.time_step) for tau in (q.tau_membrane, q.tau_synapse))
    held = whole_steps(p, "refractory") - 1
    return (
        Cell(tau_m, tau_s, p.hidden_threshold - BELOW, held, 0.0),
        Cell(tau_m, tau_s, p.output_threshold - BELOW, held, p.inhibition),
    )


def first_weights(p: HybridMacroMicro, rng: np.random.Generator) -> dict[str, Array]:
    """Uniform weights, (pre, post)."""
    sizes = (p.inputs, p.hidden, p.classes)
    return {
        name: rng.uniform(-p.first_weights, p.first_weights, sizes[k : k + 2])
        for k, name in enumerate(PROJECTIONS)
    }


def reweighted(weights: Array, wrong: Array, labels: Array) -> Array:
    """Weights of the samples after an epoch: those that were wrong count more.

    Of each class by e^(m/20), m being the weighted share of its wrong ones.
    """
    new = weights.copy()
    for label in np.unique(labels):
        of_class = labels == label
        share = weights[of_class & wrong].sum() / weights[of_class].sum()
        new[of_class & wrong] *= np.exp(share / 20)
    return new


class Learner(NamedArrays):
    """Weights and Adam's moments of one network.

    Parameters
    ----------
    rng
        Draws the first weights.
    precision
        Of weights, potentials and effects.
    """

    def __init__(
        self, p: HybridMacroMicro, rng: np.random.Generator, precision: npt.DTypeLike = np.float32
    ) -> None:
        check_network(p)
        self.learning_rate = p.learning_rate
        self._steps, self._cells = whole_steps(p, "presentation"), cells(p)
        self._target = Target(p.wanted, p.unwanted, p.margin, p.bracket, p.lateral_factor)
        self._pull = (p.regularisation, p.sharpness, p.weight_limit)
        first = [w.astype(precision) for w in first_weights(p, rng).values()]
        self._weights = tuple(first)
        self._means, self._squares = (tuple(np.zeros_like(w) for w in first) for _ in range(2))
        self._sizes = tuple(np.zeros(w.shape[1], precision) for w in first)
        self._measure()
        self._updates = np.zeros(1)

    def _measure(self) -> None:
        for size, w in zip(self._sizes, self._weights, strict=True):
            size[:] = np.square(w / self._pull[2]).mean(axis=0)

    def learn(
        self, trains: Trains, labels: Array, strength: float = 1.0, weights: Array | None = None
    ) -> Seen:
        """Learn images one by one.

        trains : steps and pixels of (images,) samples; strength : share of the learning rate;
        weights : (images,) of the samples, 1 where they are not given.

        Raises
        ------
        ShapeError
            If there are not as many of each.
        """
        images, given = len(labels), np.ones(len(labels)) if weights is None else weights
        if (len(trains[0]), len(given)) != (images + 1, images):
            raise ShapeError(
                f"{len(trains[0]) - 1} spike trains, {images} labels, {len(given)} weights"
            )
        outputs, wrong = np.zeros((images, self._weights[1].shape[1]), int), np.zeros(images, bool)
        cost, spikes, number = _present(
            self._weights, self._means, self._squares, self._sizes, self._steps, self._cells,
            self._target, self._pull, tuple(trains), labels, given, strength * self.learning_rate,
            int(self._updates[0]) + 1, outputs, wrong,
        )  # fmt: skip
        self._updates[0] = number - 1
        return Seen(outputs, wrong, cost / images, spikes / images)

    def judge(self, trains: Trains, labels: Array) -> Seen:
        """Show images without learning."""
        return self.learn(trains, labels, 0.0)

    def answer(self, trains: Trains) -> Array:
        """Spikes of the output cells, (images, classes)."""
        return self.judge(trains, np.zeros(len(trains[0]) - 1, int)).outputs

    def spikes(self, trains: Trains, image: int) -> list[tuple[Array, Array]]:
        """Trains (at, i) of the three layers for one image."""
        start, step, i = trains
        here = slice(start[image], start[image + 1])
        found = [train_of(step[here], i[here], self._steps)]
        for w, cell in zip(self._weights, self._cells, strict=True):
            at, cells = found[-1]
            found.append(fire(w, at, cells, cell)[:2])
        return found

    def gradient(self, trains: Trains, labels: Array) -> dict[str, Array]:
        """Sum over images of the update's gradient, (pre, post), without the regularisation."""
        sums = tuple(np.zeros(w.shape) for w in self._weights)
        (w1, w2), (hidden, output) = self._weights, self._cells
        room = scratch(w1.shape[0], w1.shape[1], w2.shape[1], self._steps, w1.dtype)
        for image, label in enumerate(labels):
            layers = tuple(self.spikes(trains, image))
            counts = tuple(
                np.bincount(i, minlength=w.shape[1])
                for w, (_, i) in zip(self._weights, layers[1:], strict=True)
            )
            g1, e1, g2, e2, fed, _ = gradient(
                w1, w2, layers, counts, label, 1.0, hidden, output, self._target, room
            )
            sums[0][fed] += g1 * e1
            sums[1][:] += g2 * e2
        return dict(_named(sums))

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Put weights, as :meth:`weights` gives them, in their place; others stay."""
        super().set_weights(weights)
        self._measure()

    def arrays(self) -> dict[str, Any]:
        """Weights, moments, mean squares into a cell, and the number of updates."""
        kept = {"mean": self._means, "square": self._squares, "size": self._sizes}
        beside = {f"{word} {name}": a for word, of in kept.items() for name, a in _named(of)}
        return {**dict(_named(self._weights)), **beside, "updates": self._updates}

    def generators(self) -> list[np.random.Generator]:
        """None: nothing is drawn after the first weights."""
        return []

    def learning(self) -> list[str]:
        """The projections."""
        return list(PROJECTIONS)


def _named(arrays: tuple[Array, ...]) -> Iterator[tuple[str, Array]]:
    return zip(PROJECTIONS, arrays, strict=True)


@njit(cache=True, error_model="numpy")
def _present(  # type: ignore[no-untyped-def]
    weights, means, squares, sizes, steps, cells, target, pull, trains, labels, of_samples, rate,
    number, outputs, wrong,
):  # fmt: skip
    start, step, i = trains
    (w1, w2), (hidden, output) = weights, cells
    room = scratch(w1.shape[0], w1.shape[1], w2.shape[1], steps, w1.dtype)
    cost, spikes = 0.0, np.zeros(3)
    for k in range(len(labels)):
        at0, i0 = train_of(step[start[k] : start[k + 1]], i[start[k] : start[k + 1]], steps)
        at1, i1, count1 = fire(w1, at0, i0, hidden)
        at2, i2, count2 = fire(w2, at1, i1, output)
        spikes[0] += len(i0)
        spikes[1] += len(i1)
        spikes[2] += len(i2)
        for j in range(len(count2)):
            outputs[k, j] = count2[j]
        wrong[k] = np.argmax(count2) != labels[k] or count2[labels[k]] == 0
        if rate == 0.0:
            continue
        g1, e1, g2, e2, fed, error = gradient(
            w1, w2, ((at0, i0), (at1, i1), (at2, i2)), (count1, count2), labels[k],
            of_samples[k], hidden, output, target, room,
        )  # fmt: skip
        cost += error
        move(
            w2, g2, e2, np.arange(w2.shape[0]), means[1], squares[1],
            sizes[1], pull, rate, number,
        )  # fmt: skip
        move(w1, g1, e1, fed, means[0], squares[0], sizes[0], pull, rate, number)
        number += 1
    return cost, spikes, number
