"""The exact gradient of the van Rossum distance, by which SuperSpike's can be measured.

The same layers without a clock: spikes from event to event, and the adjoint of their times
(Wunderlich and Pehle 2021).  Over all time the distance of an output has a closed form ::

    L = sum over pairs of its wanted (s = 1) and fired (s = -1) spikes of  s s' A(|t - t'|)

with A the autocorrelation of the error's kernel alpha, and so have its slopes dL/dt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bioplaus.models.eventprop.adjoint import backward
from bioplaus.models.eventprop.events import Array, Constants, Spikes, Whole, fire
from bioplaus.models.superspike.learner import projections
from bioplaus.models.superspike.parameters import SuperSpike
from bioplaus.parameters import ParameterError, quantities

__all__ = ["Train", "exact_gradient", "fired", "van_rossum"]


class Train(NamedTuple):
    """Spikes of a population in the order of time: t [s], i cells."""

    t: Array
    i: Whole


def exact_gradient(
    p: SuperSpike, weights: Mapping[str, Array], x: Train, wanted: Train, end: float
) -> tuple[float, dict[str, Array]]:
    """L [ms], and dL/dw [ms/mV] of each projection, (pre, post), for a trial up to ``end`` [s].

    Raises
    ------
    ParameterError
        Where two time constants that must differ do not.
    """
    names, c = projections(p), _constants(p)
    layers = fired(p, weights, x, end)
    loss, error = van_rossum(p, layers[-1], wanted, weights[names[-1]].shape[1])
    found = {name: np.zeros_like(weights[name]) for name in names}
    for below, spikes, name in zip(layers[-2::-1], layers[:0:-1], names[::-1], strict=True):
        error_in = np.zeros(len(below.t))
        backward(weights[name], below.t, below.i, spikes, error, c, found[name], error_in)
        error = error_in
    return loss, found


def fired(p: SuperSpike, weights: Mapping[str, Array], x: Train, end: float) -> list[Spikes]:
    """Spikes of all layers, the input first."""
    c, silent = _constants(p), np.zeros(0)
    layers = [Spikes(x.t, x.i, silent, silent)]
    for name in projections(p):
        layers.append(fire(weights[name], layers[-1].t, layers[-1].i, end, c))
    return layers


def van_rossum(p: SuperSpike, spikes: Spikes, wanted: Train, outputs: int) -> tuple[float, Array]:
    """L [ms] of all outputs, and dL/dt [ms/s] of each of their spikes."""
    rise, decay = (1e3 * float(getattr(quantities(p), name)) for name in ("tau_rise", "tau_decay"))
    if rise == decay:
        raise ParameterError(
            f"tau_rise = {p.tau_rise} and tau_decay = {p.tau_decay} must differ for the closed form"
        )
    both, scale = rise * decay / (rise + decay), (rise / (decay - rise)) ** 2
    loss, slopes = 0.0, np.zeros(len(spikes.t))
    for output in range(outputs):
        mine = np.flatnonzero(spikes.i == output)
        t = 1e3 * np.concatenate([wanted.t[wanted.i == output], spikes.t[mine]])
        s = np.repeat([1.0, -1.0], [len(t) - len(mine), len(mine)])
        apart = t[:, None] - t
        to_decay, to_rise = np.exp(-abs(apart) / decay), np.exp(-abs(apart) / rise)
        overlap = scale * (to_decay * (decay / 2 - both) - to_rise * (both - rise / 2))
        slope = scale * (to_rise * (both / rise - 0.5) - to_decay * (0.5 - both / decay))
        loss += float(s @ overlap @ s)
        slopes[mine] = (2e3 * s * ((slope * np.sign(apart)) @ s))[len(t) - len(mine) :]
    return loss, slopes


def _constants(p: SuperSpike) -> Constants:
    q = quantities(p)
    if q.tau_membrane <= q.tau_synapse:
        raise ParameterError(
            f"tau_membrane = {p.tau_membrane} must be longer than tau_synapse = {p.tau_synapse} "
            "for spikes from event to event"
        )
    threshold = 1e3 * float(q.threshold - q.rest)
    return Constants(float(q.tau_membrane), float(q.tau_synapse), threshold, float(q.refractory))
