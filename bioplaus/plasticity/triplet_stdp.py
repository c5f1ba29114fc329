"""Spike-timing plasticity of triplets of spikes (Pfister and Gerstner 2006).

::

    presynaptic spike     w falls by o1 (pair_minus + triplet_minus * r2),   then r1, r2 jump
    postsynaptic spike    w grows by r1 (pair_plus + triplet_plus * o2),     then o1, o2 jump

r1, r2 are a fast and a slow trace of presynaptic spikes, o1, o2 of postsynaptic ones.  The slow
trace of the side that spikes is that of its spikes before: what makes the rule depend on frequency.
Two spikes in one step are a pair whose presynaptic spike came first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.neurons.cell import Cell
from bioplaus.plasticity.pair_stdp import FACTOR, jump, mean_trace, sends
from bioplaus.plasticity.rule import Rule

__all__ = ["TripletSTDP"]


@dataclass(frozen=True)
class TripletSTDP(Rule):
    """w : (pre, post) [1], held within ``low`` .. ``high``.

    ``learning_rate``, a factor on all changes, is shared by the postsynaptic population.

    Attributes
    ----------
    pair_plus, triplet_plus, pair_minus, triplet_minus
        Amplitudes A2+, A3+, A2-, A3- [1].
    tau_plus, tau_minus, tau_x, tau_y
        Time constants of r1, o1, r2, o2.
    nearest
        Whether a spike sets traces to 1, or adds 1.
    drives
        The variable of the postsynaptic cell that a spike raises by w, before w changes; none
        where the network transmits.
    """

    pair_plus: float
    triplet_plus: float
    pair_minus: float
    triplet_minus: float
    tau_plus: Any
    tau_minus: Any
    tau_x: Any
    tau_y: Any
    low: float = 0.0
    high: float = 1.0
    nearest: bool = False
    drives: str = ""

    def post(self) -> Cell:
        """The factor on all changes."""
        return FACTOR

    def synapses(self) -> dict[str, Any]:
        """Traces move only when there is a spike on either side."""
        names = (
            "pair_plus", "triplet_plus", "pair_minus", "triplet_minus",
            "tau_plus", "tau_minus", "tau_x", "tau_y", "low", "high",
        )  # fmt: skip
        return {
            "model": """
            w : 1
            dr1/dt = -r1/tau_plus : 1 (event-driven)
            dr2/dt = -r2/tau_x : 1 (event-driven)
            do1/dt = -o1/tau_minus : 1 (event-driven)
            do2/dt = -o2/tau_y : 1 (event-driven)
            """,
            "on_pre": {
                "pre": f"""
                {sends(self.drives)}
                w = clip(w - learning_rate_post*o1*(pair_minus + triplet_minus*r2), low, high)
                {jump("r1", self.nearest)}
                {jump("r2", self.nearest)}
                """
            },
            "on_post": f"""
            w = clip(w + learning_rate_post*r1*(pair_plus + triplet_plus*o2), low, high)
            {jump("o1", self.nearest)}
            {jump("o2", self.nearest)}
            """,
            "namespace": {name: getattr(self, name) for name in names},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``rate``, ``learning_rate``.  Far from the bounds.  [1/s]"""
        r1, r2 = (mean_trace(pre["rate"], tau, self.nearest) for tau in (self.tau_plus, self.tau_x))
        o1, o2 = (
            mean_trace(post["rate"], tau, self.nearest) for tau in (self.tau_minus, self.tau_y)
        )
        grows = post["rate"] * r1 * (self.pair_plus + self.triplet_plus * o2)
        falls = pre["rate"] * o1 * (self.pair_minus + self.triplet_minus * r2)
        return post["learning_rate"] * (grows - falls)
