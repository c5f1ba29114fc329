"""The factorised form: no trace per synapse, one scan backwards and a product of matrices.

g_ij = integral of error_j (alpha * (sigma_j psp_i)) = sum over t of psp_i sigma_j worth_j
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bioplaus.layered.learner import NamedArrays, layer_names
from bioplaus.models.superspike.layer import (
    Layer,
    Shown,
    backwards,
    constants,
    filtered_error,
    layer_of,
)
from bioplaus.models.superspike.parameters import SuperSpike, check_network, sizes
from bioplaus.neurons.cell import ShapeError
from bioplaus.parameters import quantities

__all__ = ["Learner", "Seen", "first_weights", "projections"]

Array = NDArray[np.float64]
SMALL = 1e-12
"""Beside the root of the largest squared gradient [ms/mV]."""


class Seen(NamedTuple):
    """What trials showed.

    outputs : (trials, outputs) spikes; loss : (trials,) van Rossum distance of all outputs [ms];
    spikes : (layers,) behind the input, a trial.
    """

    outputs: Array
    loss: Array
    spikes: Array


def projections(p: SuperSpike) -> list[str]:
    """Names of the projections, input side first."""
    return [f"{pre}_to_{post}" for pre, post in pairwise(layer_names(len(sizes(p)) - 1))]


def first_weights(p: SuperSpike, rng: np.random.Generator) -> dict[str, Array]:
    """Normal weights (pre, post) [mV], and by ``feedback_<layer>`` those that carry errors back.

    Feedback is (layer, outputs): ones, or normal and fixed; where it is symmetric, there is none.
    """
    check_network(p)
    spread = 1e3 * float(quantities(p).first_spread)
    shapes = list(pairwise(sizes(p)))
    found = {
        name: spread * rng.standard_normal(shape) / np.sqrt(shape[0])
        for name, shape in zip(projections(p), shapes, strict=True)
    }
    outputs = shapes[-1][1]
    for layer, (_, cells) in zip(layer_names(len(shapes))[1:-1], shapes):
        drawn = rng.standard_normal((cells, outputs))
        if p.feedback in ("random", "uniform"):
            found[f"feedback_{layer}"] = drawn if p.feedback == "random" else np.ones_like(drawn)
    return found


class Learner(NamedArrays):
    """Weights, feedback and largest squared gradients of one network under training.

    rng : draws the first weights.
    """

    def __init__(self, p: SuperSpike, rng: np.random.Generator) -> None:
        self.p, self.constants = p, constants(p)
        self.learning_rate = 1e3 * float(quantities(p).learning_rate)
        self._now = first_weights(p, rng)
        self._names = projections(p)
        self._largest = {name: np.zeros_like(self._now[name]) for name in self._names}

    def learn(self, x: Any, target: Any, strength: float = 1.0) -> Seen:
        """Show trials one by one, and move the weights after each.

        x, target : (trials, steps, inputs) and (trials, steps, outputs) of 0 and 1.
        """
        outputs, loss, spikes = [], [], np.zeros(len(self._names))
        for one, wanted in zip(x, target, strict=True):
            shown = self.show(one, wanted)
            if strength != 0:
                self.descend(self.gradients(shown), strength)
            outputs.append(shown.layers[-1].z.sum(axis=0, dtype=np.int64))
            loss.append(shown.loss.sum())
            spikes += [layer.z.sum() for layer in shown.layers]
        return Seen(np.array(outputs), np.array(loss), spikes / len(loss))

    def answer(self, x: Any) -> Array:
        """Spikes of the output cells, (trials, outputs)."""
        outputs = self._now[self._names[-1]].shape[1]
        return self.learn(x, np.zeros((*np.shape(x)[:2], outputs), np.uint8), 0.0).outputs

    def show(self, x: Any, target: Any) -> Shown:
        """A trial from rest.

        Raises
        ------
        ShapeError
            If input and target do not fit the network or one another.
        """
        first, last = (self._now[self._names[k]] for k in (0, -1))
        wanted = (len(x), first.shape[0]), (len(x), last.shape[1])
        if (np.shape(x), np.shape(target)) != wanted:
            raise ShapeError(
                f"input and target (steps, cells) are {np.shape(x)} and {np.shape(target)}, where "
                f"{wanted[0]} and {wanted[1]} are needed"
            )
        layers: list[Layer] = []
        spikes = np.ascontiguousarray(x, np.uint8)
        for name in self._names:
            layers.append(Layer(*layer_of(spikes, self._now[name], self.constants)))
            spikes = layers[-1].z
        error, loss = filtered_error(spikes, np.ascontiguousarray(target), self.constants)
        return Shown(layers, error, loss)

    def gradients(self, shown: Shown) -> dict[str, Array]:
        """What each projection is to be moved along, (pre, post) [ms/mV]."""
        worth = backwards(shown.error, self.constants)
        found = {}
        for name, layer, back in zip(self._names, shown.layers, self.feedback(), strict=True):
            heard = worth if back is None else worth @ back.T
            found[name] = layer.psp.T @ (layer.sigma * heard)
        return found

    def feedback(self) -> list[Array | None]:
        """For each layer behind the input (cells, outputs); None at the output, which is told."""
        found: list[Array | None] = [None]
        back = np.eye(self._now[self._names[-1]].shape[1])
        for name in self._names[:0:-1]:
            pre, _ = name.split("_to_")
            back = self._now[name] @ back
            given = {"symmetric": back, "none": np.zeros_like(back)}
            found.append(given.get(self.p.feedback, self._now.get(f"feedback_{pre}", back)))
        return found[::-1]

    def descend(self, gradients: Mapping[str, Array], strength: float = 1.0) -> None:
        """Move the weights: g over the root of its largest square, which is slowly forgotten."""
        for name, gradient in gradients.items():
            largest = self._largest[name]
            np.maximum(self.p.forgetting * largest, gradient**2, out=largest)
            rate = strength * self.learning_rate
            self._now[name] += rate * gradient / (np.sqrt(largest) + SMALL)

    def arrays(self) -> dict[str, Any]:
        """Weights, feedback and largest squared gradients."""
        return {**self._now, **{f"largest {name}": a for name, a in self._largest.items()}}

    def generators(self) -> list[np.random.Generator]:
        """None: nothing is drawn after the first weights."""
        return []

    def learning(self) -> list[str]:
        """The projections."""
        return self._names
