"""How alike two spike trains are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["train_correlation"]


def train_correlation(a: npt.ArrayLike, b: npt.ArrayLike, tau: float = 5e-3) -> float:
    """Correlation of two trains after an exponential filter, in 0 .. 1.

    a, b : spike times, in the unit of ``tau``.  Of two filtered trains the inner product is
    proportional to the sum over pairs of exp(-abs(difference)/tau); this is it over the lengths.
    Two empty trains are alike (1), an empty one and another are not (0).
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if len(x) == 0 or len(y) == 0:
        return float(len(x) == len(y))
    both, one, other = (_product(*pair, tau) for pair in ((x, y), (x, x), (y, y)))
    return float(both / np.sqrt(one * other))


def _product(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], tau: float) -> float:
    return float(np.exp(-np.abs(x[:, None] - y) / tau).sum())
