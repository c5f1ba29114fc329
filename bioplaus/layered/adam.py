"""Adam (Kingma and Ba 2015), compiled: one pass over the weights, nothing allocated."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["adam"]

MEAN, SQUARE, SMALL = 0.9, 0.999, 1e-8


@njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def adam(w, gradient, mean, square, rate, step):  # type: ignore[no-untyped-def]
    """Move ``w`` (rows, columns) against ``gradient``; ``mean`` and ``square`` are its moments.

    step : number of this update, from 1.  Decays 0.9 and 0.999, 1e-8 below the root.
    """
    of_mean, of_square = rate / (1.0 - MEAN**step), 1.0 / (1.0 - SQUARE**step)
    for row in range(w.shape[0]):
        g, m, v, x = gradient[row], mean[row], square[row], w[row]
        for k in range(w.shape[1]):
            m[k] = MEAN * m[k] + (1.0 - MEAN) * g[k]
        for k in range(w.shape[1]):
            v[k] = SQUARE * v[k] + (1.0 - SQUARE) * g[k] * g[k]
        for k in range(w.shape[1]):
            x[k] -= of_mean * m[k] / (np.sqrt(v[k] * of_square) + SMALL)
