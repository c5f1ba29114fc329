"""The network of SuperSpike as Brian2 text, each synapse with its traces.

::

    input (--> hidden ...) --> output
                 ^---------------|   errors, by fixed weights or the readout's

A frame is a block: at its last step weights move and everything comes to rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, mV

from bioplaus.layered.learner import layer_names
from bioplaus.models.superspike.layer import constants
from bioplaus.models.superspike.learner import first_weights, projections
from bioplaus.models.superspike.parameters import SuperSpike, check_network, sizes
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.superspike_lif import superspike_lif
from bioplaus.parameters import ParameterError, quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect
from bioplaus.plasticity.superspike import SuperSpikeRule

__all__ = ["SuperSpikeModel", "build", "live", "spike_input"]

SENDS = {"on_pre": {"pre": "arrived_post += w"}}
SENDS_BACK = {**SENDS, "model": "signal_pre = w*signal_post/mV : 1 (summed)"}
BLOCK = "step = t_in_timesteps % steps : integer (shared)"
OVER = {"over": "step == steps - 1"}
ERROR = """
signal += fall*(rising - signal)
rising = rise*rising + (target(t - onset, i) - z)
loss += signal**2*dt
"""


@dataclass(frozen=True)
class SuperSpikeModel(Model):
    """Populations: the input, hidden ones, ``output``, whose ``loss`` [s] adds up all blocks."""


def spike_input(p: SuperSpike, clocks: Clocks) -> NeuronGroup:
    """Cells that spike where ``stimulus`` is 1."""
    cell = Cell(
        equations=f"z : 1\n{BLOCK}",
        threshold="z > 0.5",
        events=OVER,
        operations={"step": Operation("z = stimulus(t - onset, i)", when="groups")},
        on_event={"over": "z = 0"},
        constants={"steps": _steps(clocks)},
    )
    return (cell + _rule(p).pre()).group(sizes(p)[0], "input", clocks)


def live(p: SuperSpike) -> dict[str, Any]:
    """What may be set while the network runs."""
    behind = layer_names(len(sizes(p)) - 1)[1:]
    return {f"{name}.learning_rate": quantities(p).learning_rate for name in behind}


def build(
    p: SuperSpike, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> SuperSpikeModel:
    """Build the network; ``rng`` draws the first weights, ``inputs`` is of :func:`spike_input`.

    Raises
    ------
    ParameterError
        If the parameters contradict each other, or feedback is to be the readout's weights behind
        more than one hidden layer, which no synapse carries.
    """
    check_network(p)
    names = layer_names(len(sizes(p)) - 1)
    if p.feedback == "symmetric" and len(names) > 3:
        raise ParameterError(
            f"layers = {p.layers}: errors reach hidden layers from the output alone, where the "
            "readout's weights are those of one; take feedback = random or uniform"
        )
    weights = first_weights(p, rng)
    (source,) = inputs.values()
    groups = [source]
    for name, cells in zip(names[1:], sizes(p)[1:], strict=True):
        groups.append(_layer(p, name, cells, clocks, name == names[-1]))
    symmetric = p.feedback == "symmetric" and len(groups) > 2
    plastic = {
        name: connect(
            _rule(p), pre, post, clocks,
            transmits=SENDS_BACK if symmetric and post is groups[-1] else SENDS,
        )
        for name, (pre, post) in zip(projections(p), pairwise(groups), strict=True)
    }  # fmt: skip
    back = [
        _feedback(layer, groups[-1], weights[f"feedback_{layer.name}"], clocks)
        for layer in groups[1:-1]
        if f"feedback_{layer.name}" in weights
    ]
    synapses = [each.synapses for each in plastic.values()]
    for each in (synapses[-1], *back):
        for updater in each.summed_updaters.values():
            updater.when, updater.order = "synapses", 4
    populations = {group.name: group for group in groups}
    network = Network(*groups, *synapses, *back)
    model = SuperSpikeModel(network, populations, {**plastic}, clocks)
    model.set_weights({name: 1e-3 * weights[name] for name in plastic})
    model.set(live(p))
    return model


def _steps(clocks: Clocks) -> int:
    return round(float(clocks.frame.dt / clocks.step.dt))


def _rule(p: SuperSpike) -> SuperSpikeRule:
    c = constants(p)
    return SuperSpikeRule(
        kept=c.synapse, gain=c.membrane, rise=c.rise, fall=c.decay, forgetting=p.forgetting
    )


def _layer(p: SuperSpike, name: str, cells: int, clocks: Clocks, last: bool) -> NeuronGroup:
    c, q = constants(p), quantities(p)
    cell = superspike_lif(
        kept=c.synapse,
        gain=c.membrane,
        rest=q.rest,
        threshold=q.threshold,
        refractory_steps=c.refractory,
        steepness=p.steepness / mV,
    )
    anew = "U = rest\nI = 0*volt\narrived = 0*volt\nz = 0\nleft = 0\nsignal = 0"
    block = Cell(
        equations=f"signal : 1\nlearning_rate : volt (shared)\n{BLOCK}",
        events=OVER,
        on_event={"over": anew + ("\nrising = 0" if last else "")},
        constants={"steps": _steps(clocks)},
    )
    if last:
        block = block + Cell(
            equations="rising : 1\nloss : second",
            operations={"error": Operation(ERROR, when="groups", order=1)},
            constants={"rise": c.rise, "fall": c.decay},
        )
    return (cell + block + _rule(p).pre()).group(cells, name, clocks)


def _feedback(layer: NeuronGroup, output: NeuronGroup, weights: Any, clocks: Clocks) -> Synapses:
    """Synapses that sum the output's errors at a hidden layer, weights (layer, outputs)."""
    text = "w : 1 (constant)\nsignal_post = w*signal_pre : 1 (summed)"
    name = f"output_to_{layer.name}"
    made = Synapses(output, layer, text, clock=clocks.step, name=name)
    made.connect()
    made.w = weights.T.ravel()
    return made
