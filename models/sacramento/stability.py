"""Checks of a continuous microcircuit before it runs: time step, settling, rates."""

from __future__ import annotations

import warnings
from dataclasses import fields

from bioplaus.models.sacramento.mixing import learning_rates
from bioplaus.models.sacramento.parameters import AUTOMATIC, Dynamics, area_sizes
from bioplaus.parameters import ParameterError, check
from bioplaus.quantity import to_quantity

__all__ = ["check_dynamics", "largest_time_step", "settling_time"]


def total_conductances(p: Dynamics) -> dict[str, float]:
    """Sum of conductances of each cell type [1/ms]; its inverse is the membrane time constant."""
    leak, basal, apical, dendrite, som, teach = (
        1e-3 * float(to_quantity(getattr(p, name)))
        for name in ("g_leak", "g_basal", "g_apical", "g_dendrite", "g_som", "g_teach")
    )
    return {
        "hidden pyramidal cells": leak + basal + apical,
        "interneurons": leak + dendrite + som,
        "output cells": leak + basal + teach,
    }


def largest_time_step(p: Dynamics) -> tuple[float, str]:
    """Bound below which forward Euler is stable for each cell alone, 2/(sum of g), and whose it is.

    Returns
    -------
    bound [ms], cell type
    """
    name, total = max(total_conductances(p).items(), key=lambda item: item[1])
    return (2 / total if total > 0 else float("inf")), name


def settling_time(p: Dynamics) -> float:
    """Time [ms] until the output has come 99 % of its way after a new pattern.

    A chain of equal membranes answers a step like a gamma distribution of that order; the input
    filter comes before it.  With prospective coding a chain settles in one step an area.
    """
    from scipy.special import gammaincinv

    links = len(area_sizes(p)) - 1
    before = gammaincinv(1, 0.99) * 1e3 * float(to_quantity(p.tau_input))
    if p.prospective:
        return float(before + links * 1e3 * float(to_quantity(p.dt)))
    tau = 1 / min(total_conductances(p).values())
    return float(before + gammaincinv(links, 0.99) * tau)


def check_dynamics(p: Dynamics) -> None:
    """Check what the fields alone cannot.

    Raises
    ------
    ParameterError
        For sizes or rates that do not fit, a cell without any conductance, or a time step at
        which forward Euler diverges (the message says which would work).

    Warns
    -----
    UserWarning
        If a presentation ends before the network has settled.
    """
    check(p)
    if len(area_sizes(p)) < 3:
        raise ParameterError(
            f"areas = {p.areas!r} has no hidden area; the microcircuit needs at least one, such as "
            "30-20-10"
        )
    for cells, total in total_conductances(p).items():
        if total <= 0:
            raise ParameterError(f"{cells} have no conductance at all; g_basal must be positive")
    bound, cells = largest_time_step(p)
    dt = 1e3 * float(to_quantity(p.dt))
    if dt >= bound:
        raise ParameterError(
            f"dt = {p.dt} is unstable: the {cells} have conductances of {2 / bound:.4g} / ms, "
            f"so forward Euler needs dt < {bound:.4g} ms; dt = {0.1 * bound:.2g} ms works"
        )
    for name in ("tau_input", "tau_w"):
        tau = 1e3 * float(to_quantity(getattr(p, name)))
        if 0 < tau < dt:
            raise ParameterError(f"{name} = {getattr(p, name)} is shorter than dt = {p.dt}")
    learning_rates(p)
    _check_that_the_rate_acts(p)
    settled, shown = settling_time(p), 1e3 * float(to_quantity(p.presentation))
    if shown < settled and not p.prospective:
        warnings.warn(
            f"presentation = {p.presentation} is shorter than the settling time of "
            f"{settled:.3g} ms: errors will be those of the transient; show patterns longer or set "
            "prospective = true",
            stacklevel=2,
        )


def _check_that_the_rate_acts(p: Dynamics) -> None:
    (usual,) = (each.default for each in fields(p) if each.name == "learning_rate")
    if p.forward_rates != AUTOMATIC and to_quantity(p.learning_rate) != to_quantity(usual):
        raise ParameterError(
            f"learning_rate = {p.learning_rate} does nothing beside forward_rates = "
            f"{p.forward_rates!r}: change those, or write forward_rates={AUTOMATIC}"
        )
