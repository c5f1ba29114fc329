"""Adam (Kingma and Ba 2015), compiled: one pass over the weights, nothing allocated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["adam", "adam_row"]

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
