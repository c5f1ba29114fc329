"""Parameters of SuperSpike (Zenke and Ganguli 2018, and the authors' released code)."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import ParameterError, Quantity, parameter

__all__ = ["FEEDBACK", "SuperSpike", "check_network", "sizes"]

FEEDBACK = ("symmetric", "random", "uniform", "none")


@dataclass(frozen=True)
class SuperSpike:
    """Layers of leaky cells that are to fire at given times."""

    layers: str = parameter("100-1", "cells per layer, input first")
    time_step: Quantity = parameter("0.1 ms", "time step", symbol="dt", low="1 us")
    tau_membrane: Quantity = parameter("10 ms", "membrane", symbol="tau_m", low="1 us")
    tau_synapse: Quantity = parameter("5 ms", "synaptic current", symbol="tau_s", low="1 us")
    rest: Quantity = parameter("-60 mV", "resting potential, and reset")
    threshold: Quantity = parameter("-50 mV", "spike threshold", symbol="theta")
    refractory: Quantity = parameter("5 ms", "held at rest after a spike", low="0 ms")
    tau_rise: Quantity = parameter("5 ms", "rise of the error's kernel", low="1 us")
    tau_decay: Quantity = parameter("10 ms", "decay of the error's kernel", low="1 us")
    steepness: float = parameter(1.0, "of the surrogate [1/mV]", symbol="beta", low=1e-6)
    feedback: str = parameter(
        "symmetric",
        "how hidden cells hear of errors: readout weights, fixed random ones, ones, not at all",
        symbol="B",
        choices=FEEDBACK,
    )
    first_spread: Quantity = parameter(
        "40 mV", "standard deviation of a first weight times the root of its layer", low="0 mV"
    )
    learning_rate: Quantity = parameter(
        "1 mV", "largest step of a weight", symbol="r_0", low="0 mV", tunable=True
    )
    forgetting: float = parameter(
        0.9995, "factor on the largest squared gradient so far", symbol="gamma", low=0, high=1
    )


def sizes(p: SuperSpike) -> list[int]:
    """Cells per layer, input first.

    Raises
    ------
    ParameterError
        For a text that is not numbers joined by hyphens, two at least.
    """
    parts = p.layers.split("-")
    if len(parts) < 2 or not all(part.isdigit() and int(part) for part in parts):
        raise ParameterError(
            f"layers = {p.layers!r}: write cells per layer, as in 100-1 or 32-32-1"
        )
    return [int(part) for part in parts]


def check_network(p: SuperSpike) -> None:
    """Check what a single field cannot tell.

    Raises
    ------
    ParameterError
        If layers cannot be read.
    """
    sizes(p)
