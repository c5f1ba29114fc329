"""When the error feedback of FOLLOW is stable.

The loop holds two filters of time constant tau (the error's and the readout's) and the gain k.
In continuous time ``(1 + s tau)^2 + k exp(-s T) = 0`` is stable for every k at T = 0, and the pure
delay that it bears is :func:`delay_margin`.  :func:`loop_growth` is the same for whole time steps.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = ["delay_margin", "loop_growth"]


def delay_margin(gain: float, tau_s: float = 0.02) -> float:
    """Longest pure delay [s] in the error path: tau (pi - 2 atan w)/w, with w = sqrt(k - 1).

    Infinite for gains up to 1.
    """
    if gain <= 1.0:
        return math.inf
    w = math.sqrt(gain - 1.0)
    return tau_s * (math.pi - 2.0 * math.atan(w)) / w


def loop_growth(gain: float, delay_s: float, tau_s: float = 0.02, dt_s: float = 0.001) -> float:
    """Factor by which the loop's slowest disturbance grows in one time step; stable below 1.

    Largest root of ``(z - A)^2 z^n + k (1 - A)^2 z = 0``, A = exp(-dt/tau), n the delay in steps.
    """
    a = math.exp(-dt_s / tau_s)
    steps = round(delay_s / dt_s)
    polynomial = np.zeros(steps + 3)
    polynomial[:3] = [1.0, -2.0 * a, a * a]
    polynomial[-2] += gain * (1.0 - a) ** 2
    return float(np.abs(np.roots(polynomial)).max())
