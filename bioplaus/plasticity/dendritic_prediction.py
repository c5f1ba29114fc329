"""Plasticity by dendritic prediction errors (Sacramento, Costa, Bengio, Senn 2018, eqs 7 to 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["PLASTICITY_ORDER", "DendriticPrediction", "FixedProjection"]

PLASTICITY_ORDER = 4


@dataclass(frozen=True)
class FixedProjection:
    """A projection that drives one compartment and does not learn.

    w : (n_pre, n_post) plain number; ``compartment`` of the target receives ``sum_pre w rate``.
    """

    compartment: str

    def synapses(self) -> dict[str, Any]:
        """Keyword arguments of ``Synapses``."""
        model = f"w : 1 (constant)\n{self.compartment}_post = w*rate_pre : 1 (summed)"
        return {"model": model}


@dataclass(frozen=True)
class DendriticPrediction:
    """dw/dt = eta <error_post rate_pre>: the error is what a dendrite failed to predict.

    w : (n_pre, n_post) plain number.  ``error`` names the postsynaptic factor, with its sign:

    ==================  ========================================  =====================
    ``error_basal``     phi(u) - phi(prediction of the dendrite)  eqs 7 and 8
    ``error_apical``    v_rest - v_apical, with v_rest = 0        eq 9 (no phi, no soma)
    ``error_top_down``  phi(u) - phi(v_top_down)                  eq 10
    ==================  ========================================  =====================

    With ``filtered`` the product is low-pass filtered with ``tau_w`` before it moves the weight
    (``change`` is the filtered product); without, it moves the weight at once.  A product that is
    constant at I from time 0 moves a filtered weight by
    ``eta I [t - tau_w (1 - exp(-t/tau_w))]``.

    ``eta`` [1/ms] is shared by the projection and may be changed while a network runs.
    """

    compartment: str
    error: str
    filtered: bool = True

    def synapses(self) -> dict[str, Any]:
        """Keyword arguments of ``Synapses``; ``tau_w`` comes from the namespace."""
        if self.filtered:
            rule = f"""
            dw/dt = eta*change : 1 (clock-driven)
            dchange/dt = ({self.error}_post*rate_pre - change)/tau_w : 1 (clock-driven)
            """
        else:
            rule = f"dw/dt = eta*{self.error}_post*rate_pre : 1 (clock-driven)\n"
        model = f"""{rule}
        eta : hertz (shared)
        {self.compartment}_post = w*rate_pre : 1 (summed)
        """
        return {"model": model, "method": "euler", "order": PLASTICITY_ORDER}

    def bias_update(self) -> str:
        """The same rule for one bias a cell, whose presynaptic rate is ``bias_rate``.

        Code for the step in which the errors are computed; the cell needs ``bias_equations``.
        """
        if not self.filtered:
            return f"bias += dt*eta_bias*{self.error}*bias_rate"
        return f"""
        bias += dt*eta_bias*bias_change
        bias_change += dt/tau_w*({self.error}*bias_rate - bias_change)
        """

    @property
    def bias_equations(self) -> str:
        """State that :meth:`bias_update` needs beside the cell's ``bias``."""
        filtered = "bias_change : 1\n" if self.filtered else ""
        return filtered + "eta_bias : hertz (shared)\n"
