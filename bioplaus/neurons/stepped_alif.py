"""Leaky cells in discrete time whose threshold may adapt, with a pseudo-derivative.

::

    v = alpha v + zeta I - v_th z        I: events of the last step; z: own spike in the last step
    a = rho a + z,  level = v_th + beta a
    psi = slope max(0, 1 - |v - level|/v_th), 0 while refractory
    z = [v >= level and not refractory]

The reset is by the resting threshold, one step after the spike.  Bellec and others (2020).
"""

from __future__ import annotations

from bioplaus.neurons.cell import Cell, Operation

__all__ = ["TRIAL", "stepped_alif"]

TRIAL = "step = t_in_timesteps % steps : integer (shared)"
"""Where in its trial a cell is; its event ``over`` is the last step, when ``steps`` are through."""

STEP = """
r = clip(r - 1, 0, refractory_steps)
v = alpha*v + zeta*I - v_th*z
a = rho*a + z
I = 0
distance = v - v_th - beta*a
psi = int(r < 0.5)*slope*clip(1 - abs(distance)/v_th, 0, 1)
z = int(v >= v_th + beta*a)*int(r < 0.5)
"""


def stepped_alif(
    *,
    alpha: float,
    rho: float,
    zeta: float,
    threshold: float,
    slope: float,
    refractory_steps: int,
    steps: int,
) -> Cell:
    """Membrane ``v``, adaptation ``a``, input ``I`` of a step, refractory count ``r``, spike ``z``.

    alpha, rho : decay of membrane and adaptation in a step; zeta : effect of I; slope : height of
    psi; beta : of each cell, set by the user; steps : of a trial, after which the cell is at rest.
    """
    equations = ["v : 1", "a : 1", "I : 1", "r : 1", "z : 1", "psi : 1", "distance : 1"]
    return Cell(
        equations="\n".join([*equations, "beta : 1 (constant)", TRIAL]),
        threshold="z > 0.5",
        reset="r = refractory_steps",
        events={"over": "step == steps - 1"},
        on_event={"over": "v = 0\na = 0\nI = 0\nr = 0\nz = 0"},
        operations={"step": Operation(STEP, when="groups")},
        constants={
            "alpha": alpha,
            "rho": rho,
            "zeta": zeta,
            "v_th": threshold,
            "slope": slope,
            "refractory_steps": refractory_steps,
            "steps": steps,
        },
    )
