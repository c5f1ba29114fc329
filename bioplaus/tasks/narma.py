"""A non-linear recursion that looks ten steps back (Atiya and Parlos 2000)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["narma"]

BACK = 10


def narma(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """y (times,) for inputs u (times,), uniform in 0 to 0.5.

    y_{t+1} = 0.3 y_t + 0.05 y_t (y_t + ... + y_{t-9}) + 1.5 u_{t-9} u_t + 0.1
    """
    y = np.zeros(len(u))
    for t in range(BACK - 1, len(u) - 1):
        past = y[t - BACK + 1 : t + 1].sum()
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * past + 1.5 * u[t - BACK + 1] * u[t] + 0.1
    return y
