"""Two layers that learn exclusive or by a reward of their output's spikes (Florian 2007).

::

    input --> hidden --> output --> critic
                ^           ^         |
                +-----------+---------+   the reward, at once and the same for all
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, StateMonitor, Synapses, linked_var

from bioplaus.models.reward_stdp.parameters import ExclusiveOr
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import COUNT, COUNT_ANEW, monitor_responses
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.reward_modulated_stdp import RewardModulatedSTDP
from bioplaus.plasticity.rule import connect

__all__ = ["ExclusiveOrModel", "bits", "build", "live"]


@dataclass(frozen=True)
class ExclusiveOrModel(Model):
    """Populations ``input``, ``hidden``, ``output``, ``critic``; ``synapses`` onto the output.

    responses : counts of the output at every frame, for
    :func:`bioplaus.neurons.counting.read_responses`.
    """

    responses: StateMonitor


def bits(p: ExclusiveOr, clocks: Clocks) -> NeuronGroup:
    """Poisson spikes of the inputs whose bit in the schedule's ``images`` is set."""
    light = f"on = images(order(t - onset)*frame, int(i >= {p.inputs // 2}))"
    cell = Cell(
        equations="on : 1",
        threshold="rand() < on*rate*dt",
        operations={"light": Operation(light, "frame")},
        constants={"rate": quantities(p).rate},
    )
    return (COUNT + cell).group(p.inputs, "input", clocks)


def live(p: ExclusiveOr) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {f"{name}.learning_rate": p.learning_rate for name in ("hidden", "output")}


def build(
    p: ExclusiveOr, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> ExclusiveOrModel:
    """Build the network.

    rng : draws the first weights, uniform in their bounds; inputs : one population, of
    :func:`bits`.  The schedule's ``label`` is the answer that is rewarded.
    """
    (source,) = inputs.values()
    excites, inhibits = _rule(p, 0.0, p.largest), _rule(p, -p.largest, 0.0)
    critic = _critic(clocks)
    hidden, output = (
        _cells(p, n, name, clocks) for n, name in ((p.hidden, "hidden"), (1, "output"))
    )
    for group in (hidden, output):
        group.told = linked_var(critic, "reward")
    plastic = [
        connect(excites, source, hidden, clocks, name="excitation", condition="i % 2 == 0"),
        connect(inhibits, source, hidden, clocks, name="inhibition", condition="i % 2 == 1"),
        connect(excites, hidden, output, clocks),
    ]
    for each in plastic:
        bounds = (each.rule.low, each.rule.high)  # type: ignore[attr-defined]
        each.synapses.w = rng.uniform(*bounds, len(each.synapses))
    judged = Synapses(
        output, critic, on_pre="reward_post = 2*label(t - onset) - 1", clock=clocks.step,
        name="output_to_critic",
    )  # fmt: skip
    judged.connect()
    populations = {group.name: group for group in (source, hidden, output, critic)}
    populations["synapses"] = plastic[-1].synapses
    responses = monitor_responses(output, clocks)
    synapses = {each.synapses.name: each.synapses for each in plastic}
    network = Network(*populations.values(), *synapses.values(), judged, responses)
    model = ExclusiveOrModel(network, populations, dict(zip(synapses, plastic)), clocks, responses)
    model.set(live(p))
    return model


def _rule(p: ExclusiveOr, low: float, high: float) -> RewardModulatedSTDP:
    """With memory each pair enters c by its share of the filter, 1 ms/tau_c."""
    q = quantities(p)
    steps = float(q.tau_c) / 1e-3
    size, kept = (1 / steps, float(np.exp(-1 / steps))) if steps else (1.0, 0.0)
    return RewardModulatedSTDP(
        q.tau_trace, q.tau_trace, size, size, kept, low=low, high=high, drives="I"
    )


def _cells(p: ExclusiveOr, n: int, name: str, clocks: Clocks) -> NeuronGroup:
    cell = Cell(
        equations="v : 1\nI : 1\nreward : 1\ntold : 1 (linked)",
        threshold="v >= threshold",
        reset="v = 0",
        operations={
            "step": Operation("v = v*exp(-dt/tau) + I\nI = 0", when="groups"),
            "reward": Operation("reward = told", when="synapses", order=4),
        },
        constants={"tau": quantities(p).tau_membrane, "threshold": p.threshold},
    )
    return (cell + COUNT_ANEW + _rule(p, 0.0, p.largest).post()).group(n, name, clocks)


def _critic(clocks: Clocks) -> NeuronGroup:
    """The reward of this step."""
    cell = Cell(equations="reward : 1", operations={"silent": Operation("reward = 0")})
    return cell.group(1, "critic", clocks)
