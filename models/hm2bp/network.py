"""The forward network of HM2-BP as Brian2 text: many images in one run.

::

    input --> hidden --> output --| output      each output cell inhibits the others

Weights move between runs, by the spikes of all of an image (``update.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, SpikeGeneratorGroup, SpikeMonitor, Synapses, second

from bioplaus.models.hm2bp.learner import BELOW, PROJECTIONS, Array, first_weights
from bioplaus.models.hm2bp.parameters import HybridMacroMicro, check_network
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import forget_responses
from bioplaus.neurons.current_lif import stepped_current_lif
from bioplaus.parameters import quantities
from bioplaus.plasticity.between_runs import BetweenRuns
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect

__all__ = ["Hm2Model", "build", "give", "read_samples", "spike_input"]

ANEW = Cell(operations={"anew": Operation("v = 0\nI = 0\nlastspike = t - 1*second", "frame")})
"""Every image begins at rest, and nobody is held."""


@dataclass(frozen=True)
class Hm2Model(Model):
    """Populations: the input, ``hidden``, ``output``; a frame is one image.

    spikes : a monitor of ``hidden`` and of ``output``.
    """

    spikes: Mapping[str, SpikeMonitor]


def spike_input(p: HybridMacroMicro, clocks: Clocks) -> SpikeGeneratorGroup:
    """The input: spikes that are given."""
    none = np.zeros(0, int)
    return SpikeGeneratorGroup(p.inputs, none, none * second, clock=clocks.step, name="input")


def build(
    p: HybridMacroMicro, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Hm2Model:
    """Build the network; ``rng`` draws the first weights, ``inputs`` has one spiking population.

    Raises
    ------
    ParameterError
        If the parameters contradict each other.
    """
    check_network(p)
    q = quantities(p)
    (given,) = inputs.values()
    layers = [
        (ANEW + _cell(q, threshold - BELOW)).group(size, name, clocks)
        for name, size, threshold in (
            ("hidden", p.hidden, p.hidden_threshold),
            ("output", p.classes, p.output_threshold),
        )
    ]
    plastic = {}
    first = first_weights(p, rng)
    for name, (pre, post) in zip(PROJECTIONS, pairwise([given, *layers]), strict=True):
        plastic[name] = connect(BetweenRuns(), pre, post, clocks, name=name)
        plastic[name].set_weights(first[name])
    fixed = []
    if p.inhibition:
        others = Synapses(
            layers[1], layers[1], on_pre="I_post -= inhibition", clock=clocks.step,
            namespace={"inhibition": p.inhibition}, name="output_to_output",
        )  # fmt: skip
        others.connect("i != j")
        fixed.append(others)
    spikes = {layer.name: SpikeMonitor(layer, name=f"{layer.name}_spikes") for layer in layers}
    populations = {group.name: group for group in (given, *layers)}
    learning = [each.synapses for each in plastic.values()]
    network = Network(*populations.values(), *learning, *fixed, *spikes.values())
    return Hm2Model(network, populations, {**plastic}, clocks, spikes)


def give(model: Hm2Model, trains: tuple[Array, Array, Array], onset: float) -> None:
    """Let the input spike as the trains say, an image a frame from ``onset`` [s] on.

    Spikes that were recorded before are forgotten.
    """
    start, step, i = trains
    onsets = onset + float(model.clocks.frame.dt) * np.arange(len(start) - 1)
    t = step * float(model.clocks.step.dt) + np.repeat(onsets, np.diff(start))
    (given, *_) = model.populations.values()
    given.set_spikes(i, t * second)
    for monitor in model.spikes.values():
        forget_responses(monitor)


def read_samples(model: Hm2Model, onset: float, images: int) -> list[list[tuple[Array, Array]]]:
    """Trains (at, i) of hidden and output in each of the images that began at ``onset`` [s]."""
    step = float(model.clocks.step.dt)
    steps = round(float(model.clocks.frame.dt) / step)
    found: list[list[tuple[Array, Array]]] = [[] for _ in range(images)]
    for monitor in model.spikes.values():
        when = np.rint((np.array(monitor.t_) - onset) / step).astype(np.int64)
        order = np.lexsort((np.array(monitor.i), when))
        at = np.searchsorted(when[order], np.arange(images * steps + 1))
        i = np.array(monitor.i, np.int64)[order]
        for image in range(images):
            bounds = at[image * steps : (image + 1) * steps + 1]
            found[image].append((bounds - bounds[0], i[bounds[0] : bounds[-1]]))
    return found


def _cell(q: Any, threshold: float) -> Cell:
    return stepped_current_lif(
        tau_membrane=q.tau_membrane,
        tau_synapse=q.tau_synapse,
        threshold=threshold,
        refractory=q.refractory,
    )
