"""Bursting cells from their parameters, and their background noise."""

from __future__ import annotations

from typing import Any

from brian2 import Hz, PoissonInput

from bioplaus.models.burstccn.cell_parameters import SimplifiedCell
from bioplaus.neurons.background import poisson_background
from bioplaus.neurons.bursting import burst_poisson_cell, step_charge
from bioplaus.neurons.cell import Cell
from bioplaus.parameters import quantities

__all__ = ["background", "bursting", "cell_constants", "every_spike"]


def cell_constants(p: SimplifiedCell, step: Any, *, exponential: bool = False) -> dict[str, Any]:
    """Names that the equations of the cell use, with the values of ``p`` at a time ``step``."""
    q = quantities(p)
    return {
        "E_leak": q.leak,
        "v_reset": q.reset,
        "tau_soma": q.tau_soma,
        "C_soma": q.capacitance_soma,
        "tau_dend": q.tau_dendrite,
        "C_dend": q.capacitance_dendrite,
        "theta_rest": q.threshold,
        "theta_jump": q.threshold_jump,
        "tau_theta": q.tau_threshold,
        "b_adapt": q.adaptation,
        "tau_adapt": q.tau_adaptation,
        "a_dend": q.dendritic_adaptation,
        "tau_dend_adapt": q.tau_dendritic_adaptation,
        "E_burst": q.burst_midpoint,
        "D_burst": q.burst_slope,
        "E_exc": q.reversal_excitation,
        "E_inh": q.reversal_inhibition,
        "tau_exc": q.tau_excitation,
        "tau_inh": q.tau_inhibition,
        "charge_exc": step_charge(step, q.tau_excitation, exponential),
        "charge_inh": step_charge(step, q.tau_inhibition, exponential),
        "refractory": q.refractory,
        "extra_from": q.extra_from,
        "extra_to": q.extra_to,
    }


def bursting(p: SimplifiedCell, step: Any, method: str = "euler") -> Cell:
    """The cell of a parameter set at a time ``step``.

    method : ``euler`` or ``exponential_euler``.
    """
    constants = cell_constants(p, step, exponential=method == "exponential_euler")
    return burst_poisson_cell(constants, method, p.somatic_driving_force)


def every_spike(tau: Any) -> Cell:
    """A cell's mean rate of spikes over ``tau``, those within bursts included, as ``S_bar``."""
    count = "S_bar += 1/tau_floor"
    return Cell(
        "dS_bar/dt = -S_bar/tau_floor : Hz",
        reset=count,
        on_event={"burst": count},
        constants={"tau_floor": tau},
    )


def background(
    cells: Any,
    compartment: str,
    rate_hz: float,
    excitation: float,
    inhibition: float,
    order: int = 0,
) -> list[PoissonInput]:
    """Private Poisson input to every cell, excitatory and inhibitory, of ``rate_hz`` each.

    ``compartment`` is ``""`` for the soma or ``"_dend"``; weights in leak conductances.  The two
    draw as number ``order`` and ``order + 1`` of a time step.
    """
    # A hundred sources share the rate: one alone could not fire twice in a step, and at a step of
    # 1 ms the variance that makes the cells fire would be halved.
    return [
        poisson_background(
            f"{cells.name}{compartment}_{kind}_background",
            cells,
            f"g_{kind}{compartment}",
            100,
            rate_hz / 100 * Hz,
            weight,
            order=order + k,
        )
        for k, (kind, weight) in enumerate((("exc", excitation), ("inh", inhibition)))
    ]
