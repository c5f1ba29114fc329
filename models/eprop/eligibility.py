"""The traces themselves, for one synapse or all: what the rule is, for figures and for tests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bioplaus.models.eprop.trial import Array, Constants

__all__ = ["Traces", "gradient", "presynaptic", "traces"]


class Traces(NamedTuple):
    """Of synapses over a trial, each (steps, pre, post).

    e : eligibility; filtered : the same, low-pass with the readout's time constant.
    """

    e: Array
    filtered: Array


def presynaptic(spikes: NDArray[np.uint8], decay: float, gain: float) -> Array:
    """Low-pass traces (steps, cells) of spikes that act in their own step."""
    found, held = np.empty(spikes.shape), np.zeros(spikes.shape[1])
    for s, now in enumerate(spikes):
        held = decay * held + gain * now
        found[s] = held
    return found


def traces(acting: NDArray[np.uint8], psi: Array, beta: Array, c: Constants) -> Traces:
    """Run the traces forward.

    acting : (steps, pre) events in the step in which they reach the membrane; psi : (steps, post).
    """
    low_pass = presynaptic(acting, c.alpha, c.zeta)
    e, filtered = (np.empty((*acting.shape, psi.shape[1])) for _ in range(2))
    epsilon, held = np.zeros(e.shape[1:]), np.zeros(e.shape[1:])
    for s in range(len(psi)):
        e[s] = psi[s] * (low_pass[s][:, None] - beta * epsilon)
        epsilon = c.rho * epsilon + e[s]
        held = c.kappa * held + (1 - c.kappa) * e[s]
        filtered[s] = held
    return Traces(e, filtered)


def gradient(found: Traces, signal: Array, spikes: NDArray[np.uint8], c: Constants) -> Array:
    """What a trial adds to the gradient, (pre, post).

    signal : learning signals (steps, post); spikes : (steps, post), for the rate term.
    """
    steps = len(signal)
    rate = c.rate_strength * (spikes.sum(axis=0) / steps - c.goal) / steps
    by_error = np.einsum("sij,sj->ij", found.filtered, signal)
    return np.asarray(by_error + rate * found.e.sum(axis=0))
