"""Single synapses between cells that spike as they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, ms
from numpy.typing import NDArray

from bioplaus.models.reward_stdp.parameters import SETS, Triplets
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.counting import COUNT
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect
from bioplaus.plasticity.triplet_stdp import TripletSTDP

__all__ = ["build", "live", "table", "told"]


def told(n: int, clocks: Clocks, *parts: Cell) -> NeuronGroup:
    """Cells that spike where ``stimulus`` of the schedule is 1, and what a rule adds to them."""
    cell = COUNT + Cell(threshold="stimulus(t - onset, i) > 0.5")
    for part in parts:
        cell += part
    return cell.group(n, "pre", clocks)


def table(trains: Sequence[NDArray[Any]], steps: int) -> NDArray[np.float64]:
    """Trains, in steps that are rounded, as (steps, cells): 1 where there is a spike."""
    told = np.zeros((steps, len(trains)))
    for cell, train in enumerate(trains):
        told[np.rint(train).astype(int), cell] = 1
    return told


def live(p: Triplets) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {"post.learning_rate": p.learning_rate}


def build(
    p: Triplets, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Model:
    """As many cells behind as before, each with one synapse; ``command`` says when they spike.

    Nothing is drawn from ``rng``; weights begin at 0 and have no bounds in reach.
    """
    q = quantities(p)
    (pre,) = inputs.values()
    pair_plus, triplet_plus, pair_minus, triplet_minus, tau_x, tau_y = SETS[p.amplitudes]
    rule = TripletSTDP(
        pair_plus, triplet_plus, pair_minus, triplet_minus,
        q.tau_plus, q.tau_minus, tau_x * ms, tau_y * ms,
        low=-100.0, high=100.0, nearest="nearest" in p.amplitudes,
    )  # fmt: skip
    cell = COUNT + Cell(threshold="command(t - onset, i) > 0.5") + rule.post()
    post = cell.group(len(pre), "post", clocks)
    learning = connect(rule, pre, post, clocks, condition="i == j")
    network = Network(pre, post, learning.synapses)
    populations = {"pre": pre, "post": post}
    model = Model(network, populations, {learning.synapses.name: learning}, clocks)
    model.set(live(p))
    return model
