"""Leaky integrate-and-fire cells whose input is an exponential current."""

from __future__ import annotations

from typing import Any

from bioplaus.neurons.cell import Cell

__all__ = ["current_lif", "stepped_current_lif"]


def current_lif(*, tau_membrane: Any, tau_synapse: Any, threshold: float) -> Cell:
    """tau_m dv/dt = I - v, tau_s dI/dt = -I; spike at ``v >= threshold``, then v = 0 and I goes on.

    Integrated exactly, so that the step of the clock only rounds spike times up.
    """
    return Cell(
        equations="dv/dt = (I - v)/tau_membrane : 1\ndI/dt = -I/tau_synapse : 1",
        threshold="v >= threshold",
        reset="v = 0",
        method="exact",
        constants={
            "tau_membrane": tau_membrane,
            "tau_synapse": tau_synapse,
            "threshold": threshold,
        },
    )


def stepped_current_lif(
    *, tau_membrane: Any, tau_synapse: Any, threshold: float, refractory: Any
) -> Cell:
    """The same in Euler steps, dv/dt = -v/tau_m + I/tau_s, with v held at 0 after a spike.

    The cell of Jin, Zhang and Li (2018): at a step of 1 ms v <- v (1 - 1/tau_m) + I/tau_s.
    """
    return Cell(
        equations="""
        dv/dt = -v/tau_membrane + I/tau_synapse : 1 (unless refractory)
        dI/dt = -I/tau_synapse : 1
        """,
        threshold="v > threshold",
        reset="v = 0",
        refractory=refractory,
        method="euler",
        constants={
            "tau_membrane": tau_membrane,
            "tau_synapse": tau_synapse,
            "threshold": threshold,
        },
    )
