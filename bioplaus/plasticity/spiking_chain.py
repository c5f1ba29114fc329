"""Spiking layers in a chain whose weights move between runs, by the spikes that were recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, SpikeMonitor, Synapses
from numpy.typing import NDArray

from bioplaus.neurons.cell import Clocks
from bioplaus.neurons.counting import forget_responses
from bioplaus.neurons.given_spikes import give
from bioplaus.plasticity.between_runs import BetweenRuns
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect

__all__ = ["SpikingChain", "chained", "lateral_inhibition"]

Train = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class SpikingChain(Model):
    """Populations: the input, hidden ones, ``output``; a frame is one presentation.

    spikes : a monitor of each population but the input.
    """

    spikes: Mapping[str, SpikeMonitor]

    def give(self, trains: tuple[Any, Any, Any], onset: float) -> None:
        """Let the input spike as the trains say, a presentation a frame from ``onset`` [s] on.

        trains : as of :func:`~bioplaus.neurons.given_spikes.give`.  Spikes that were recorded
        before are forgotten.
        """
        (given, *_) = self.populations.values()
        give(given, trains, onset, self.clocks)
        for monitor in self.spikes.values():
            forget_responses(monitor)

    def heard(self, population: str, onset: float, presentations: int) -> list[Train]:
        """Trains of a population in each of the presentations that began at ``onset`` [s].

        A train is a pair: ``at`` (steps + 1,) and ``i``, the cells that spike in step t being
        ``i[at[t]:at[t + 1]]``, in order.
        """
        monitor, step = self.spikes[population], float(self.clocks.step.dt)
        steps = round(float(self.clocks.frame.dt) / step)
        when = np.rint((np.array(monitor.t_) - onset) / step).astype(np.int64)
        i = np.array(monitor.i, np.int64)
        order = np.lexsort((i, when))
        at, i = np.searchsorted(when[order], np.arange(presentations * steps + 1)), i[order]
        bounds = [at[first * steps : (first + 1) * steps + 1] for first in range(presentations)]
        return [(each - each[0], i[each[0] : each[-1]]) for each in bounds]


def chained(
    given: Any,
    layers: Sequence[Any],
    weights: Mapping[str, Any],
    clocks: Clocks,
    rule: BetweenRuns,
    fixed: Sequence[Synapses] = (),
    recorded: Sequence[str] = (),
) -> SpikingChain:
    """Join input and layers by projections with these first weights, by name, input side first.

    fixed : synapses that do not learn; recorded : variables of a cell that are kept at its spikes.
    """
    plastic = {}
    for (name, w), (pre, post) in zip(weights.items(), pairwise([given, *layers]), strict=True):
        plastic[name] = connect(rule, pre, post, clocks, name=name)
        plastic[name].set_weights(w)
    spikes = {
        layer.name: SpikeMonitor(layer, variables=list(recorded), name=f"{layer.name}_spikes")
        for layer in layers
    }
    populations = {group.name: group for group in (given, *layers)}
    learning = [each.synapses for each in plastic.values()]
    network = Network(*populations.values(), *learning, *fixed, *spikes.values())
    return SpikingChain(network, populations, {**plastic}, clocks, spikes)


def lateral_inhibition(layer: Any, onto: Sequence[str], strength: Any, clocks: Clocks) -> Synapses:
    """Each cell of a layer takes ``strength`` from variables of all others at its spikes."""
    others = Synapses(
        layer,
        layer,
        on_pre="\n".join(f"{variable}_post -= inhibition" for variable in onto),
        namespace={"inhibition": strength},
        clock=clocks.step,
        name=f"{layer.name}_to_{layer.name}",
    )
    others.connect("i != j")
    return others
