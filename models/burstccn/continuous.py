"""The rate model in continuous time, as a Brian2 network (Greedy 2022, section 3 and figure 3).

    tau_v dv/dt = -v + W e_below + c,             rate = sigma(v)
    tau_u du/dt = -u + 4 (1 - e) (Y' b - Q' e_above),  p = sigma(u),  b = p e
    tau_W dW/dt = (p - p_b) e e_below',           p_b = 1/2
    output: p = p_b + p_b (t - e)(1 - e), at once

As in the released runs the feedback weights follow the feedforward ones, Y = W and Q = p_b W: the
two routes are one sum of W (b - p_b e).  Every rate is taken at the start of a step before any is
advanced, so that the routes cancel during transients too.  Shown by ``stimulus(t, i)``,
``target(t)`` and the gate ``plastic(t)``, which also switches the teacher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Clock, Network, NeuronGroup, Synapses

from bioplaus.models.burstccn.parameters import Continuous
from bioplaus.parameters import quantities

__all__ = ["ContinuousModel", "build_continuous"]

_ENSEMBLE = """
dv/dt = (drive + c - v)/tau_soma : 1
dc/dt = plastic(t)*change/tau_weight : 1
rate = 1/(1 + exp(-v)) : 1 (constant over dt)
drive : 1
"""
_HIDDEN = """
du/dt = (4*(1 - rate)*down - u)/tau_apical : 1
change = rate*(1/(1 + exp(-u)) - 0.5) : 1 (constant over dt)
down : 1
"""
_OUTPUT = """
change = 0.5*plastic(t)*(target(t) - rate)*(1 - rate)*rate : 1 (constant over dt)
dloss/dt = (target(t) - rate)**2 : second
"""
_UP = """
dw/dt = plastic(t)*change_post*rate_pre/tau_weight : 1 (clock-driven)
drive_post = w*rate_pre : 1 (summed)
"""
_DOWN = "down_pre = w*change_post : 1 (summed)\n"


@dataclass
class ContinuousModel:
    """The network and its parts.

    In a population ``rate`` is the event rate e and ``change`` is b - p_b e; ``loss`` of the output
    is the integral of its squared error [s].
    """

    network: Network
    populations: dict[str, NeuronGroup]
    input_to_hidden: Synapses
    hidden_to_output: Synapses

    def weights(self) -> tuple[Any, Any]:
        """W of both layers, (hidden, inputs) and (outputs, hidden)."""
        inputs, hidden, output = (len(group) for group in self.populations.values())
        first = np.asarray(self.input_to_hidden.w).reshape(inputs, hidden).T
        return first, np.asarray(self.hidden_to_output.w).reshape(hidden, output).T


def build_continuous(p: Continuous, inputs: int, outputs: int) -> ContinuousModel:
    """Build the network with normal random weights (Xavier) and zero biases and states.

    Raises
    ------
    ParameterError
        For a value that cannot be used.
    """
    q = quantities(p)
    clock = Clock(q.step, name="step_clock")
    names = {name: getattr(q, name) for name in ("tau_soma", "tau_apical", "tau_weight")}
    sizes = {"input": inputs, "hidden": p.hidden, "output": outputs}
    texts = {
        "input": "rate = stimulus(t, i) : 1 (constant over dt)",
        "hidden": _ENSEMBLE + _HIDDEN,
        "output": _ENSEMBLE + _OUTPUT,
    }
    groups = {
        name: NeuronGroup(
            size, texts[name], method="euler", clock=clock, name=name, namespace=names
        )
        for name, size in sizes.items()
    }
    pairs = (("input", "hidden", _UP), ("hidden", "output", _UP + _DOWN))
    up = []
    for below, above, text in pairs:
        synapses = Synapses(
            groups[below],
            groups[above],
            text,
            method="euler",
            clock=clock,
            name=f"{below}_to_{above}",
            namespace=names,
        )
        synapses.connect()
        sd = p.weight_gain * np.sqrt(2 / (sizes[below] + sizes[above]))
        synapses.w = f"{sd}*randn()"
        up.append(synapses)
    return ContinuousModel(Network(*groups.values(), *up), groups, *up)
