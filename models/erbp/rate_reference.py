"""The equivalent network without spikes: what the spiking rule is held against.

Two error paths on units that are linear between 0 and 1 (a rate between silence and the ceiling),
their derivative the boxcar of that range.  ``dfa`` sends the error through fixed random weights to
every hidden layer (direct feedback alignment, Nokland 2016; skipped random back-propagation, Baldi,
Sadowski and Lu 2016): the rate limit of the event-driven rule.  ``bp`` uses the transposed forward
weights, layer by layer.  The loop over single images is compiled, and skips pixels of value zero.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.feedback import Transported
from bioplaus.layered.network import Layered

__all__ = ["RateNetwork"]

Array = npt.NDArray[np.float32]

PATHS = {"dfa": ErrorPath(route="direct"), "bp": ErrorPath(feedback=Transported())}


class RateNetwork(Taught):
    """A feed-forward network of clipped linear units, and the path that teaches it.

    Parameters
    ----------
    sizes
        Units of each layer, input first.
    rng
        Draws weights in +-1/sqrt(pre) and feedback in +-0.5; biases are 0.5.
    method
        ``"dfa"`` or ``"bp"``.

    Raises
    ------
    ValueError
        For another method or fewer than one hidden layer.
    """

    def __init__(self, sizes: tuple[int, ...], rng: np.random.Generator, method: str) -> None:
        if method not in PATHS:
            raise ValueError(f"method {method!r} is neither dfa nor bp")
        if len(sizes) < 3:
            raise ValueError(f"sizes {sizes} have no hidden layer")
        first = np.random.default_rng(0)  # of draws that are replaced
        super().__init__(Layered(sizes, first, "clipped", "clipped"), PATHS[method], first)
        for w, b, (pre, post) in zip(self.net.w, self.net.b, pairwise(sizes)):
            w[...] = rng.uniform(-1, 1, (pre, post)).astype(np.float32) / np.float32(np.sqrt(pre))
            b[...] = 0.5
        feedback = [rng.uniform(-0.5, 0.5, (sizes[-1], hidden)) for hidden in sizes[1:-1]]
        for b, drawn in zip(self.way.B, feedback):
            b[...] = drawn

    def train(self, images: Array, labels: npt.ArrayLike, rates: npt.ArrayLike) -> int:
        """One step for each image; returns how many were classified wrongly before their step.

        images : (image, pixel) in [0, 1]; labels : (image,); rates : (image,) learning rates.
        """
        return int(
            _train(
                np.ascontiguousarray(images, np.float32),
                np.asarray(labels, np.int64),
                np.asarray(rates, np.float32),
                tuple(self.net.w),
                tuple(self.net.b),
                tuple(self.way.B or self.net.w[1:]),
                self.way.direct,
            )
        )

    def classify(self, images: Array) -> npt.NDArray[np.int64]:
        """Class of each image: the unit that is driven most (image,)."""
        return self.net.up(images).a[-1].argmax(axis=1)


@njit(cache=True, inline="always")
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


@njit(cache=True, inline="always")
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
                    row = weights[layer][pre]
                    row -= h[pre] * step
            bias = biases[layer]
            bias -= step
            h = np.minimum(np.maximum(values[layer + 1], np.float32(0)), np.float32(1))
    return wrong
