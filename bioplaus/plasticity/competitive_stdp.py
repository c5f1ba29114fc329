"""Spike-timing plasticity of competing cells (Diehl and Cook 2015: triplets, as in their code).

::

    presynaptic spike     w falls by depression * recent,           the trace is set to 1
    postsynaptic spike    w grows by learning_rate * trace * earlier, both of its own are set to 1

Only the last spike of each side counts.  ``recent`` and ``earlier`` are two traces of the
postsynaptic cell, read before they are set: its first spike after a pause changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import NoDrift, Rule

__all__ = ["CompetitiveSTDP"]

NEVER = -1e6
"""An arrival so long ago [s] that its trace is 0."""


@dataclass(frozen=True)
class CompetitiveSTDP(Rule):
    """w : (pre, post) [1], within 0 .. 1, scaled to one sum for each postsynaptic cell.

    ``arrived`` [s] is when the last presynaptic spike came through the synapse's own delay: the
    trace is exp(-(t - arrived)/tau_pre).  Weights are scaled in the first step of a presentation
    in which anything is learned.

    Reads ``plasticity`` and ``fresh`` of the schedule.  ``learning_rate`` and ``depression`` are
    shared by the postsynaptic population; ``learns`` there is the plasticity of the frame.

    Attributes
    ----------
    tau_pre, tau_recent, tau_earlier
        Time constants of the traces [s].
    total
        Sum of the weights onto a cell after scaling; 0 leaves them alone.
    drives
        The variable of the postsynaptic cell that a spike raises by w, before w changes.
    """

    pathway_order: ClassVar[Mapping[str, int]] = {"gather": -2, "scale": -1}

    tau_pre: Any
    tau_recent: Any
    tau_earlier: Any
    total: float = 0.0
    drives: str = "ge"

    def pre(self) -> Cell:
        """The moment at which weights are scaled."""
        begin = Operation("scaling = int(fresh(t - onset)*plasticity(t - onset) > 0)", "frame")
        return Cell(
            equations="scaling : 1",
            events={"scale": "scaling > 0"},
            on_event={"scale": "scaling = 0"},
            operations={"scaling": begin} if self.total else {},
        )

    def post(self) -> Cell:
        """Two traces of the last spike, and the sum of the weights."""
        decay = "recent *= exp(-dt/tau_recent)\nearlier *= exp(-dt/tau_earlier)"
        begin = "learns = plasticity(t - onset)\nsum_of_weights = 0"
        return Cell(
            equations="""
            recent : 1
            earlier : 1
            learns : 1
            sum_of_weights : 1
            learning_rate : 1 (shared)
            depression : 1 (shared)
            """,
            reset="recent = 1\nearlier = 1",
            operations={
                "traces": Operation(decay, when="groups"),
                "learns": Operation(begin, "frame"),
            },
            constants={"tau_recent": self.tau_recent, "tau_earlier": self.tau_earlier},
        )

    def synapses(self) -> dict[str, Any]:
        """A spike is transmitted, then the weight changes; scaling comes before both."""
        on_pre = f"""
        {self.drives}_post += w
        arrived = t
        w = clip(w - learns_post*depression_post*recent_post, 0, 1)
        """
        change = "learns_post*learning_rate_post*exp(-(t - arrived)/tau_pre)*earlier_post"
        return {
            "model": "w : 1\narrived : second",
            "on_pre": {
                "pre": on_pre,
                "gather": "sum_of_weights_post += w",
                "scale": "w *= total/sum_of_weights_post",
            },
            "on_event": {"gather": "scale", "scale": "scale"},
            "on_post": f"w = clip(w + {change}, 0, 1)",
            "namespace": {"tau_pre": self.tau_pre, "total": self.total},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """None that could be written down: bounds and scaling decide."""
        raise NoDrift("weights are bounded and scaled to one sum")
