"""Projections whose weights are computed between runs from recorded spikes, not by the synapse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.plasticity.rule import NoDrift, Rule

__all__ = ["BetweenRuns"]


@dataclass(frozen=True)
class BetweenRuns(Rule):
    """While the network runs, a presynaptic spike adds w to variables of the target cell.

    w : (n_pre, n_post), in ``unit``.  What moves it reads spikes when a run has ended (EventProp,
    HM2-BP, NormAD: their packages) and sets weights of the model.  Reads the variables ``onto``.
    """

    onto: tuple[str, ...] = ("I",)
    unit: str = "1"

    def synapses(self) -> dict[str, Any]:
        """An event adds the weight."""
        adding = "\n".join(f"{variable}_post += w" for variable in self.onto)
        return {"model": f"w : {self.unit}", "on_pre": adding}

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """None: nothing moves while the network runs."""
        raise NoDrift("weights of this projection move between runs, by spikes of all of a sample")
