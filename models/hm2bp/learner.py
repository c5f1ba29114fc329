"""The network in compiled steps, which learns image by image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from bioplaus.layered.trains import train_of
from bioplaus.models.hm2bp.parameters import HybridMacroMicro, check_network, whole_steps
from bioplaus.models.hm2bp.spikes import Cell, fire
from bioplaus.models.hm2bp.update import Target, gradient, move, scratch
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import quantities

__all__ = ["BELOW", "PROJECTIONS", "Learner", "Seen", "cells", "first_weights", "reweighted"]

Array: TypeAlias = npt.NDArray[Any]
Trains: TypeAlias = tuple[Array, Array, Array]
"""Spike trains of images: where each begins (images + 1,), steps, pixels."""

PROJECTIONS = ("input_to_hidden", "hidden_to_output")

BELOW = 1e-6
"""The threshold is crossed this much below its value, as in the released program."""


class Seen(NamedTuple):
    """What a stretch of images showed.

    wrong : (images,) whether the count of the class was not the largest (the first of equals
    answers); cost : mean squared error of the counts; spikes : (3,) a layer and image.
    """

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


class Learner:
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
        self._step = 1

    def _measure(self) -> None:
        for size, w in zip(self._sizes, self._weights, strict=True):
            size[:] = np.square(w / self._pull[2]).mean(axis=0)

    def learn(
        self, trains: Trains, labels: Array, order: Array, weights: Array, strength: float = 1.0
    ) -> Seen:
        """Learn images one by one in the given order.

        weights : (images,) of the samples; strength : share of the learning rate.
        """
        return self._show(trains, labels, order, weights, strength * self.learning_rate)

    def judge(self, trains: Trains, labels: Array) -> Seen:
        """Show images without learning."""
        return self._show(trains, labels, np.arange(len(labels)), np.ones(len(labels)), 0.0)

    def _show(
        self, trains: Trains, labels: Array, order: Array, weights: Array, rate: float
    ) -> Seen:
        if len(trains[0]) != len(labels) + 1:
            raise ShapeError(f"{len(trains[0]) - 1} spike trains for {len(labels)} labels")
        if not np.isin(order, np.arange(len(labels))).all():
            raise ShapeError(f"the order goes from {min(order)} to {max(order)}, of {len(labels)}")
        wrong = np.zeros(len(labels), np.bool_)
        cost, spikes, self._step = _present(
            self._weights, self._means, self._squares, self._sizes, self._steps, self._cells,
            self._target, self._pull, tuple(trains), labels, order, weights, rate, self._step,
            wrong,
        )  # fmt: skip
        return Seen(wrong, cost / len(order), spikes / len(order))

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
        return dict(zip(PROJECTIONS, sums, strict=True))

    def weights(self) -> dict[str, Array]:
        """Copies of the weights, (pre, post)."""
        return {name: w.copy() for name, w in zip(PROJECTIONS, self._weights, strict=True)}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Put other weights in their place.

        Raises
        ------
        ShapeError
            For a name that there is not, or a matrix that is not (pre, post).
        """
        mine = dict(zip(PROJECTIONS, self._weights, strict=True))
        for name, new in weights.items():
            if name not in mine:
                raise ShapeError(f"{name!r} does not learn; what does is {', '.join(mine)}")
            if np.shape(new) != mine[name].shape:
                raise ShapeError(f"{name} is (pre, post) = {mine[name].shape}, not {np.shape(new)}")
            mine[name][:] = new
        self._measure()

    def _arrays(self) -> dict[str, Array]:
        kinds = {
            "weights": self._weights,
            "means": self._means,
            "squares": self._squares,
            "sizes": self._sizes,
        }
        return {
            f"{kind} {name}": array
            for kind, arrays in kinds.items()
            for name, array in zip(PROJECTIONS, arrays, strict=True)
        }

    def state(self) -> dict[str, Array]:
        """Everything that learning has changed."""
        copies = {name: array.copy() for name, array in self._arrays().items()}
        return copies | {"step": np.array(self._step)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Put back what :meth:`state` returned."""
        for name, array in self._arrays().items():
            array[:] = state[name]
        self._step = int(state["step"])

    def set(self, values: Mapping[str, Any]) -> None:
        """Set what may be tuned while training: ``learning_rate``."""
        for name, value in values.items():
            if name != "learning_rate":
                raise ShapeError(f"{name!r} cannot be set; what can is learning_rate")
            self.learning_rate = float(value)


@njit(cache=True, error_model="numpy")
def _present(  # type: ignore[no-untyped-def]
    weights, means, squares, sizes, steps, cells, target, pull, trains, labels, order, of_samples,
    rate, number, wrong,
):  # fmt: skip
    start, step, i = trains
    (w1, w2), (hidden, output) = weights, cells
    room = scratch(w1.shape[0], w1.shape[1], w2.shape[1], steps, w1.dtype)
    cost, spikes = 0.0, np.zeros(3)
    for k in order:
        at0, i0 = train_of(step[start[k] : start[k + 1]], i[start[k] : start[k + 1]], steps)
        at1, i1, count1 = fire(w1, at0, i0, hidden)
        at2, i2, count2 = fire(w2, at1, i1, output)
        spikes[0] += len(i0)
        spikes[1] += len(i1)
        spikes[2] += len(i2)
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
