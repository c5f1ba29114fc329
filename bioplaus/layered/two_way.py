"""Weights of a layered network whose way down has weights of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Array", "TwoWay", "flipped", "uniform"]

Array = np.ndarray[Any, Any]


class TwoWay(NamedTuple):
    """All plastic quantities; layers count from the first hidden (index 0) to the output.

    forward : per layer, (n_below, n); feedback : per hidden layer, (n_above, n); bias : (n,).
    """

    forward: tuple[Array, ...]
    feedback: tuple[Array, ...]
    bias: tuple[Array, ...]

    def arrays(self) -> dict[str, Array]:
        """The arrays by name: ``forward 0``, ``feedback 0``, ..."""
        return {
            f"{kind} {layer}": matrix
            for kind, group in zip(self._fields, self, strict=True)
            for layer, matrix in enumerate(group)
        }


def uniform(rng: np.random.Generator, bound: float, shape: Any, dtype: Any) -> Array:
    """Draws in +-bound, in double precision first."""
    return rng.uniform(-bound, bound, shape).astype(dtype)


def flipped(weight: Array, angle: float, rng: np.random.Generator) -> Array:
    """The transpose with each sign turned with probability ``(1 - cos angle) / 2``.

    The expected angle to the transpose is then ``angle`` [degrees] (Ernoult 2020).
    """
    copy = np.ascontiguousarray(weight.T)
    copy[rng.random(copy.shape) < (1 - np.cos(np.deg2rad(angle))) / 2] *= -1
    return copy
