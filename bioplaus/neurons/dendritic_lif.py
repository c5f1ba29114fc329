"""Leaky integrate-and-fire neuron with a dendrite that hears errors only.

The plastic neuron of event-driven random back-propagation (Neftci, Augustine, Paul, Detorakis
2017).  The membrane is driven by data and makes spikes; the dendritic potential integrates error
spikes and never reaches the membrane.
"""

from __future__ import annotations

import math
from typing import Any

from bioplaus.neurons.cell import Cell

__all__ = ["dendritic_lif", "firing_rate"]


def dendritic_lif(
    *, tau_membrane: Any, tau_synapse: Any, tau_dendrite: Any, threshold: Any, refractory: Any
) -> Cell:
    """Membrane potential ``v``, synaptic ``current`` and dendritic potential ``u``, all in volts.

    ::

        tau_membrane dv/dt = current - v     (held at 0 while refractory; spikes above threshold)
        tau_synapse dcurrent/dt = -current   (each input spike adds its weight)
        tau_dendrite du/dt = -u              (each error spike adds its weight)

    ``current`` includes the resistance.
    """
    return Cell(
        equations="""
        dv/dt = (current - v)/tau_membrane : volt (unless refractory)
        dcurrent/dt = -current/tau_synapse : volt
        du/dt = -u/tau_dendrite : volt
        """,
        threshold="v > threshold",
        reset="v = 0*volt",
        refractory=refractory,
        method="exact",
        constants={
            "tau_membrane": tau_membrane,
            "tau_synapse": tau_synapse,
            "tau_dendrite": tau_dendrite,
            "threshold": threshold,
        },
    )


def firing_rate(current: float, threshold: float, tau_membrane: float, refractory: float) -> float:
    """Rate [Hz] at a constant current [V] without noise.

    ``refractory`` [s] is how long the membrane is held after a spike; integration from 0 to
    ``threshold`` [V] with ``tau_membrane`` [s] follows.
    """
    if current <= threshold:
        return 0.0
    return 1.0 / (refractory + tau_membrane * math.log(current / (current - threshold)))
