"""One cell with many plastic inputs (Song, Miller and Abbott 2000)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, mV

from bioplaus.models.reward_stdp.parameters import Competition
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.counting import COUNT
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.pair_stdp import PairSTDP
from bioplaus.plasticity.rule import connect

__all__ = ["build", "live", "poisson"]

MEMBRANE = """
dv/dt = (rest - v + largest*ge*(0*mV - v) + gi*(reversal - v))/tau : volt
dge/dt = -ge/tau_synapse : 1
dgi/dt = -gi/tau_synapse : 1
"""


def poisson(n: int, rate: Any, name: str, clocks: Clocks) -> NeuronGroup:
    """Cells that spike by chance, all at one rate."""
    return (COUNT + Cell(threshold="rand() < rate*dt", constants={"rate": rate})).group(
        n, name, clocks
    )


def live(p: Competition) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {"cell.learning_rate": p.learning_rate}


def build(
    p: Competition, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Model:
    """Build the network.

    Parameters
    ----------
    rng
        Draws the first weights, uniform in the bounds.
    inputs
        The excitatory and the inhibitory population, in this order.
    """
    q = quantities(p)
    excitation, inhibition = inputs.values()
    rule = PairSTDP(q.tau_plus, q.tau_minus, p.potentiation, p.ratio * p.potentiation, drives="ge")
    membrane = Cell(
        equations=MEMBRANE,
        threshold="v > -54*mV",
        reset="v = -60*mV",
        method="euler",
        constants={
            "rest": -70 * mV, "reversal": -70 * mV, "largest": p.largest,
            "tau": q.tau_membrane, "tau_synapse": q.tau_synapse,
        },
        start={"v": -65 * mV},
    )  # fmt: skip
    cell = (membrane + COUNT + rule.post()).group(1, "cell", clocks)
    learning = connect(rule, excitation, cell, clocks)
    learning.set_weights(rng.random(learning.shape))
    fixed = Synapses(
        inhibition, cell, on_pre=f"gi_post += {p.inhibition!r}", clock=clocks.step,
        name=f"{inhibition.name}_to_cell",
    )  # fmt: skip
    fixed.connect()
    populations = {group.name: group for group in (excitation, inhibition, cell)}
    network = Network(*populations.values(), learning.synapses, fixed)
    model = Model(network, populations, {learning.synapses.name: learning}, clocks)
    model.set(live(p))
    return model
