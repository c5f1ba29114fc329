"""Spike-timing plasticity that waits for a reward (Izhikevich 2007, Florian 2007).

::

    presynaptic spike     c falls by depression * y,      then x jumps
    postsynaptic spike    c grows by potentiation * x,    then y jumps
    regularly             w grows by learning_rate * reward * c,   then c decays

c is the eligibility of a synapse: what the pair rule would have changed, remembered for a while.
Without memory (``kept`` 0) a reward acts on pairs that are completed in its own step alone.  Two
spikes in one step are a pair whose presynaptic spike came first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.pair_stdp import FACTOR, jump, mean_trace, sends
from bioplaus.plasticity.rule import Rule

__all__ = ["RewardModulatedSTDP"]


@dataclass(frozen=True)
class RewardModulatedSTDP(Rule):
    """w : (pre, post) [1], held within ``low`` .. ``high``.

    Reads ``reward`` of the postsynaptic cell, after the spikes of a step were transmitted.
    ``learning_rate``, a factor on all changes, is shared by the postsynaptic population.

    Attributes
    ----------
    tau_plus, tau_minus
        Time constants of the traces x and y.
    potentiation, depression
        Change of c by a pair without a lag [1].
    every
        How often weights move: "step", "frame", or a time.
    kept
        Share of c that is left after each such move: exp(-every/tau_c), or 0.
    nearest
        Whether a spike sets its trace to 1, or adds 1.
    drives
        The variable of the postsynaptic cell that a spike raises by w; none where the network
        transmits.
    """

    tau_plus: Any
    tau_minus: Any
    potentiation: float
    depression: float
    kept: float
    every: Any = "step"
    low: float = 0.0
    high: float = 1.0
    nearest: bool = False
    drives: str = ""

    def post(self) -> Cell:
        """The factor on all changes."""
        return FACTOR

    def synapses(self) -> dict[str, Any]:
        """Traces move only when there is a spike on either side."""
        return {
            "model": """
            w : 1
            c : 1
            dx/dt = -x/tau_plus : 1 (event-driven)
            dy/dt = -y/tau_minus : 1 (event-driven)
            """,
            "on_pre": {
                "pre": f"""
                {sends(self.drives)}
                c -= depression*y
                {jump("x", self.nearest)}
                """
            },
            "on_post": f"""
            c += potentiation*x
            {jump("y", self.nearest)}
            """,
            "namespace": {
                "tau_plus": self.tau_plus,
                "tau_minus": self.tau_minus,
                "potentiation": self.potentiation,
                "depression": self.depression,
                "kept": self.kept,
                "low": self.low,
                "high": self.high,
            },
        }

    def operations(self) -> Mapping[str, Operation]:
        """Weights move after the spikes of a step, and c decays."""
        code = "w = clip(w + learning_rate_post*reward_post*c, low, high)\nc *= kept"
        return {"learn": Operation(code, self.every, when="synapses", order=5)}

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``rate``, ``reward``, ``learning_rate``.  Far from bounds.  [1/s]

        For a reward that is held: every pair of the past counts as often as it is remembered.
        """
        x = mean_trace(pre["rate"], self.tau_plus, self.nearest)
        y = mean_trace(post["rate"], self.tau_minus, self.nearest)
        jumps = self.potentiation * x * post["rate"] - self.depression * y * pre["rate"]
        return post["learning_rate"] * post["reward"] * jumps / (1 - self.kept)
