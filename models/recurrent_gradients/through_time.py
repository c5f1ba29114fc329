"""Backpropagation through time, whole, truncated, and as a replay in reverse order.

c_t = error_t W_out^T + c_{t+1} J_{t+1}^T,   dW = sum over t of l u_t^T (c_t f'_t)
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bioplaus.models.recurrent_gradients.network import Floats, RateNetwork

__all__ = ["replayed", "swept_back", "through_time"]


def through_time(
    network: RateNetwork, x: Floats, target: Floats, window: int | None = None
) -> Floats:
    """The gradient of the loss with respect to the weights, (n + inputs + 1, n).

    window : credit is not carried over the ends of blocks of so many steps; None: the whole.

    Raises
    ------
    ValueError
        For a window below one step.
    """
    return swept_back(network, network, x, target, len(x) if window is None else window)


def replayed(network: RateNetwork, feedback: Floats, x: Floats, target: Floats) -> Floats:
    """The same sweep over the stored states, with other weights (n, n) to carry credit back.

    With the recurrent weights themselves it is backpropagation through time; with fixed random
    ones only local quantities are used.
    """
    weights = np.concatenate([feedback, network.weights[network.units :]])
    return swept_back(network, replace(network, weights=weights), x, target, len(x))


def swept_back(
    network: RateNetwork, backwards: RateNetwork, x: Floats, target: Floats, window: int
) -> Floats:
    """The sweep itself: what ``network`` did, and credit by the weights of ``backwards``."""
    if window < 1:
        raise ValueError(f"a window of {window} steps holds none; at least 1 would do")
    seen = network.trajectory(x, target)
    gradient = np.zeros_like(network.weights)
    c = np.zeros(network.units)
    for t in range(len(x) - 1, -1, -1):
        ends_here = t + 1 == len(x) or (t + 1) % window == 0
        carried = 0.0 if ends_here else backwards.jacobian(seen.slope[t + 1]) @ c
        c = network.readout @ seen.error[t] + carried
        gradient += network.leak * np.outer(seen.heard[t], c * seen.slope[t])
    return gradient
