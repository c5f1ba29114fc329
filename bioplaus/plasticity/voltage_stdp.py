"""Plasticity by the voltage of the postsynaptic cell (Clopath and others 2010).

::

    presynaptic spike    w falls by A_LTD [u_- - theta_-]+
    at all times         dw/dt = A_LTP x_bar/tau_x [v - theta_+]+ [u_+ - theta_-]+

``u_-`` and ``u_+`` are the voltage, low-pass filtered, as it was before the present spike (a delay,
which the published program has and its text has not); x_bar is the trace of presynaptic spikes.
Since the second line is zero but where v is above theta_+, synapses are visited only then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bioplaus.neurons.cell import Cell
from bioplaus.neurons.delay_line import DelayLine
from bioplaus.plasticity.pair_stdp import FACTOR
from bioplaus.plasticity.rule import Rule

__all__ = ["VoltageSTDP"]


@dataclass(frozen=True)
class VoltageSTDP(Rule):
    """w : (pre, post) [1], held within ``low`` .. ``high``.

    The postsynaptic cell has a voltage ``v`` [V], and :attr:`memory` is attached to it.
    ``learning_rate``, a factor on all changes, is shared by the postsynaptic population.

    Attributes
    ----------
    depression
        A_LTD [1/V].
    potentiation
        A_LTP [1/V^2].
    theta_minus, theta_plus
        Thresholds of both filtered voltages, and of the voltage [V].
    tau_minus, tau_plus, tau_x
        Time constants of ``u_-``, ``u_+`` and x_bar.
    delay
        How long ago filtered voltages are read.
    """

    depression: Any
    potentiation: Any
    theta_minus: Any
    theta_plus: Any
    tau_minus: Any
    tau_plus: Any
    tau_x: Any
    delay: Any
    low: float = 0.0
    high: float = 1.0

    #: What grows until a spike comes before what the spike takes.
    pathway_order: ClassVar[Mapping[str, int]] = {"pre": 3}

    @property
    def memory(self) -> DelayLine:
        """Earlier values of the filtered voltages, for the postsynaptic cell."""
        names = {"u_minus": "u_minus_before", "u_plus": "u_plus_before"}
        return DelayLine(names, "volt", self.delay)

    def pre(self) -> Cell:
        """x_bar, to which a spike adds 1."""
        return Cell(
            "dx_bar/dt = -x_bar/tau_x : 1", reset="x_bar += 1", constants={"tau_x": self.tau_x}
        )

    def post(self) -> Cell:
        """Filtered voltages, and the event ``above``: v is above theta_plus."""
        return FACTOR + Cell(
            """
            du_minus/dt = (v - u_minus)/tau_minus : volt
            du_plus/dt = (v - u_plus)/tau_plus : volt
            u_minus_before : volt
            u_plus_before : volt
            """,
            events={"above": "v > theta_plus"},
            constants={
                name: getattr(self, name) for name in ("tau_minus", "tau_plus", "theta_plus")
            },
        )

    def synapses(self) -> dict[str, Any]:
        """Events on both sides."""
        names = ("depression", "potentiation", "theta_minus", "theta_plus", "tau_x", "low", "high")
        falls = "depression*clip(u_minus_before_post - theta_minus, 0*volt, inf*volt)"
        grows = (
            "potentiation*x_bar_pre*dt/tau_x*(v_post - theta_plus)"
            "*clip(u_plus_before_post - theta_minus, 0*volt, inf*volt)"
        )
        return {
            "model": "w : 1",
            "on_pre": {"pre": f"w = clip(w - learning_rate_post*{falls}, low, high)"},
            "on_post": {"above": f"w = clip(w + learning_rate_post*{grows}, low, high)"},
            "on_event": {"above": "above"},
            "namespace": {name: getattr(self, name) for name in names},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: ``v``, ``u_minus_before``, ``u_plus_before``, ``learning_rate``.

        Far from the bounds.  [1/s]
        """
        minus, plus = float(self.theta_minus), float(self.theta_plus)
        falls = float(self.depression) * max(post["u_minus_before"] - minus, 0.0)
        grows = max(post["v"] - plus, 0.0) * max(post["u_plus_before"] - minus, 0.0)
        change = float(self.potentiation) * grows - falls
        return post["learning_rate"] * pre["rate"] * change
