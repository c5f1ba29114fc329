"""Adam (Kingma and Ba 2015), compiled: one pass over the weights, nothing allocated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit

__all__ = ["Adam", "adam", "adam_row"]

MEAN, SQUARE, SMALL = 0.9, 0.999, 1e-8


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def adam_row(w: Any, gradient: Any, mean: Any, square: Any, rate: float, step: int) -> None:
    """Move one row of weights, in the precision of the row; see :func:`adam`."""
    as_row = w.dtype.type
    of_mean, of_square = as_row(rate / (1.0 - MEAN**step)), as_row(1.0 / (1.0 - SQUARE**step))
    kept, new, kept_square, new_square = (
        as_row(MEAN), as_row(1.0 - MEAN), as_row(SQUARE), as_row(1.0 - SQUARE),
    )  # fmt: skip
    small = as_row(SMALL)
    for k in range(len(w)):
        mean_k = kept * mean[k] + new * gradient[k]
        square_k = kept_square * square[k] + new_square * gradient[k] * gradient[k]
        mean[k], square[k] = mean_k, square_k
        w[k] -= of_mean * mean_k / (np.sqrt(square_k * of_square) + small)


@njit(cache=True, error_model="numpy")
def adam(w: Any, gradient: Any, mean: Any, square: Any, rate: float, step: int) -> None:
    """Move ``w`` (rows, columns) against ``gradient``; ``mean`` and ``square`` are its moments.

    step : number of this update, from 1.  Decays 0.9 and 0.999, 1e-8 below the root.
    """
    for row in range(w.shape[0]):
        adam_row(w[row], gradient[row], mean[row], square[row], rate, step)


class Adam:
    """Moments of named weights that are moved together.

    weights : (rows, columns) by name; their shapes and precision are those of the moments.
    """

    def __init__(self, weights: Mapping[str, Any]) -> None:
        self._means, self._squares = (
            {name: np.zeros_like(w) for name, w in weights.items()} for _ in range(2)
        )
        self._steps = np.zeros(1, np.int64)

    def move(self, weights: Mapping[str, Any], gradients: Mapping[str, Any], rate: float) -> None:
        """Move weights in place, once more."""
        self._steps += 1
        for name, gradient in gradients.items():
            moments = self._means[name], self._squares[name]
            adam(weights[name], gradient, *moments, rate, int(self._steps[0]))

    def state(self) -> dict[str, Any]:
        """Moments by name, and how often they were moved."""
        return {"means": self._means, "squares": self._squares, "steps": self._steps}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what :meth:`state` returned."""
        self._steps[...] = state["steps"]
        for mine, theirs in ((self._means, state["means"]), (self._squares, state["squares"])):
            for name, moment in mine.items():
                moment[...] = theirs[name]
