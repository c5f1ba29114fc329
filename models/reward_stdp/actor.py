"""Cells that choose between two actions, in a loop with an environment outside.

::

    place --> left, right      rewarded spike timing; the two inhibit each other

The environment sets ``active`` (the place, -1 for none) and ``reward`` between runs, and reads the
spikes of the two actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, ms

from bioplaus.models.reward_stdp.parameters import Walk
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import COUNT
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.reward_modulated_stdp import RewardModulatedSTDP
from bioplaus.plasticity.rule import connect

__all__ = ["build", "live", "place_cells", "spikes"]

STEP = "v = v*exp(-dt/(20*ms)) + I + noise*randn()\nI = 0"


def place_cells(p: Walk, clocks: Clocks) -> NeuronGroup:
    """Poisson spikes of the cells of the active place."""
    cell = Cell(
        equations="active : 1 (shared)",
        threshold=f"rand() < rate*dt*int(floor(i/{p.cells}) == active)",
        constants={"rate": quantities(p).rate},
        start={"active": -1.0},
    )
    return (COUNT + cell).group(p.places * p.cells, "place", clocks)


def live(p: Walk) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {"action.learning_rate": p.learning_rate}


def build(p: Walk, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks) -> Model:
    """Build the network.

    rng : draws the first weights, uniform around half of the largest; inputs : one population, of
    :func:`place_cells`.  The first half of ``action`` votes for the left, the other for the right.
    """
    (place,) = inputs.values()
    rule = RewardModulatedSTDP(
        20 * ms, 20 * ms, 1.0, 0.5, kept=float(np.exp(-1e-3 / float(quantities(p).tau_c))),
        high=p.largest, drives="I",
    )  # fmt: skip
    cell = Cell(
        equations="v : 1\nI : 1\nreward : 1",
        threshold="v >= threshold",
        reset="v = 0",
        operations={"step": Operation(STEP, when="groups")},
        constants={"threshold": p.threshold, "noise": p.noise},
    )
    action = (cell + COUNT + rule.post()).group(2 * p.cells, "action", clocks)
    learning = connect(rule, place, action, clocks)
    learning.set_weights(p.largest * rng.uniform(0.4, 0.6, learning.shape))
    rivals = Synapses(
        action, action, on_pre=f"I_post -= {p.inhibition!r}", clock=clocks.step, name="rivals"
    )
    rivals.connect(condition=f"int(i >= {p.cells}) != int(j >= {p.cells})")
    populations = {"place": place, "action": action, "synapses": learning.synapses}
    network = Network(place, action, learning.synapses, rivals)
    model = Model(network, populations, {learning.synapses.name: learning}, clocks)
    model.set(live(p))
    return model


def spikes(model: Model) -> tuple[float, float]:
    """Spikes of the two actions so far: left, right."""
    counts = model.populations["action"].spike_count_[:]
    half = len(counts) // 2
    return float(counts[:half].sum()), float(counts[half:].sum())
