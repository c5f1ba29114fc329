"""Burst-dependent plasticity: bursts potentiate, events depress (Payeur 2021; Greedy 2022)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.neurons.cell import Cell
from bioplaus.plasticity.rule import NoDrift, Rule

__all__ = ["BurstRate", "BurstRule"]


@dataclass(frozen=True)
class BurstRule(Rule):
    """dw/dt = eta [B(t) - p0 E(t)] trace(t).

    B and E are the postsynaptic burst marks and events, trace the presynaptic event trace (+1 at
    each event, decay tau_pre).  Burstprop compares with a moving average, p0 = P_bar = B_bar/E_bar
    (Payeur 2021, equation 1); BurstCCN with a constant, p0 = p_b (Greedy 2022, equation 1).
    Positive teaching currents in the dendrite raise B above p0 E, and the weight grows.

    Two bounds on the rate belong to both (Payeur 2021, released code): below rate_min each
    presynaptic event adds eta (rate_min - r), above rate_max each postsynaptic spike gives
    -(E_bar - rate_max)/E_bar more.  ``floor_reads`` names r among the cell's variables.

    Without any event P_bar is undefined; it reads 0 then, and the rule is silent, since it acts at
    events only.

    w : (n_pre, n_post) [leak conductance], in 0 .. w_max; a presynaptic event adds w to g_exc.
    ``event`` names the cells' event that opens an event, ``burst`` marks a burst.
    Reads ``g_exc`` of the postsynaptic cell, the events of both, and ``plasticity`` of the
    schedule; ``eta`` is shared by the projection, ``p_b`` a constant of each cell.
    """

    moving_average: bool
    tau_pre: Any
    tau_average: Any
    rate_min: Any
    rate_max: Any
    w_max: float
    event: str = "spike"
    floor_reads: str = "E_bar"

    def pre(self) -> Cell:
        """The event trace."""
        return self._at_events(
            "dtrace/dt = -trace/tau_pre : 1", "trace += 1", {"tau_pre": self.tau_pre}
        )

    def post(self) -> Cell:
        """Averages of events and bursts, and how far the event rate is outside its bounds."""
        averages = f"""
        dE_bar/dt = -E_bar/tau_average : Hz
        dB_bar/dt = -B_bar/tau_average : Hz
        P_bar = clip(B_bar/clip(E_bar, 1e-9*Hz, 1e9*Hz), 0, 1) : 1
        lack = clip(rate_min - {self.floor_reads}, 0*Hz, 1e9*Hz)/Hz : 1
        excess = clip(E_bar - rate_max, 0*Hz, 1e9*Hz)/clip(E_bar, 1e-9*Hz, 1e9*Hz) : 1
        p_b : 1 (constant)
        """
        constants = {
            "tau_average": self.tau_average,
            "rate_min": self.rate_min,
            "rate_max": self.rate_max,
        }
        events = self._at_events(averages, "E_bar += 1/tau_average", constants)
        return events + Cell(on_event={"burst": "B_bar += 1/tau_average"})

    def _at_events(self, equations: str, code: str, constants: dict[str, Any]) -> Cell:
        if self.event == "spike":
            return Cell(equations, reset=code, constants=constants)
        return Cell(equations, on_event={self.event: code}, constants=constants)

    def synapses(self) -> dict[str, Any]:
        """Transmission with the bound from below; depression at events, potentiation at bursts."""
        gate, resting = "plasticity(t - onset)", "P_bar_post" if self.moving_average else "p_b_post"
        return {
            "model": "w : 1\neta : 1 (shared)",
            "on_pre": {
                "transmit": f"""
                g_exc_post += w
                w = clip(w + {gate}*eta*lack_post, 0, w_max)
                """
            },
            "on_post": {
                "depress": f"""
                w = clip(w - {gate}*eta*({resting} + excess_post)*trace_pre, 0, w_max)
                """,
                "potentiate": f"""
                w = clip(w + {gate}*eta*(1 - excess_post)*trace_pre, 0, w_max)
                """,
            },
            "on_event": {"transmit": self.event, "depress": self.event, "potentiate": "burst"},
            "namespace": {"w_max": self.w_max},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``event_rate``, ``burst_rate``, ``p_b``, ``eta``; within bounds."""
        if self.moving_average:
            raise NoDrift("P_bar follows the events and bursts that it is compared with")
        trace = pre["rate"] * float(self.tau_pre)
        return post["eta"] * trace * (post["burst_rate"] - post["p_b"] * post["event_rate"])


@dataclass(frozen=True)
class BurstRate(Rule):
    """tau_weight dw/dt = (b - p_b e)_post e_pre: the same of rates (Greedy 2022, section 3).

    w : (n_pre, n_post).  ``change`` is b - p_b e of the postsynaptic ensemble, ``rate`` its event
    rate e; the bias ``c`` of an ensemble moves alike.
    Reads ``rate`` and ``change``, and ``plasticity`` of the schedule; the network transmits.
    """

    tau_weight: Any

    def post(self) -> Cell:
        """The bias."""
        return Cell(
            "dc/dt = plasticity(t - onset)*change/tau_weight : 1",
            constants={"tau_weight": self.tau_weight},
        )

    def synapses(self) -> dict[str, Any]:
        """Weights that move in every step."""
        rule = "plasticity(t - onset)*change_post*rate_pre/tau_weight"
        return {"model": f"dw/dt = {rule} : 1 (clock-driven)", "method": "euler"}

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``change``.  [1/s]"""
        return post["change"] * pre["rate"] / float(self.tau_weight)
