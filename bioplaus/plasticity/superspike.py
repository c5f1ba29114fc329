"""SuperSpike with its traces: error signals times voltage-based eligibility.

::

    s_i = a_s s_i + z_i,   psp_i += dt/tau_m (s_i - psp_i)                of the step before
    slow_ij += dt/tau_d (fast_ij - slow_ij),   fast_ij = a_r fast_ij + sigma_j psp_i
    gradient_ij += signal_j slow_ij dt

At the event ``over`` of a block: largest = max(gamma largest, gradient^2), w += r_0 gradient/
(sqrt(largest) + eps).  Zenke and Ganguli (2018), equations 3 to 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from brian2 import ms, mV

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import NoDrift, Rule

__all__ = ["SuperSpikeRule"]

SMALL = 1e-12 * ms / mV
TRACES = """
slow += fall*(fast - slow)
fast = rise*fast + sigma_post*psp_pre
gradient += signal_post*slow*dt
"""
MOVE = """
before = largest*forgetting
largest = before + int(gradient**2 > before)*(gradient**2 - before)
w += learning_rate_post*gradient/(sqrt(largest) + small)
gradient = 0*second/volt
slow = 0/volt
fast = 0/volt
"""


@dataclass(frozen=True)
class SuperSpikeRule(Rule):
    """w : (pre, post) [V] onto a cell with ``sigma`` and ``signal``.

    Reads ``learning_rate`` [V] of the postsynaptic cell.  kept, gain : of the presynaptic trace;
    rise, fall : of the error's kernel in a step; forgetting : of the largest squared gradient.
    """

    pathway_order: ClassVar[Mapping[str, int]] = {"over": 7}

    kept: float = 0.98
    gain: float = 0.01
    rise: float = 0.98
    fall: float = 0.01
    forgetting: float = 0.9995

    def pre(self) -> Cell:
        """The response to its spikes."""
        code = f"s = {self.kept!r}*s + z\npsp = psp + {self.gain!r}*(s - psp)"
        return Cell(
            equations="s : 1\npsp : 1",
            operations={"psp": Operation(code, when="groups", order=-1)},
            on_event={"over": "s = 0\npsp = 0"},
        )

    def synapses(self) -> dict[str, Any]:
        """At the end of a block weights move, and the traces begin anew."""
        return {
            "model": """
            w : volt
            fast : 1/volt
            slow : 1/volt
            gradient : second/volt
            largest : second**2/volt**2
            """,
            "on_pre": {"over": MOVE},
            "on_event": {"over": "over"},
            "namespace": {
                "rise": self.rise,
                "fall": self.fall,
                "forgetting": self.forgetting,
                "small": SMALL,
            },
        }

    def operations(self) -> dict[str, Operation]:
        """The traces, once a step, after signals have arrived."""
        return {"traces": Operation(TRACES, when="synapses", order=5)}

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """None that could be written down."""
        raise NoDrift("the step of a block is normalised by the largest gradient before it")
