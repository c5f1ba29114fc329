"""Gradients that need no look back: real-time recurrent learning and its cheaper relatives.

All sum, over the steps, what a step's error says: q_t = W_out error_t of each unit, times how each
weight has influenced each unit, or an estimate of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bioplaus.models.recurrent_gradients.network import Floats, RateNetwork

__all__ = ["in_real_time", "local_online", "ratio", "unbiased_online"]


def in_real_time(network: RateNetwork, x: Floats, target: Floats) -> Floats:
    """Real-time recurrent learning (Williams and Zipser 1989): (n + inputs + 1, n).

    The influence of every weight on every unit, M <- J M + immediate, is carried along; exact, and
    n^4 operations a step.
    """
    seen, n = network.trajectory(x, target), network.units
    influence = np.zeros((*network.weights.shape, n))  # of a weight (pre, post) on a unit
    gradient = np.zeros_like(network.weights)
    own = np.arange(n)
    for heard, slope, error in zip(seen.heard, seen.slope, seen.error):
        influence = influence @ network.jacobian(slope)
        influence[:, own, own] += network.leak * np.outer(heard, slope)
        gradient += influence @ (network.readout @ error)
    return gradient


def local_online(
    network: RateNetwork, x: Floats, target: Floats, feedback: Floats | None = None
) -> Floats:
    """Random-feedback local online learning (Murray 2019): (n + inputs + 1, n).

    One trace for each synapse, P <- (1 - l) P + l u f': what other units pass on is left out.
    feedback : (n, outputs) carries the error instead of the readout.
    """
    seen = network.trajectory(x, target)
    back = network.readout if feedback is None else feedback
    trace = np.zeros_like(network.weights)
    gradient = np.zeros_like(trace)
    for heard, slope, error in zip(seen.heard, seen.slope, seen.error):
        trace = (1 - network.leak) * trace + network.leak * np.outer(heard, slope)
        gradient += trace * (back @ error)
    return gradient


def unbiased_online(
    network: RateNetwork,
    x: Floats,
    target: Floats,
    rng: np.random.Generator,
    draws: int = 1,
    scaled: bool = True,
) -> NDArray[np.float64]:
    """Unbiased online recurrent optimisation (Tallec and Ollivier 2018): estimates of the gradient.

    A vector A (n) and a matrix B of the shape of the weights, whose product has the influence as
    its mean over signs nu: A <- p0 A J + p1 nu, B <- B/p0 + nu immediate/p1.  Any positive p0, p1
    leave the mean; those that make both terms of equal size keep the noise small.

    Returns
    -------
    (draws, n + inputs + 1, n), each from signs of its own.
    """
    seen, n = network.trajectory(x, target), network.units
    a, b = np.zeros((draws, n)), np.zeros((draws, *network.weights.shape))
    gradient = np.zeros_like(b)
    p0 = p1 = np.ones(draws)
    for heard, slope, error in zip(seen.heard, seen.slope, seen.error):
        signs = rng.choice((-1.0, 1.0), (draws, n))
        passed_on = a @ network.jacobian(slope)
        immediate = network.leak * np.outer(heard, slope)
        if scaled:
            p0 = ratio(np.linalg.norm(b, axis=(1, 2)), np.linalg.norm(passed_on, axis=1))
            p1 = ratio(np.full(draws, np.linalg.norm(immediate)), np.full(draws, np.sqrt(n)))
        a = p0[:, None] * passed_on + p1[:, None] * signs
        b = b / p0[:, None, None] + signs[:, None, :] * immediate / p1[:, None, None]
        gradient += (a @ (network.readout @ error))[:, None, None] * b
    return gradient


def ratio(above: Floats, below: Floats) -> Floats:
    """Square root of the ratio; one where it is not positive, as before anything has happened."""
    positive = (above > 0) & (below > 0)
    return np.sqrt(np.divide(above, below, out=np.ones_like(above), where=positive))
