"""EventProp as a Brian2 network: cells on a clock, and the adjoint over their recorded spikes.

::

    input --> hidden --> output        many samples in one run; V and I are 0 where one begins

The cells are integrated exactly, so that the clock does nothing but round spike times up to its
steps; with ever shorter ones spikes and gradient become those of the event-driven form.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from brian2 import second

from bioplaus.models.eventprop.events import Array, Spikes, Whole
from bioplaus.models.eventprop.learner import (
    constants,
    first_weights,
    projections,
    settings_of_loss,
)
from bioplaus.models.eventprop.parameters import EventProp, check_network, sizes
from bioplaus.models.eventprop.presenting import gradient_of_spikes
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.current_lif import current_lif
from bioplaus.parameters import ParameterError, quantities
from bioplaus.plasticity.between_runs import BetweenRuns
from bioplaus.plasticity.spiking_chain import SpikingChain, chained

__all__ = ["ClockedGradient", "build", "change", "on_clock", "read_samples"]

FLOOR = 0.01
"""On a clock I at a spike can lie below the threshold, and the slope would turn the sign of the
gradient: it is taken to be this at least [units of V]."""

ANEW = Cell(operations={"anew": Operation("v = 0\nI = 0", "frame")})


class ClockedGradient(NamedTuple):
    """Sums over the samples of a run.

    gradient : dL/dw (pre, post) for each projection; loss : mean over samples whose label cell
    fired; wrong, silent : samples; floored : spikes of which the slope was too small for a clock.
    """

    gradient: dict[str, Array]
    loss: float
    wrong: int
    silent: int
    floored: int


def build(
    p: EventProp, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> SpikingChain:
    """Build the network.

    Parameters
    ----------
    rng
        Draws the first weights.
    inputs
        One spiking population, as :func:`~bioplaus.neurons.given_spikes.given_spikes`.
    clocks
        The step, and the frame: a sample begins with each.

    Raises
    ------
    ParameterError
        If the parameters contradict each other, or ask for what only the event-driven form has.
    """
    check_network(p)
    q = quantities(p)
    if p.loss != "first spike" or q.refractory > 0 * second:
        raise ParameterError(
            f"the network on a clock has the loss 'first spike' and no refractory time, not "
            f"loss = {p.loss!r}, refractory = {p.refractory}; the event-driven form has both"
        )
    (given,) = inputs.values()
    names = projections(p)
    cell = ANEW + current_lif(
        tau_membrane=q.tau_membrane, tau_synapse=q.tau_synapse, threshold=p.threshold
    )
    layers = [
        cell.group(size, name.split("_to_")[1], clocks) for size, name in zip(sizes(p)[1:], names)
    ]
    first = dict(zip(names, first_weights(p, rng), strict=True))
    return chained(given, layers, first, clocks, BetweenRuns(), recorded=["I"])


def on_clock(trains: tuple[Whole, Array, Whole], step: float) -> tuple[Whole, Array, Whole]:
    """Spike trains with times rounded to a clock [s], each sample in the order of time again."""
    start, t, i = trains
    steps = np.rint(t / step)
    sample = np.repeat(np.arange(len(start) - 1), np.diff(start))
    order = np.lexsort((steps, sample))
    return start, np.asarray(steps[order] * step, np.float64), i[order]


def read_samples(model: SpikingChain, onset: float, samples: int) -> list[list[Spikes]]:
    """Spikes of each layer in each of the samples that began at ``onset`` [s], by time in it."""
    frame, step = float(model.clocks.frame.dt), float(model.clocks.step.dt)
    a_sample = round(frame / step)
    found: list[list[Spikes]] = [[] for _ in range(samples)]
    for monitor in model.spikes.values():
        steps = np.rint((np.array(monitor.t_) - onset) / step).astype(np.int64)
        order = np.argsort(steps, kind="stable")
        bounds = np.searchsorted(steps[order], a_sample * np.arange(samples + 1))
        i, current = np.array(monitor.i, np.int64), np.array(monitor.I)
        for sample, (low, high) in enumerate(pairwise(bounds)):
            chosen = order[low:high]
            t = np.asarray((steps[chosen] - sample * a_sample) * step, np.float64)
            found[sample].append(Spikes(t, i[chosen], current[chosen], current[chosen]))
    return found


def change(
    p: EventProp,
    samples: list[list[Spikes]],
    inputs: tuple[Whole, Array, Whole],
    weights: Mapping[str, Array],
    labels: Whole,
    back: Mapping[str, Array] | None = None,
) -> ClockedGradient:
    """Gradient of the loss by the adjoint over recorded spikes.

    samples : of :func:`read_samples`; inputs : the spike trains that were shown, rounded to the
    clock; back : fixed random weights in place of the transposed ones.
    """
    used = tuple(weights.values())
    sums = tuple(np.zeros_like(w) for w in used)
    start, t, i = inputs
    c, loss, floored, total, wrong, silent = constants(p), settings_of_loss(p), 0, 0.0, 0, 0
    for sample, layers in enumerate(samples):
        here, none = slice(start[sample], start[sample + 1]), np.zeros(0)
        trains = [Spikes(t[here], i[here], none, none)]
        for spikes in layers:
            current = np.maximum(spikes.current, c.threshold + FLOOR)
            floored += int((current > spikes.current).sum())
            trains.append(Spikes(spikes.t, spikes.i, current, current))
        one, right, _ = gradient_of_spikes(
            used, tuple((back or weights).values()), tuple(trains), labels[sample],
            c, loss, False, 1.0, sums,
        )  # fmt: skip
        total, silent = total + np.nan_to_num(one), silent + bool(np.isnan(one))
        wrong += not right
    mean = total / max(len(samples) - silent, 1)
    return ClockedGradient(dict(zip(weights, sums)), mean, wrong, silent, floored)
