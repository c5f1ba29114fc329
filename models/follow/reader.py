"""A second readout of the recurrent layer, learned by the delta rule from zero.

Gilra and Gerstner (2017), figure 2, supplement 3: the readout can be learned anew where the
weights have been learned, and not where they are shuffled, so that the network is no reservoir.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import NeuronGroup, ms, second

from bioplaus.models.follow.network import FollowModel
from bioplaus.neurons.cell import Cell
from bioplaus.plasticity.follow import Factorised
from bioplaus.plasticity.rule import Projection, connect

__all__ = ["Reader", "add_reader"]


@dataclass(frozen=True)
class Reader:
    """``group.drive`` is what the new readout says; the rate is in the convention ``code``."""

    group: NeuronGroup
    projection: Projection

    def set_rate(self, rate: float) -> None:
        """Set the learning rate [s]; 0 ends learning."""
        self.group.learning_rate = rate * second

    def forget(self) -> None:
        """Begin again from zero."""
        self.projection.set_weights(np.zeros(self.projection.shape))
        for name in ("drive", "learning_error"):
            self.group.set_states({name: 0.0})


def add_reader(model: FollowModel, tau: Any = 20 * ms) -> Reader:
    """Add a readout that learns, with its error filtered by ``tau``, to a network."""
    taught = next(iter(model.plastic.values()))
    assert isinstance(taught, Projection)
    rule = taught.rule
    assert isinstance(rule, Factorised)
    error = "dlearning_error/dt = (target(t - onset, i) - drive - learning_error)/tau_reader : 1"
    cell = Cell(error, method="exponential_euler", constants={"tau_reader": tau})
    group = (rule.post() + cell).group(
        model.parameters.dimensions, "reader", model.clocks, order=-2
    )
    reading = connect(rule, model.populations["recurrent"], group, model.clocks, name="reading")
    model.network.add(group, reading.synapses)
    model.populations["reader"] = group
    return Reader(group, reading)
