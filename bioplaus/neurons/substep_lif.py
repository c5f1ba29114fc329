"""Leaky integrate-and-fire neurons whose spikes are placed inside the time step.

    tau_membrane dv/dt = -v + J,    threshold 1, reset 0, then silent for tau_refractory

At a step of 1 ms the plain scheme would round every interval to whole steps.  Here, as in the
simulations of Gilra and Gerstner (2017), the current is constant within a step, v follows its exact
exponential, the crossing of the threshold is interpolated on it, and the neuron begins to charge
again in the middle of the step in which it wakes.  Rates then follow :func:`rate` closely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.neurons.cell import Cell, Operation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rate", "substep_lif"]

STEP = """
awake = clip(ready, 0, 1)
v = awake*J + (v - awake*J)*exp(-dt/tau_membrane)
v = v*int(v > 0)
ready += 1
"""
"""One step of a neuron; v is not driven below rest."""

RESET = """
left = (J - v)/(J - 1)
whole = floor(tau_refractory/dt)
early = int(left < exp((whole*dt - tau_refractory)/tau_membrane))
waking = left*exp((tau_refractory - (whole + 1)*dt)/tau_membrane)
ready = (1 - waking*(1 + early*(exp(dt/tau_membrane) - 1)))/(1 - exp(-dt/tau_membrane))
ready += early - whole
v = 0
fired += 1
"""
"""``left``, exp(-(time since the crossing)/tau_membrane), is known without a logarithm.

The refractory time is that many ``whole`` steps and a rest; a neuron that crossed ``early`` in the
step, longer ago than the rest, wakes one step sooner, and then charges for the end of that step.
"""


def substep_lif(*, tau_membrane: Any, tau_refractory: Any) -> Cell:
    """Membrane ``v`` in units of the threshold; the current ``J`` is the user's.

    ready : how much of its charging the neuron achieves in this step, at least 0 and at most 1; it
    grows by 1 a step, from below 0 while the neuron is refractory.  fired : its spikes so far.
    Nobody is refractory at the start.
    """
    return Cell(
        equations="v : 1\nready : 1\nfired : 1",
        threshold="v > 1",
        reset=RESET,
        operations={"step": Operation(STEP, when="groups")},
        constants={"tau_membrane": tau_membrane, "tau_refractory": tau_refractory},
        start={"ready": 1.0},
    )


def rate(current: Any, tau_membrane: float = 0.02, tau_refractory: float = 0.002) -> NDArray[Any]:
    """Rate [Hz] of a neuron at constant current: 0 up to 1, then 1/(t_ref + tau ln(J/(J - 1))).

    current : any shape, in units of the threshold; time constants [s].
    Gilra and Gerstner (2017), methods.
    """
    current = np.asarray(current, dtype=float)
    above = np.maximum(current, 1.0 + 1e-12)
    interval = tau_refractory - tau_membrane * np.log1p(-1.0 / above)
    return np.where(current > 1.0, 1.0 / interval, 0.0)
