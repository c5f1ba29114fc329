"""Two-compartment cells that multiplex events and bursts (Payeur 2021; Naud and Sprekeler 2018).

An *event* is an isolated spike or the first spike of a burst, a *burst* is marked by its second
spike; the burst probability p is bursts over events.  The soma (v) sets the event rate, the apical
dendrite (v_dend) the burst probability.

    burst_poisson_cell   no coupling current: at each event the dendrite draws whether one extra
                         spike follows, with probability sigma((v_dend - E_burst) / D_burst)
    bursting_cell        the dendrite's nonlinearity and the back-propagating spike couple the two
                         compartments, and bursts come out of the dynamics

Each takes its constants by name, with the papers' symbols: E_leak (E_L), v_reset (V_r), tau_soma,
C_soma, tau_dend, C_dend, theta_rest, theta_jump, tau_theta, b_adapt (b_w), tau_adapt, a_dend (a_w),
tau_dend_adapt, E_burst (E_d), D_burst (D_d), E_exc, E_inh, tau_exc, tau_inh, charge_exc,
charge_inh, and refractory, extra_from, extra_to (burst_poisson_cell) or g_soma, g_dend, c_dend,
box, tau_detect (bursting_cell).  Cells start at rest, with somatic potentials spread by 5 mV.

Synaptic conductances g are in units of the leak conductance: a spike that arrives adds its weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brian2 import second

from bioplaus.neurons.cell import Cell

__all__ = ["burst_poisson_cell", "bursting_cell", "step_charge"]

NEVER = 1e9 * second
"""A time that no run reaches: no extra spike is due (infinity is kept for errors)."""

_COMPARTMENTS = """
dv/dt = (E_leak - v + charge_exc*g_exc*(E_exc - v) + charge_inh*g_inh*(E_inh - v))/tau_soma
        + ({coupling_soma}I_soma - b_adapt*w_soma)/C_soma : volt
dv_dend/dt = (E_leak - v_dend + charge_exc*g_exc_dend*(E_exc - {driven})
              + charge_inh*g_inh_dend*(E_inh - {driven}))/tau_dend
             + ({coupling_dend}I_dend + I_teach - a_dend*w_dend)/C_dend : volt
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
"""

_SPIKE = """
v = v_reset
theta += theta_jump
w_soma += 1
"""


def _compartments(
    constants: Mapping[str, Any], driven: str, coupling_soma: str = "", coupling_dend: str = ""
) -> Cell:
    """What both cells have; ``driven`` is the potential that dendritic conductances see."""
    return Cell(
        equations=_COMPARTMENTS.format(
            coupling_soma=coupling_soma, coupling_dend=coupling_dend, driven=driven
        ),
        reset=_SPIKE,
        constants=constants,
        start={
            "v": "E_leak + 5*mV*randn()",
            "v_dend": constants["E_leak"],
            "theta": constants["theta_rest"],
        },
    )


def burst_poisson_cell(
    constants: Mapping[str, Any], method: str = "euler", somatic_driving_force: bool = True
) -> Cell:
    """The simplified cell of the learning networks (Payeur 2021, exclusive or).

    ``spike`` is the spike that opens an event, ``burst`` the one extra spike that may follow it
    5 to 15 ms later; it leaves v and theta alone but restarts the refractory period.  So a burst
    has two spikes, and p is read off v_dend.

    Parameters
    ----------
    somatic_driving_force
        Whether dendritic conductances see E - v, as in the released simulator, or E - v_dend.
    """
    spike = """
    t_ready = t + refractory
    t_extra = t + extra_from + (extra_to - extra_from)*rand() - dt
    t_extra += NEVER*int(rand() > 1/(1 + exp((E_burst - v_dend)/D_burst)))
    """
    return _compartments(constants, "v" if somatic_driving_force else "v_dend") + Cell(
        equations="t_ready : second\nt_extra : second",
        # Half a step of slack: sums of time steps are not exact.
        threshold="v > theta and t > t_ready - 0.5*dt",
        reset=spike,
        method=method,
        events={"burst": "t > t_extra"},
        on_event={"burst": "t_extra = NEVER\nt_ready = t + refractory"},
        constants={"NEVER": NEVER},
        start={"t_extra": NEVER},
    )


def bursting_cell(
    constants: Mapping[str, Any], method: str = "euler", somatic_driving_force: bool = True
) -> Cell:
    """The full cell (Naud and Sprekeler 2018; Payeur 2021, figures 2 and 3).

    Events and bursts are told apart by a trace z of the cell's own spikes, tested before a spike
    is added to it: z < 1/e opens an event, otherwise the first spike since then marks a burst and
    later ones count for nothing.  A spike exactly tau_detect (16 ms) after an isolated one opens
    a new event, as in the offline criterion; z adds up, so after several spikes the window is
    longer (22.9 ms after two spikes 10 ms apart).
    """
    sigmoid = "1/(1 + exp((E_burst - v_dend)/D_burst))"
    compartments = _compartments(
        constants,
        "v" if somatic_driving_force else "v_dend",
        coupling_soma=f"g_soma*{sigmoid} + ",
        coupling_dend=f"g_dend*{sigmoid} + c_dend*int(t < t_box) + ",
    )
    return compartments + Cell(
        equations="dz/dt = -z/tau_detect : 1\nin_burst : boolean\nt_box : second",
        threshold="v > theta",
        reset="t_box = t + box + 0.5*dt\nin_burst = z >= exp(-1)\nz += 1",
        method=method,
        events={
            "event": "v > theta and z < exp(-1)",
            "burst": "v > theta and z >= exp(-1) and not in_burst",
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
