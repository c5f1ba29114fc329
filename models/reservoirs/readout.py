"""Linear readouts, and how much of the past they can read (Jaeger 2001)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["memory_capacity", "ridge"]

Floats = NDArray[np.float64]


def ridge(states: Floats, target: Floats, strength: float) -> Floats:
    """Weights (n + 1,), the last a bias, of a linear readout of states (times, n)."""
    known = np.column_stack([states, np.ones(len(states))])
    shrunk = known.T @ known + strength * np.eye(known.shape[1])
    return np.asarray(np.linalg.solve(shrunk, known.T @ target), np.float64)


def memory_capacity(
    states: Floats, u: Floats, delays: int, washout: int = 200, strength: float = 1e-9
) -> Floats:
    """(delays,) squared correlation of the best readout with the input 1, 2, ... steps ago.

    states : (times, n) after each input u (times,).  Readouts are fitted on the first half after
    the washout and judged on the rest.  The sum is at most n (Jaeger 2001, proposition 2), but for
    chance correlations of a finite test.
    """
    half = (len(u) + washout) // 2
    known = np.column_stack([states, np.ones(len(states))])
    delayed = np.column_stack([np.r_[np.zeros(k), u[:-k]] for k in range(1, delays + 1)])
    readouts = ridge(states[washout:half], delayed[washout:half], strength)
    answers, wanted = known[half:] @ readouts, delayed[half:]
    answers -= answers.mean(axis=0)
    wanted = wanted - wanted.mean(axis=0)
    below = (answers**2).sum(axis=0) * (wanted**2).sum(axis=0)
    above = (answers * wanted).sum(axis=0) ** 2
    return np.divide(above, below, out=np.zeros(delays), where=below > 0)
