"""What the triplet rule adds up to, as sums over spikes without traces that are carried along."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["triplet_sum"]


def triplet_sum(
    pre: ArrayLike, post: ArrayLike, amplitudes: Sequence[float], nearest: bool
) -> float:
    """Change of a weight by given spikes (Pfister and Gerstner 2006, eqs 2 to 4).

    pre, post : times [ms]; amplitudes : A2+, A3+, A2-, A3-, and the time constants tau_x, tau_y,
    tau_plus, tau_minus [ms].
    """
    a2p, a3p, a2m, a3m, tau_x, tau_y, tau_plus, tau_minus = amplitudes
    before, behind = np.asarray(pre, float), np.asarray(post, float)

    def trace(spikes: np.ndarray, t: float, tau: float, same: bool = False) -> float:
        past = spikes[spikes <= t] if same else spikes[spikes < t]
        return float(np.exp(-(t - (past[-1:] if nearest else past)) / tau).sum())

    grows = sum(
        trace(before, t, tau_plus, same=True) * (a2p + a3p * trace(behind, t, tau_y))
        for t in behind
    )
    falls = sum(trace(behind, t, tau_minus) * (a2m + a3m * trace(before, t, tau_x)) for t in before)
    return float(grows - falls)
