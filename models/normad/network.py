"""NormAD's network as Brian2 text: presentations in one run, weights that move between runs.

::

    input (--> hidden) --> output --| output      output cells may inhibit each other
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, SpikeGeneratorGroup, SpikeMonitor, Synapses, amp, second

from bioplaus.models.normad.learner import Array, first_weights, projections
from bioplaus.models.normad.parameters import NormAD, check_network, sizes
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.second_order_lif import second_order_lif
from bioplaus.parameters import quantities
from bioplaus.plasticity.between_runs import BetweenRuns
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect

__all__ = ["NormadModel", "build", "read_train", "spike_input"]

REST = "v = 0*v\nslow = 0*slow\nfast = 0*fast\nheld = 0"
ANEW = Cell(operations={"anew": Operation(REST, "frame")})
"""Every presentation begins at rest."""


@dataclass(frozen=True)
class NormadModel(Model):
    """Populations: the input, perhaps ``hidden``, ``output``; a frame is one presentation.

    spikes : a monitor of each but the input.
    """

    spikes: Mapping[str, SpikeMonitor]


def spike_input(p: NormAD, clocks: Clocks) -> SpikeGeneratorGroup:
    """The input: spikes that are given."""
    none = np.zeros(0, int)
    return SpikeGeneratorGroup(sizes(p)[0], none, none * second, clock=clocks.step, name="input")


def build(
    p: NormAD, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> NormadModel:
    """Build the network; ``rng`` draws the first weights, ``inputs`` has one spiking population.

    Raises
    ------
    ParameterError
        If the parameters contradict each other.
    """
    check_network(p)
    q = quantities(p)
    (given,) = inputs.values()
    cell = ANEW + second_order_lif(
        capacitance=q.capacitance,
        leak=q.leak,
        threshold=q.threshold,
        held_steps=round(float(q.refractory / q.time_step)),
        tau_slow=q.tau_slow,
        tau_fast=q.tau_fast,
        time_step=q.time_step,
    )
    layers = [
        cell.group(size, name.split("_to_")[1], clocks)
        for size, name in zip(sizes(p)[1:], projections(p), strict=True)
    ]
    plastic, first = {}, first_weights(p, rng)
    for (name, w), (pre, post) in zip(first.items(), pairwise([given, *layers]), strict=True):
        rule = BetweenRuns(("slow", "fast"), "amp")
        plastic[name] = connect(rule, pre, post, clocks, name=name)
        plastic[name].set_weights(w)
    fixed = []
    if q.inhibition > 0 * amp:
        others = Synapses(
            layers[-1], layers[-1], on_pre="slow_post -= inhibition\nfast_post -= inhibition",
            namespace={"inhibition": q.inhibition}, clock=clocks.step, name="output_to_output",
        )  # fmt: skip
        others.connect("i != j")
        fixed.append(others)
    spikes = {layer.name: SpikeMonitor(layer, name=f"{layer.name}_spikes") for layer in layers}
    populations = {group.name: group for group in (given, *layers)}
    learning = [each.synapses for each in plastic.values()]
    network = Network(*populations.values(), *learning, *fixed, *spikes.values())
    return NormadModel(network, populations, {**plastic}, clocks, spikes)


def read_train(
    model: NormadModel, layer: str, onset: float, presentation: int
) -> tuple[Array, Array]:
    """Train (at, i) of a layer in one of the presentations that began at ``onset`` [s]."""
    monitor, step = model.spikes[layer], float(model.clocks.step.dt)
    steps = round(float(model.clocks.frame.dt) / step)
    when = np.rint((np.array(monitor.t_) - onset) / step).astype(np.int64) - presentation * steps
    i = np.array(monitor.i, np.int64)
    order = np.lexsort((i, when))
    at = np.searchsorted(when[order], np.arange(steps + 1))
    return at - at[0], i[order][at[0] : at[-1]]
