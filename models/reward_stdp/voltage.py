"""Cells that are made to spike, and plasticity by their voltage (Clopath and others 2010)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, ms, mV, nS, pA, pF

from bioplaus.models.reward_stdp import pairing
from bioplaus.models.reward_stdp.parameters import Voltage
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import COUNT
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import connect
from bioplaus.plasticity.voltage_stdp import VoltageSTDP

__all__ = ["adaptive_exponential", "build", "live", "told"]

PULSE = 80 * mV
TRANSMISSION = 0.2 * ms
CELL = {
    "C": 281 * pF, "g_L": 30 * nS, "E_L": -70.6 * mV, "Delta_T": 2 * mV,
    "a": 4 * nS, "tau_w": 144 * ms, "b": 0.0805 * pA,
    "I_sp": 400 * pA, "tau_z": 40 * ms,
    "V_T_rest": -50.4 * mV, "V_T_max": 30.4 * mV, "tau_T": 50 * ms,
    "V_spike": 33 * mV, "V_reset": -49.6 * mV, "V_begins": 0 * mV, "t_spike": 2 * ms,
}  # fmt: skip
"""Constants of the cell, as NEST's test of this rule has them."""


def adaptive_exponential() -> Cell:
    """Adaptive exponential cell whose spike lasts: v is held for ``t_spike``, then reset.

    z, the current after a spike, and V_T, which jumps at a spike, are those of the paper.
    """
    return Cell(
        """
        dv/dt = int(clamped == 0)*(upstroke - g_L*(v - E_L) - w_ad + z)/C : volt
        upstroke = g_L*Delta_T*exp((v - V_T)/Delta_T) : amp
        dw_ad/dt = int(clamped == 0)*(a*(v - E_L) - w_ad)/tau_w : amp
        dz/dt = -z/tau_z : amp
        dV_T/dt = (V_T_rest - V_T)/tau_T : volt
        clamped : integer
        """,
        threshold="v > V_begins and clamped == 0",
        reset="""
        v = V_spike
        w_ad += b
        z = I_sp
        V_T = V_T_max
        clamped = timestep(t_spike, dt) + 1
        """,
        method="rk4",
        operations={
            "ends_spike": Operation(
                "v = V_reset*int(clamped == 1) + v*int(clamped != 1)\nclamped -= int(clamped > 0)",
                when="groups",
                order=2,
            )
        },
        constants=CELL,
        start={"v": CELL["E_L"], "V_T": CELL["V_T_rest"]},
    )  # fmt: skip


def rule(p: Voltage) -> VoltageSTDP:
    """The rule that parameters stand for; weights have no upper bound in reach."""
    q = quantities(p)
    return VoltageSTDP(
        p.depression / mV, p.potentiation / mV**2,
        q.theta_minus, q.theta_plus, q.tau_minus, q.tau_plus, q.tau_x, q.delay,
        high=100.0,
    )  # fmt: skip


def told(p: Voltage, n: int, clocks: Clocks) -> NeuronGroup:
    """Cells that spike where ``stimulus`` of the schedule is 1, with the rule's trace."""
    return pairing.told(n, clocks, rule(p).pre())


def live(p: Voltage) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {"post.learning_rate": p.learning_rate}


def build(p: Voltage, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks) -> Model:
    """As many cells behind as before, each with one synapse; ``command`` makes them spike.

    A presynaptic spike raises v by w mV, 0.2 ms later.  Nothing is drawn from ``rng``.
    """
    (pre,) = inputs.values()
    learned = rule(p)
    pulse = Operation("v += pulse*command(t - onset, i)", when="groups", order=1)
    cell = (
        COUNT
        + adaptive_exponential()
        + learned.post()
        + learned.memory.cell()
        + Cell(operations={"pulse": pulse}, constants={"pulse": PULSE})
    )
    post = cell.group(len(pre), "post", clocks)
    post.u_minus = post.u_plus = CELL["E_L"]
    memory = learned.memory.attach(post, clocks)
    learning = connect(
        learned, pre, post, clocks, condition="i == j", delay={"sends": TRANSMISSION},
        transmits={"on_pre": {"sends": "v_post += w*mV*int(clamped_post == 0)"}},
    )  # fmt: skip
    learning.synapses.w = p.first_weight
    network = Network(pre, post, memory, learning.synapses)
    populations = {"pre": pre, "post": post, "synapses": learning.synapses}
    model = Model(network, populations, {learning.synapses.name: learning}, clocks)
    model.set(live(p))
    return model
