"""Parameters of NormAD (Anwani and Rajendran 2015; Kulkarni and Rajendran 2018 and their code)."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.layered.chain import layer_sizes, projection_numbers
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities

__all__ = ["Digits", "NormAD", "check_network", "numbers", "sizes"]


@dataclass(frozen=True)
class NormAD:
    """One cell that learns a train of spikes."""

    layers: str = parameter("100-1", "cells per layer, input first")
    time_step: Quantity = parameter("0.1 ms", "time step", source="code", low="1 us")
    duration: Quantity = parameter("500 ms", "of a presentation", low="1 ms")
    capacitance: Quantity = parameter("300 pF", "of the membrane", symbol="C", source="code")
    leak: Quantity = parameter("30 nS", "conductance of the membrane", symbol="g_L", source="code")
    threshold: Quantity = parameter(
        "90 mV", "threshold above rest", symbol="V_T - E_L", source="code", low="1 uV"
    )
    refractory: Quantity = parameter("3 ms", "V is held at rest after a spike", source="code")
    tau_slow: Quantity = parameter("5 ms", "decay of the synaptic current", low="1 us")
    tau_fast: Quantity = parameter("1.25 ms", "its rise", low="1 us")
    tau_reset: Quantity = parameter(
        "1 ms", "time constant of the learning kernel, for C/g_L between resets", symbol="tau_L"
    )
    inhibition: Quantity = parameter("0 nA", "between output cells, a spike", low="0 nA")
    weight_means: str = parameter("0", "mean first weight of each projection [nA]")
    weight_spreads: str = parameter("0", "its standard deviation [nA]")
    hidden: str = parameter(
        "fixed",
        "hidden weights: fixed, or learned through space and time as derived from the potential",
        choices=("fixed", "learned"),
    )
    learning_rate: Quantity = parameter(
        "0.5 nA", "length of the change that one error makes", symbol="r", tunable=True
    )


@dataclass(frozen=True)
class Digits(NormAD):
    """Ten trained cells behind fixed maps of oriented kernels."""

    layers: str = parameter("8112-10", "cells per layer, input first", source="code")
    duration: Quantity = parameter("100 ms", "of a presentation", source="code", low="1 ms")
    inhibition: Quantity = parameter("1 nA", "between output cells, a spike", low="0 nA")
    learning_rate: Quantity = parameter(
        "0.2 nA", "length of the change that one error makes", symbol="r", tunable=True
    )


def sizes(p: NormAD) -> tuple[int, ...]:
    """Cells per layer, input first: two layers or three."""
    return layer_sizes(p.layers, most=3)


def numbers(p: NormAD, name: str) -> list[float]:
    """A current [A] for each projection.

    Raises
    ------
    ParameterError
        If there are others than projections, or they are no numbers.
    """
    found = projection_numbers(name, getattr(p, name), len(sizes(p)) - 1)
    return [1e-9 * number for number in found]


def check_network(p: NormAD) -> None:
    """Check what a single field cannot tell.

    Raises
    ------
    ParameterError
        If time constants coincide, or a list has a wrong length.
    """
    q = quantities(p)
    if not q.tau_slow > q.tau_fast > q.tau_reset:
        raise ParameterError(
            f"tau_slow = {p.tau_slow}, tau_fast = {p.tau_fast}, tau_reset = {p.tau_reset} must fall"
        )
    for name in ("weight_means", "weight_spreads"):
        numbers(p, name)
