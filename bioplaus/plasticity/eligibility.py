"""Eligibility traces times learning signals, clock-driven, weights at rest within a trial.

::

    zbar_i = alpha zbar_i + zeta z_i                                     of the presynaptic cell
    e_ji = psi_j (zbar_i - beta_j eps_ji),   eps_ji = rho eps_ji + e_ji
    ebar_ji = kappa ebar_ji + (1 - kappa) e_ji
    gradient = sum over a trial of L_j ebar_ji + r_j e_ji

e-prop: Bellec and others (2020).  At the event ``over`` of a trial its gradient joins the batch's
with the share ``plasticity(t - onset)``, at ``learn`` weights move.  Both are events of the
presynaptic cell.  All within a step comes after transmission, in the slot ``synapses``: readout,
error and signal with the orders 1 to 4, which are the network's, then traces, ``over``, ``learn``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import NoDrift, Rule

__all__ = ["EligibilityTrace", "Readout", "learning_events"]

TRACES = """
eligibility = psi_post*(trace_pre - beta_post*epsilon)
epsilon = rho*epsilon + eligibility
e_bar = kappa*e_bar + (1 - kappa)*eligibility
gradient += signal_post*e_bar
total += eligibility
"""
DESCENT = "w = kept*(w - learning_rate_post*share*batch_gradient)\nbatch_gradient = 0"
ADAM = """
mean = 0.9*mean + 0.1*share*batch_gradient
square = 0.999*square + 0.001*(share*batch_gradient)**2
number = (trials_pre + 1)/batch
growing = sqrt(1 - 0.999**number)/(1 - 0.9**number)
w = kept*(w - learning_rate_post*growing*mean/(sqrt(square) + 1e-8))
batch_gradient = 0
"""
FORGET = "epsilon = 0\ne_bar = 0\ngradient = 0\ntotal = 0"


def learning_events(batch: int) -> Cell:
    """What a cell whose synapses learn adds: ``trials`` that it has learned from so far.

    Reads ``plasticity`` of the schedule: trials without it do not count.  Needs the cell's
    ``step`` and ``steps``.
    """
    over = "step == steps - 1"
    return Cell(
        equations="trials : 1",
        events={
            "over": over,
            "learn": f"{over} and plasticity(t - onset) > 0 and (trials + 1) % {batch} < 0.5",
        },
        on_event={"over": "trials += int(plasticity(t - onset) > 0)"},
    )


@dataclass(frozen=True)
class _OfTrials(Rule):
    """What both rules share.

    batch : trials of an update; share : factor on their gradient; kept : factor on the weight
    after each update.
    """

    pathway_order: ClassVar[Mapping[str, int]] = {"over": 7, "learn": 8}

    batch: int = 1
    share: float = 1.0
    adam: bool = False
    kept: float = 1.0

    def _synapses(self, model: str, over: str, namespace: dict[str, Any]) -> dict[str, Any]:
        moments = "\nmean : 1\nsquare : 1" if self.adam else ""
        return {
            "model": f"w : 1\ngradient : 1\nbatch_gradient : 1\n{model}{moments}",
            "on_pre": {"over": over, "learn": ADAM if self.adam else DESCENT},
            "on_event": {"over": "over", "learn": "learn"},
            "namespace": {"batch": self.batch, "share": self.share, "kept": self.kept, **namespace},
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """None that could be written down."""
        raise NoDrift("the trace and the signal of a trial correlate by way of the network")


@dataclass(frozen=True)
class EligibilityTrace(_OfTrials):
    """w : (pre, post) [1] onto a cell with ``psi`` and ``beta``.

    Reads ``signal`` (L), ``rate_error`` (r) and ``learning_rate`` of the postsynaptic cell,
    ``plasticity`` of the schedule.

    alpha, zeta : decay and gain of the presynaptic trace; rho : of the adaptation; kappa : of the
    readout.
    """

    alpha: float = 0.95
    zeta: float = 1.0
    rho: float = 0.999
    kappa: float = 0.95

    def pre(self) -> Cell:
        """The trace, of the spike z of the step before."""
        code = f"trace = {self.alpha!r}*trace + {self.zeta!r}*z"
        return Cell(
            equations="trace : 1",
            operations={"trace": Operation(code, when="groups", order=-1)},
            on_event={"over": "trace = 0"},
        )

    def synapses(self) -> dict[str, Any]:
        """At the end of a trial the rate term joins, and the traces begin anew."""
        over = "batch_gradient += plasticity(t - onset)*(gradient + rate_error_post*total)"
        return self._synapses(
            "eligibility : 1\nepsilon : 1\ne_bar : 1\ntotal : 1",
            f"{over}\n{FORGET}",
            {"rho": self.rho, "kappa": self.kappa},
        )

    def operations(self) -> dict[str, Operation]:
        """The traces, once a step."""
        return {"traces": Operation(TRACES, when="synapses", order=5)}


@dataclass(frozen=True)
class Readout(_OfTrials):
    """w : (cells, outputs) [1]: gradient = sum over a trial of error_k zbar_i, spikes at once.

    With ``back`` the same for feedback, (outputs, cells), whose presynaptic side is the output.
    Reads ``trace_out`` of the cells, ``error`` of the output, ``learning_rate`` of the
    postsynaptic one, ``plasticity`` of the schedule.
    """

    back: bool = False

    def synapses(self) -> dict[str, Any]:
        """At the end of a trial it joins the batch."""
        over = "batch_gradient += plasticity(t - onset)*gradient\ngradient = 0"
        return self._synapses("", over, {})

    def operations(self) -> dict[str, Operation]:
        """The product, once a step."""
        cell, output = ("post", "pre") if self.back else ("pre", "post")
        code = f"gradient += error_{output}*trace_out_{cell}"
        return {"product": Operation(code, when="synapses", order=5)}
