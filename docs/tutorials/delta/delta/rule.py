"""The rule and the network that it learns in, as Brian2 text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, StateMonitor

from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.counting import COUNT_ANEW, monitor_responses
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Rule, connect


@dataclass(frozen=True)
class Delta(Rule):
    """dw = eta (target - y) at each presynaptic spike.

    w : (n_pre, n_post) [V], which the spike also adds to v; y : output spikes, filtered, 1 at
    100 Hz.  Sign: w grows where the target is not reached.  Reads ``v`` of the postsynaptic cell;
    ``targets`` and ``plasticity`` of the schedule.  ``learning_rate`` is shared by the population.
    """

    tau_output: Any

    def post(self) -> Cell:
        """The filtered output."""
        return Cell(
            equations="dy/dt = -y/tau_output : 1\nlearning_rate : volt (shared)",
            reset="y += 0.01*second/tau_output",
            constants={"tau_output": self.tau_output},
        )

    def synapses(self) -> dict[str, Any]:
        """A spike moves the weight, then the membrane."""
        error = "(targets(order(t - onset)*frame, j) - y_post)"
        change = f"w += learning_rate_post*plasticity(t - onset)*{error}"
        return {"model": "w : volt", "on_pre": f"{change}\nv_post += w"}

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``y``, ``learning_rate``, and the ``target`` shown.  [V/s]"""
        return pre["rate"] * post["learning_rate"] * (post["target"] - post["y"])


@dataclass(frozen=True)
class DeltaModel(Model):
    """responses : spikes of the output, by presentation."""

    responses: StateMonitor


def pixels(p: Any, number: int, clocks: Clocks) -> Any:
    """Poisson cells that follow the schedule's ``images``."""
    cell = Cell(
        threshold="rand() < white*dt*images(order(t - onset)*frame, i)",
        constants={"white": quantities(p).white},
    )
    return cell.group(number, "pixel", clocks)


def build(p: Any, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks) -> Model:
    """Ten neurons behind the input, from weights of zero; nothing is drawn."""
    q, (pixel,) = quantities(p), inputs.values()
    rule = Delta(q.tau_output)
    membrane = Cell(
        equations="dv/dt = -v/tau_membrane : volt",
        threshold="v > threshold",
        reset="v = 0*volt",
        method="exact",
        constants={"tau_membrane": q.tau_membrane, "threshold": q.threshold},
    )
    output = (membrane + rule.post() + COUNT_ANEW).group(10, "output", clocks)
    plastic = connect(rule, pixel, output, clocks, name="pixel_to_output")
    responses = monitor_responses(output, clocks)
    network = Network(pixel, output, plastic.synapses, responses)
    populations = {"pixel": pixel, "output": output}
    model = DeltaModel(network, populations, {"pixel_to_output": plastic}, clocks, responses)
    model.set(live(p))
    return model


def live(p: Any) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {"output.learning_rate": quantities(p).learning_rate}
