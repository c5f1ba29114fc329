"""Burst-dependent plasticity: bursts potentiate, events depress (Payeur 2021; Greedy 2022).

    dw/dt = eta [B(t) - p0 E(t)] trace(t)

B and E are the postsynaptic burst marks and events, trace the presynaptic event trace (+1 at each
event, decay tau_pre).  Burstprop compares with a moving average, p0 = P_bar = B_bar / E_bar
(Payeur 2021, equation 1); BurstCCN with a constant, p0 = p_b (Greedy 2022, equation 1).  Positive
teaching currents in the dendrite raise B above p0 E, and the weight grows.

Two bounds on the event rate belong to both (Payeur 2021, released code): below rate_min each
presynaptic event adds eta (rate_min - E_bar), above rate_max each postsynaptic spike gives
-(E_bar - rate_max)/E_bar more.

Without any event P_bar is undefined; it reads 0 then, and the rule is silent, since it acts at
events only.  Names to supply: tau_pre, tau_average, rate_min, rate_max, w_max, and the gate
plastic(t), 1 while weights learn.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AT_BURST", "AT_EVENT", "TRACES", "BurstRule"]

TRACES = """
dtrace/dt = -trace/tau_pre : 1
dE_bar/dt = -E_bar/tau_average : Hz
dB_bar/dt = -B_bar/tau_average : Hz
P_bar = clip(B_bar/clip(E_bar, 1e-9*Hz, 1e9*Hz), 0, 1) : 1
lack = clip(rate_min - E_bar, 0*Hz, 1e9*Hz)/Hz : 1
excess = clip(E_bar - rate_max, 0*Hz, 1e9*Hz)/clip(E_bar, 1e-9*Hz, 1e9*Hz) : 1
p_b : 1 (constant)
"""
"""What every cell carries for the rule: traces of its own events and bursts."""

AT_EVENT = "trace += 1\nE_bar += 1/tau_average\n"
AT_BURST = "B_bar += 1/tau_average\n"


@dataclass(frozen=True)
class BurstRule:
    """A plastic excitatory projection.

    w : (pre, post) [leak conductance], bounded to [0, w_max].  A presynaptic event adds w to
    g_exc of its targets.

    Parameters
    ----------
    moving_average
        Burstprop's P_bar instead of BurstCCN's constant p_b.
    event
        Name of the cells' event that opens an event.
    """

    moving_average: bool
    event: str = "spike"

    def synapses(self) -> dict[str, object]:
        """Keyword arguments of :class:`brian2.Synapses`."""
        resting = "P_bar_post" if self.moving_average else "p_b_post"
        return {
            "model": "w : 1\neta : 1 (shared)",
            "on_pre": {
                "transmit": """
                g_exc_post += w
                w = clip(w + plastic(t)*eta*lack_post, 0, w_max)
                """
            },
            "on_post": {
                "depress": f"""
                w = clip(w - plastic(t)*eta*({resting} + excess_post)*trace_pre, 0, w_max)
                """,
                "potentiate": """
                w = clip(w + plastic(t)*eta*(1 - excess_post)*trace_pre, 0, w_max)
                """,
            },
            "on_event": {"transmit": self.event, "depress": self.event, "potentiate": "burst"},
        }
