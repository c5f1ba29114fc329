"""Groups of bursting cells from their parameters, and their background noise."""

from __future__ import annotations

from typing import Any

from brian2 import Hz, NeuronGroup, PoissonInput, second

from bioplaus.models.burstccn.cell_parameters import Cell, CoupledCell
from bioplaus.neurons.bursting import NEVER, burst_poisson_cell, bursting_cell, step_charge
from bioplaus.parameters import quantities

__all__ = ["background", "bursting_cells", "cell_constants"]


def cell_constants(p: Cell, step: Any, *, exponential: bool = False) -> dict[str, Any]:
    """Names that the equations of the cell use, with the values of ``p`` at a time ``step``."""
    q = quantities(p)
    constants = {
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
    }
    if isinstance(p, CoupledCell):
        return constants | {
            "g_soma": q.current_to_soma,
            "g_dend": q.current_in_dendrite,
            "c_dend": q.back_propagation,
            "box": q.box,
            "tau_detect": q.burst_window,
        }
    return constants | {
        "refractory": q.refractory,
        "extra_from": q.extra_from,
        "extra_to": q.extra_to,
        "NEVER": NEVER * second,
    }


def bursting_cells(
    count: int,
    p: Cell,
    clock: Any,
    *,
    method: str = "euler",
    name: str = "cells",
    traces: str = "",
    at_event: str = "",
    at_burst: str = "",
    namespace: dict[str, Any] | None = None,
) -> NeuronGroup:
    """Make cells that start at rest, with somatic potentials spread by 5 mV.

    Parameters
    ----------
    clock
        Brian2 clock of the time step.
    method
        ``euler``, or ``exponential_euler`` for the simplified cell.
    traces, at_event, at_burst
        Equations and statements that a learning rule adds to each cell.
    namespace
        Constants of those.
    """
    somatic = p.somatic_driving_force
    text = bursting_cell(somatic) if isinstance(p, CoupledCell) else burst_poisson_cell(somatic)
    constants = cell_constants(p, clock.dt, exponential=method == "exponential_euler")
    cells = NeuronGroup(
        count,
        text.model + traces,
        threshold=text.threshold,
        reset=text.reset + at_event,
        events=dict(text.events),
        method=method,
        clock=clock,
        name=name,
        namespace=constants | (namespace or {}),
    )
    if text.on_burst + at_burst:
        cells.run_on_event("burst", text.on_burst + at_burst)
    cells.v = "E_leak + 5*mV*randn()"
    cells.v_dend = constants["E_leak"]
    cells.theta = constants["theta_rest"]
    if not isinstance(p, CoupledCell):
        cells.t_extra = constants["NEVER"]
    return cells


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
    # Brian2 sorts by order, then by name, and names here are numbered through the whole process:
    # without an order of their own, a second network would draw in another sequence.
    # A hundred sources share the rate: one alone could not fire twice in a step, and at a step of
    # 1 ms the variance that makes the cells fire would be halved.
    return [
        PoissonInput(
            cells, f"g_{kind}{compartment}", 100, rate_hz / 100 * Hz, weight, order=order + k
        )
        for k, (kind, weight) in enumerate((("exc", excitation), ("inh", inhibition)))
    ]
