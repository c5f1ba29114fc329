"""The equivalent network without spikes: what the spiking rule is held against.

One image at a time.  Units are linear between 0 and 1 (a rate between silence and the ceiling),
their derivative is the boxcar of that range, and the error is output minus target.  ``dfa`` sends
the error through fixed random weights to every hidden layer (direct feedback alignment, Nokland
2016; skipped random back-propagation, Baldi, Sadowski and Lu 2016): the rate limit of the
event-driven rule.  ``bp`` uses the transposed forward weights, layer by layer.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["RateNetwork"]

Array = npt.NDArray[np.float32]


class RateNetwork:
    """A feed-forward network of clipped linear units with biases.

    Parameters
    ----------
    sizes
        Units of each layer, input first.
    rng
        Draws weights and feedback.
    method
        ``"dfa"`` or ``"bp"``.

    Attributes
    ----------
    weights, biases
        (pre, post) and (post,) float32 of each layer, input side first.
    feedback
        (classes, hidden) float32 of each hidden layer, fixed; used by ``dfa``.

    Raises
    ------
    ValueError
        For another method or fewer than one hidden layer.
    """

    def __init__(self, sizes: tuple[int, ...], rng: np.random.Generator, method: str) -> None:
        if method not in ("dfa", "bp"):
            raise ValueError(f"method {method!r} is neither dfa nor bp")
        if len(sizes) < 3:
            raise ValueError(f"sizes {sizes} have no hidden layer")
        self.method = method
        self.weights = [
            rng.uniform(-1, 1, (pre, post)).astype(np.float32) / np.float32(np.sqrt(pre))
            for pre, post in pairwise(sizes)
        ]
        self.biases = [np.full(post, 0.5, np.float32) for post in sizes[1:]]
        self.feedback = [
            rng.uniform(-0.5, 0.5, (sizes[-1], hidden)).astype(np.float32) for hidden in sizes[1:-1]
        ]

    def train(self, images: Array, labels: npt.ArrayLike, rates: npt.ArrayLike) -> int:
        """One step for each image; returns how many were classified wrongly before their step.

        images : (image, pixel) in [0, 1]; labels : (image,); rates : (image,) learning rates.
        """
        return int(
            _train(
                np.ascontiguousarray(images, np.float32),
                np.asarray(labels, np.int64),
                np.asarray(rates, np.float32),
                tuple(self.weights),
                tuple(self.biases),
                tuple(self.feedback),
                self.method == "dfa",
            )
        )

    def classify(self, images: Array) -> npt.NDArray[np.int64]:
        """Class of each image: the unit that is driven most (image,)."""
        h = np.asarray(images, np.float32)
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = np.clip(h @ w + b, 0, 1)
        return (h @ self.weights[-1] + self.biases[-1]).argmax(axis=1)

    def hidden_errors(self, image: Array, label: int) -> list[Array]:
        """What each hidden unit is told for one image, (hidden,) per layer, derivative included."""
        values = _forward(np.asarray(image, np.float32), tuple(self.weights), tuple(self.biases))
        deltas = _deltas(
            values, label, tuple(self.weights), tuple(self.feedback), self.method == "dfa"
        )
        return [np.asarray(delta) for delta in deltas[:-1]]

    def hidden_updates(self, images: Array, labels: npt.ArrayLike, method: str) -> list[Array]:
        """Descent direction of the hidden weights, (pre, hidden) per layer, summed over images.

        method : whose error is sent down, ``"dfa"`` or ``"bp"``, whatever this network learns by.
        """
        updates = [np.zeros_like(w) for w in self.weights[:-1]]
        weights, feedback = tuple(self.weights), tuple(self.feedback)
        for image, label in zip(np.asarray(images, np.float32), np.asarray(labels), strict=True):
            values = _forward(image, weights, tuple(self.biases))
            deltas = _deltas(values, label, weights, feedback, method == "dfa")
            below = [image, *(np.clip(a, 0, 1) for a in values[1:])]
            for update, h, delta in zip(updates, below, deltas):
                update -= np.outer(h, delta)
        return updates


@njit(cache=True)
def _forward(image, weights, biases):  # type: ignore[no-untyped-def]
    """Potentials of every layer after the input."""
    values = [image]
    h = image
    for layer in range(len(weights)):
        a = biases[layer].copy()
        for pre in range(h.size):
            if h[pre] != 0:
                a += h[pre] * weights[layer][pre]
        values.append(a)
        h = np.minimum(np.maximum(a, np.float32(0)), np.float32(1))
    return values


@njit(cache=True)
def _deltas(values, label, weights, feedback, direct):  # type: ignore[no-untyped-def]
    """Error of every layer after the input, hidden ones times their derivative."""
    last = len(weights) - 1
    error = np.minimum(np.maximum(values[last + 1], np.float32(0)), np.float32(1))
    error[label] -= np.float32(1)
    deltas = [error for _ in range(last + 1)]
    above = error
    for layer in range(last - 1, -1, -1):
        told = error @ feedback[layer] if direct else weights[layer + 1] @ above
        a = values[layer + 1]
        for unit in range(told.size):
            if a[unit] <= 0 or a[unit] >= 1:
                told[unit] = 0
        deltas[layer] = told
        above = told
    return deltas


@njit(cache=True)
def _train(images, labels, rates, weights, biases, feedback, direct):  # type: ignore[no-untyped-def]
    wrong = 0
    for n in range(len(images)):
        values = _forward(images[n], weights, biases)
        wrong += np.argmax(values[len(weights)]) != labels[n]
        deltas = _deltas(values, labels[n], weights, feedback, direct)
        h = images[n]
        for layer in range(len(weights)):
            step = rates[n] * deltas[layer]
            for pre in range(h.size):
                if h[pre] != 0:
                    weights[layer][pre] -= h[pre] * step
            biases[layer][:] -= step
            h = np.minimum(np.maximum(values[layer + 1], np.float32(0)), np.float32(1))
    return wrong
