"""A second readout of the recurrent layer, learned by the delta rule from zero.

Gilra and Gerstner (2017), figure 2, supplement 3: the readout can be learned anew where the
weights have been learned, and not where they are shuffled, so that the network is no reservoir.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import NeuronGroup, Synapses, ms, second

from bioplaus.models.follow.network import Model
from bioplaus.models.follow.weights import rebasing
from bioplaus.plasticity import follow as rule

__all__ = ["Reader", "add_reader"]

READER = """
dlearning_error/dt = (target(t - origin, i) - drive - learning_error)/tau_reader : 1
origin : second (shared)
"""


@dataclass(frozen=True)
class Reader:
    """``group.drive`` is what the new readout says; the rate is in the convention ``code``."""

    group: NeuronGroup
    synapses: Synapses

    def set_rate(self, rate: float) -> None:
        """Set the learning rate [s]; 0 ends learning."""
        self.group.learning_rate = rate * second

    def forget(self) -> None:
        """Begin again from zero."""
        for name in ("drive", "learning_error"):
            self.group.set_states({name: 0.0})
        neurons = len(self.synapses.source)
        rule.Factorised.set_weights(self.synapses, self.group, np.zeros((len(self.group), neurons)))


def add_reader(model: Model, tau: Any = 20 * ms) -> Reader:
    """Add a readout that learns, with its error filtered by ``tau``, to a network."""
    recurrent, output = model.populations["recurrent"], model.populations["output"]
    namespace = {**output.namespace, "tau_reader": tau}
    group = NeuronGroup(
        len(output),
        rule.OUTPUT_MODEL + READER,
        method="exponential_euler",
        clock=output.clock,
        order=-2,
        namespace=namespace,
        name="reader",
    )
    group.fade = 1
    decaying = group.run_regularly(rule.OUTPUT_STEP, when="groups", order=1, name="reader_decaying")
    synapses = Synapses(
        recurrent,
        group,
        rule.Factorised.model,
        on_pre=rule.Factorised.on_pre,
        namespace=namespace,
        clock=output.clock,
        name="reading",
    )
    synapses.connect()
    model.network.add(group, decaying, synapses, *rebasing(group, [synapses]))
    model.populations["reader"] = group
    return Reader(group, synapses)
