"""Plasticity by dendritic prediction errors (Sacramento, Costa, Bengio, Senn 2018, eqs 7 to 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import Rule

__all__ = ["PLASTICITY_ORDER", "DendriticPrediction", "LearnedBias"]

PLASTICITY_ORDER = 4


@dataclass(frozen=True)
class DendriticPrediction(Rule):
    """dw/dt = eta <error_post rate_pre>: the error is what a dendrite failed to predict.

    w : (n_pre, n_post) plain number.  ``error`` names the postsynaptic factor, with its sign:

    ==================  ========================================  =====================
    ``error_basal``     phi(u) - phi(prediction of the dendrite)  eqs 7 and 8
    ``error_apical``    v_rest - v_apical, with v_rest = 0        eq 9 (no phi, no soma)
    ``error_top_down``  phi(u) - phi(v_top_down)                  eq 10
    ==================  ========================================  =====================

    With ``tau_w`` the product is low-pass filtered before it moves the weight (``change`` is the
    filtered product); without, it moves the weight at once.  A product that is constant at I from
    time 0 moves a filtered weight by ``eta I [t - tau_w (1 - exp(-t/tau_w))]``.

    Reads ``rate`` of the presynaptic cell and the error of the postsynaptic one, which is 0 while
    nothing is learned; transmission is the network's.  ``eta`` [1/ms] is shared by the projection.
    """

    error: str
    tau_w: Any = None

    def synapses(self) -> dict[str, Any]:
        """Weights that move in every step, after the errors."""
        product = f"{self.error}_post*rate_pre"
        rule, constants = f"dw/dt = eta*{product} : 1 (clock-driven)", {}
        if self.tau_w is not None:
            rule = f"""
            dw/dt = eta*change : 1 (clock-driven)
            dchange/dt = ({product} - change)/tau_w : 1 (clock-driven)
            """
            constants = {"tau_w": self.tau_w}
        return {
            "model": f"{rule}\neta : hertz (shared)",
            "method": "euler",
            "order": PLASTICITY_ORDER,
            "namespace": constants,
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``; post: the error, ``eta`` [Hz].  [1/s]"""
        return post["eta"] * post[self.error] * pre["rate"]


@dataclass(frozen=True)
class LearnedBias:
    """The same rule for one ``bias`` a cell, whose presynaptic rate is ``bias_rate``: a part of it.

    ``eta_bias`` [1/ms] is shared by the population.
    """

    error: str
    tau_w: Any = None

    def post(self) -> Cell:
        """Change in the step in which the errors are computed, after them."""
        state, constants = "", {}
        code = f"bias += dt*eta_bias*{self.error}*bias_rate"
        if self.tau_w is not None:
            state, constants = "bias_change : 1\n", {"tau_w": self.tau_w}
            code = (
                "bias += dt*eta_bias*bias_change\n"
                f"bias_change += dt/tau_w*({self.error}*bias_rate - bias_change)"
            )
        return Cell(
            equations=f"{state}eta_bias : hertz (shared)",
            operations={"bias": Operation(code, when="groups", order=PLASTICITY_ORDER)},
            constants=constants,
        )
