"""The rate model in continuous time, as a Brian2 network (Greedy 2022, section 3 and figure 3).

    tau_v dv/dt = -v + W e_below + c,             rate = sigma(v)
    tau_u du/dt = -u + 4 (1 - e) (Y' b - Q' e_above),  p = sigma(u),  b = p e
    tau_W dW/dt = (p - p_b) e e_below',           p_b = 1/2
    output: p = p_b + p_b (t - e)(1 - e), at once

As in the released runs the feedback weights follow the feedforward ones, Y = W and Q = p_b W: the
two routes are one sum of W (b - p_b e).  Every rate is taken at the start of a step before any is
advanced, so that the routes cancel during transients too.  Shown are ``stimulus``, ``target`` and
``plasticity`` of the schedule, which also switches the teacher.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup

from bioplaus.models.burstccn.parameters import Continuous
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.parameters import quantities
from bioplaus.plasticity.burst_rule import BurstRate
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Bias, Projection, connect

__all__ = ["build_continuous", "signals"]

ENSEMBLE = """
dv/dt = (drive + c - v)/tau_soma : 1
rate = 1/(1 + exp(-v)) : 1 (constant over dt)
drive : 1
"""
HIDDEN = """
du/dt = (4*(1 - rate)*down - u)/tau_apical : 1
change = rate*(1/(1 + exp(-u)) - 0.5) : 1 (constant over dt)
down : 1
"""
OUTPUT = """
wanted = target(t - onset) : 1
change = 0.5*plasticity(t - onset)*(wanted - rate)*(1 - rate)*rate : 1 (constant over dt)
dloss/dt = (wanted - rate)**2 : second
"""


def signals(inputs: int, clocks: Clocks) -> NeuronGroup:
    """An input population whose rates are the ``stimulus`` of the schedule."""
    cell = Cell("rate = stimulus(t - onset, i) : 1 (constant over dt)", method="euler")
    return cell.group(inputs, "input", clocks)


def build_continuous(
    p: Continuous, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> Model:
    """Build the network with normal random weights (Xavier) and zero biases and states.

    ``inputs`` holds one population with ``rate``.  Weights are drawn by Brian2's own generator
    (``brian2.seed``), nothing by ``rng``.  In a population ``rate`` is the event rate e and
    ``change`` is b - p_b e; ``loss`` of the output is the integral of its squared error [s].

    Raises
    ------
    ParameterError
        For a value that cannot be used.
    """
    q = quantities(p)
    (first,) = inputs.values()
    rule = BurstRate(q.tau_weight)
    ensemble = Cell(ENSEMBLE, method="euler", constants={"tau_soma": q.tau_soma}) + rule.post()
    apical = Cell(HIDDEN, constants={"tau_apical": q.tau_apical})
    groups = {
        "input": first,
        "hidden": (ensemble + apical).group(p.hidden, "hidden", clocks),
        "output": (ensemble + Cell(OUTPUT)).group(p.outputs, "output", clocks),
    }
    plastic: dict[str, Projection | Bias] = {}
    for below, above in pairwise(groups.values()):
        sent = {"model": "drive_post = w*rate_pre : 1 (summed)"}
        if below is not first:
            sent["model"] += "\ndown_pre = w*change_post : 1 (summed)"
        made = connect(rule, below, above, clocks, transmits=sent)
        sd = p.weight_gain * np.sqrt(2 / (len(below) + len(above)))
        made.synapses.w = f"{sd}*randn()"
        plastic[made.synapses.name] = made
        plastic[f"bias_to_{above.name}"] = Bias(above, "c")
    synapses = [each.synapses for each in plastic.values() if isinstance(each, Projection)]
    return Model(Network(*groups.values(), *synapses), groups, plastic, clocks)
