"""A layered network of rate units for mini-batches: what every error path teaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from bioplaus.layered.units import Array, unit
from bioplaus.parameters import ParameterError

__all__ = ["Layered", "Seen", "draw", "weight_counts"]


@dataclass(frozen=True)
class Seen:
    """What one batch did on its way up.

    a : drives of the layers after the input, each (batch, n); h : rates, the input first.
    """

    a: list[Array]
    h: list[Array]


class Layered:
    """Weights and biases, and the way up: ``a_k = h_k W_k + b_k``, ``h_(k+1) = f(a_k)``.

    Layers count from 0, the first one behind the input; examples are rows.  The output's error is
    always rate minus target: the gradient in ``a`` of the cross-entropy of logistic and softmax
    outputs, and of half the squared error of linear ones.

    Parameters
    ----------
    sizes
        Units of each layer, input first.
    rng
        Draws the weights, and whatever its units do by chance.
    units, output
        Names in :data:`~bioplaus.layered.units.UNITS`.

    Attributes
    ----------
    w, b
        (pre, post) uniform in +-sqrt(6/(pre + post)), and (post,) zero at the start.

    Raises
    ------
    ParameterError
        For fewer than two layers, or a unit that there is not.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rng: np.random.Generator,
        units: str = "tanh",
        output: str = "logistic",
        dtype: type[np.floating[Any]] = np.float32,
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ParameterError(f"sizes {tuple(sizes)} are not an input, layers and an output")
        if units == "softmax":
            raise ParameterError("softmax is a unit of the output, not of hidden layers")
        self.sizes, self.rng, self.dtype = tuple(sizes), rng, dtype
        self.units = (*[units] * (len(sizes) - 2), output)
        self._units = [unit(name) for name in self.units]
        self.w = [draw(pre, post, rng, dtype) for pre, post in pairwise(sizes)]
        self.b = [np.zeros(post, dtype) for post in sizes[1:]]

    @property
    def hidden(self) -> range:
        """Numbers of the hidden layers, from below."""
        return range(len(self.w) - 1)

    def rate(self, layer: int, a: Array) -> Array:
        """Rates of drives ``a`` (batch, n) in a layer."""
        return self._units[layer].rate(a, self.rng)

    def slope(self, layer: int, a: Array, h: Array) -> Array:
        """Slopes at drives ``a`` with rates ``h``, (batch, n)."""
        return self._units[layer].slope(a, h)

    def slopes(self, seen: Seen) -> list[Array]:
        """Slopes of every hidden layer, (batch, n)."""
        return [self.slope(k, seen.a[k], seen.h[k + 1]) for k in self.hidden]

    def up(self, x: Array, first: int = 0, stop: int | None = None) -> Seen:
        """From rates ``x`` (batch, n) below layer ``first`` to the last, or to before ``stop``."""
        a, h = [], [np.asarray(x, self.dtype)]
        for layer in range(first, len(self.w) if stop is None else stop):
            a.append(h[-1] @ self.w[layer] + self.b[layer])
            h.append(self.rate(layer, a[-1]))
        return Seen(a, h)

    def loss(self, answers: Array, targets: Array) -> Array:
        """Cost of each example, (batch,), whose gradient in the last drive is rate minus target."""
        if self.units[-1] not in ("logistic", "softmax"):
            return 0.5 * np.sum((answers - targets) ** 2, axis=1)
        p = np.clip(np.asarray(answers, float), 1e-7, 1 - 1e-7)
        wrong = targets * np.log(p)
        if self.units[-1] == "logistic":
            wrong = wrong + (1 - targets) * np.log1p(-p)
        return -wrong.sum(axis=1)


def draw(pre: int, post: int, rng: np.random.Generator, dtype: type[np.floating[Any]]) -> Array:
    """Weights (pre, post), uniform with the spread of Glorot and Bengio (2010)."""
    return (np.sqrt(6 / (pre + post)) * rng.uniform(-1, 1, (pre, post))).astype(dtype)


def weight_counts(sizes: Sequence[int]) -> list[int]:
    """Forward weights of each layer, from below."""
    return [pre * post for pre, post in pairwise(sizes)]
