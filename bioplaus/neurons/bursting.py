"""A two-compartment cell that multiplexes events and bursts (Payeur 2021, exclusive or).

An *event* is an isolated spike or the first spike of a burst, a *burst* is marked by its second
spike; the burst probability p is bursts over events.  The soma (v) sets the event rate, the apical
dendrite (v_dend) the burst probability: no current couples the two, but at each event the dendrite
draws whether one extra spike follows, with probability sigma((v_dend - E_burst) / D_burst).

Constants come by name, with the papers' symbols: E_leak (E_L), v_reset (V_r), tau_soma, C_soma,
tau_dend, C_dend, theta_rest, theta_jump, tau_theta, b_adapt (b_w), tau_adapt, a_dend (a_w),
tau_dend_adapt, E_burst (E_d), D_burst (D_d), E_exc, E_inh, tau_exc, tau_inh, charge_exc,
charge_inh, refractory, extra_from and extra_to.  Cells start at rest, with somatic potentials
spread by 5 mV.

Synaptic conductances g are in units of the leak conductance: a spike that arrives adds its weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brian2 import second

from bioplaus.neurons.cell import Cell

__all__ = ["burst_poisson_cell", "step_charge"]

NEVER = 1e9 * second
"""A time that no run reaches: no extra spike is due (infinity is kept for errors)."""

_COMPARTMENTS = """
dv/dt = (E_leak - v + charge_exc*g_exc*(E_exc - v) + charge_inh*g_inh*(E_inh - v))/tau_soma
        + (I_soma - b_adapt*w_soma)/C_soma : volt
dv_dend/dt = (E_leak - v_dend + charge_exc*g_exc_dend*(E_exc - {driven})
              + charge_inh*g_inh_dend*(E_inh - {driven}))/tau_dend
             + (I_dend + I_teach - a_dend*w_dend)/C_dend : volt
dtheta/dt = (theta_rest - theta)/tau_theta : volt
dw_soma/dt = -w_soma/tau_adapt : 1
dw_dend/dt = (v_dend - E_leak - w_dend)/tau_dend_adapt : volt
dg_exc/dt = -g_exc/tau_exc : 1
dg_inh/dt = -g_inh/tau_inh : 1
dg_exc_dend/dt = -g_exc_dend/tau_exc : 1
dg_inh_dend/dt = -g_inh_dend/tau_inh : 1
I_soma : amp
I_dend : amp
I_teach : amp
t_ready : second
t_extra : second
"""


def burst_poisson_cell(
    constants: Mapping[str, Any], method: str = "euler", somatic_driving_force: bool = True
) -> Cell:
    """The cell.

    ``spike`` is the spike that opens an event, ``burst`` the one extra spike that may follow it
    5 to 15 ms later; it leaves v and theta alone but restarts the refractory period.  So a burst
    has two spikes, and p is read off v_dend.

    Parameters
    ----------
    somatic_driving_force
        Whether dendritic conductances see E - v, as in the released simulator, or E - v_dend.
    """
    spike = """
    v = v_reset
    theta += theta_jump
    w_soma += 1
    t_ready = t + refractory
    t_extra = t + extra_from + (extra_to - extra_from)*rand() - dt
    t_extra += NEVER*int(rand() > 1/(1 + exp((E_burst - v_dend)/D_burst)))
    """
    return Cell(
        equations=_COMPARTMENTS.format(driven="v" if somatic_driving_force else "v_dend"),
        # Half a step of slack: sums of time steps are not exact.
        threshold="v > theta and t > t_ready - 0.5*dt",
        reset=spike,
        method=method,
        events={"burst": "t > t_extra"},
        on_event={"burst": "t_extra = NEVER\nt_ready = t + refractory"},
        constants={**constants, "NEVER": NEVER},
        start={
            "v": "E_leak + 5*mV*randn()",
            "v_dend": constants["E_leak"],
            "theta": constants["theta_rest"],
            "t_extra": NEVER,
        },
    )


def step_charge(step: Any, tau: Any, exponential: bool) -> float:
    """Factor on a conductance that decays with ``tau`` and is held constant during each ``step``.

    With the exponential step, the mean of the decaying conductance over the step, so that each
    spike carries the same charge at any step; 1 for the Euler step as published.
    """
    import math

    ratio = float(step / tau)
    return (1 - math.exp(-ratio)) / ratio if exponential else 1.0
