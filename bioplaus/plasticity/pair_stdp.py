"""Spike-timing plasticity of pairs of spikes (Song, Miller and Abbott 2000).

::

    presynaptic spike     w falls by depression * y,      then x jumps
    postsynaptic spike    w grows by potentiation * x,    then y jumps

x and y are traces of either side's spikes.  One pair, the postsynaptic spike by D later, adds
potentiation * exp(-D/tau_plus); by D earlier, it takes depression * exp(-D/tau_minus).  Two spikes
in one step are a pair whose presynaptic spike came first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.neurons.cell import Cell
from bioplaus.plasticity.rule import Rule

__all__ = ["FACTOR", "PairSTDP", "jump", "mean_trace", "sends"]

FACTOR = Cell(equations="learning_rate : 1 (shared)", start={"learning_rate": 1.0})
"""What a cell has behind synapses that learn by spike timing: the factor on all changes."""


@dataclass(frozen=True)
class PairSTDP(Rule):
    """w : (pre, post) [1], held within ``low`` .. ``high``.

    ``learning_rate``, a factor on all changes, is shared by the postsynaptic population.

    Attributes
    ----------
    tau_plus, tau_minus
        Time constants of the traces x and y.
    potentiation, depression
        Change by a pair without a lag [1].
    nearest
        Whether only the last spike of the other side counts, so that a trace is set to 1, or
        every one, so that 1 is added.
    drives
        The variable of the postsynaptic cell that a spike raises by w, before w changes; none
        where the network transmits.
    """

    tau_plus: Any
    tau_minus: Any
    potentiation: float
    depression: float
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
            dx/dt = -x/tau_plus : 1 (event-driven)
            dy/dt = -y/tau_minus : 1 (event-driven)
            """,
            "on_pre": {
                "pre": f"""
                {sends(self.drives)}
                w = clip(w - learning_rate_post*depression*y, low, high)
                {jump("x", self.nearest)}
                """
            },
            "on_post": f"""
            w = clip(w + learning_rate_post*potentiation*x, low, high)
            {jump("y", self.nearest)}
            """,
            "namespace": {
                "tau_plus": self.tau_plus,
                "tau_minus": self.tau_minus,
                "potentiation": self.potentiation,
                "depression": self.depression,
                "low": self.low,
                "high": self.high,
            },
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``rate``, ``learning_rate``.  Far from the bounds.  [1/s]"""
        x = mean_trace(pre["rate"], self.tau_plus, self.nearest)
        y = mean_trace(post["rate"], self.tau_minus, self.nearest)
        grows, falls = self.potentiation * x * post["rate"], self.depression * y * pre["rate"]
        return post["learning_rate"] * (grows - falls)


def sends(drives: str) -> str:
    """What a presynaptic spike does at once, where the network does not transmit."""
    return f"{drives}_post += w" if drives else ""


def jump(trace: str, nearest: bool) -> str:
    """What a spike does to a trace."""
    return f"{trace} = 1" if nearest else f"{trace} += 1"


def mean_trace(rate: float, tau: Any, nearest: bool) -> float:
    """Mean of a trace of Poisson spikes, and what another cell's spikes see of it."""
    spikes = rate * float(tau)
    return spikes / (1 + spikes) if nearest else spikes
