"""Short-term plasticity that tells events from bursts (Payeur 2021, figure 3).

Extended Tsodyks-Markram synapse.  Between spikes tau_D dx/dt = 1 - x and tau_F dr/dt = U - r; a
spike transmits w x r with the old values, then x <- x - x r and r <- r + f (1 - r).  A depressing
synapse passes the first spike of a burst, hence the event rate; a facilitating one passes the later
spikes, hence the burst rate.
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import Quantity, parameter

__all__ = ["DEPRESSING", "FACILITATING", "ShortTerm"]


@dataclass(frozen=True)
class ShortTerm:
    """Constants of one kind of synapse."""

    use: float = parameter(0.9, "release at rest", symbol="U", source="Payeur 2021", low=0, high=1)
    tau_depression: Quantity = parameter("20 ms", "recovery", symbol="tau_D", low="0.1 ms")
    tau_facilitation: Quantity = parameter("1 second", "return", symbol="tau_F", low="0.1 ms")
    facilitation: float = parameter(0.1, "step at a spike", symbol="f", low=0, high=1)

    def synapses(self, target: str) -> dict[str, object]:
        """Keyword arguments of :class:`brian2.Synapses`; ``target`` is the variable that w drives.

        x and r start at rest: set ``x = 1`` and ``r = U`` after connecting.
        """
        from bioplaus.parameters import quantities

        q = quantities(self)
        return {
            "model": """
            w : 1
            dx/dt = (1 - x)/tau_D : 1 (event-driven)
            dr/dt = (U - r)/tau_F : 1 (event-driven)
            """,
            "on_pre": f"""
            {target}_post += w*x*r
            x -= x*r
            r += f*(1 - r)
            """,
            "namespace": {
                "U": q.use,
                "f": q.facilitation,
                "tau_D": q.tau_depression,
                "tau_F": q.tau_facilitation,
            },
        }


DEPRESSING = ShortTerm()
FACILITATING = ShortTerm(0.02, "100 ms", "100 ms", 0.1)
