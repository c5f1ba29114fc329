"""Parameters of Diehl and Cook (2015), as in the authors' code and its Brian2 version."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import ParameterError, Quantity, parameter, quantities

__all__ = ["DiehlCook", "check_network"]


@dataclass(frozen=True)
class DiehlCook:
    """Excitatory cells, each with an inhibitory one that silences all others."""

    inputs: int = parameter(784, "pixels", low=1)
    cells: int = parameter(400, "excitatory cells, and inhibitory ones", low=2)
    time_step: Quantity = parameter(
        "0.5 ms", "time step (forward Euler)", symbol="dt", source="code", low="1 us", high="0.5 ms"
    )

    tau_excitatory: Quantity = parameter("100 ms", "membrane of an excitatory cell", low="1 us")
    hold: Quantity = parameter("5 ms", "its membrane rests so long after a spike", low="0 ms")
    silence: Quantity = parameter("50 ms", "shortest interval of its spikes", low="0 ms")
    tau_inhibitory: Quantity = parameter("10 ms", "membrane of an inhibitory cell", low="1 us")
    theta_start: Quantity = parameter(
        "20 mV", "threshold above -72 mV, at first", symbol="theta", low="0 mV"
    )
    theta_step: Quantity = parameter("0.05 mV", "rise of theta with a spike", low="0 mV")
    tau_theta: Quantity = parameter("10000 s", "decay of theta", low="1 ms")
    to_inhibitory: float = parameter(10.4, "weight onto the partner", low=0)
    to_others: float = parameter(17.0, "weight of inhibition onto all other cells", low=0)
    longest_delay: Quantity = parameter(
        "10 ms", "delays of the input are uniform up to this", low="0 ms"
    )

    learning_rate: float = parameter(
        1e-2, "growth of a weight with a spike", symbol="nu_post", low=0, tunable=True
    )
    depression: float = parameter(
        1e-4, "fall of a weight with an input spike", symbol="nu_pre", low=0, tunable=True
    )
    tau_pre: Quantity = parameter("20 ms", "presynaptic trace", low="1 us")
    tau_recent: Quantity = parameter("20 ms", "postsynaptic trace that depresses", low="1 us")
    tau_earlier: Quantity = parameter("40 ms", "postsynaptic trace that gates growth", low="1 us")
    total: float = parameter(
        78.0, "sum of the weights onto a cell, at the start of each presentation (0: free)", low=0
    )

    brightest: Quantity = parameter(
        "31.875 Hz", "rate of a white pixel at intensity 1", source="255/8", low="0 Hz"
    )
    intensity: float = parameter(2.0, "of an image that is shown first", low=0)
    enough: int = parameter(
        5, "spikes of all cells; after fewer the image comes again, brighter by 1", low=1
    )
    presentation: Quantity = parameter("350 ms", "an image", low="1 ms")
    pause: Quantity = parameter("150 ms", "darkness after it", low="0 ms")


def check_network(p: DiehlCook) -> None:
    """Check what a single field cannot tell.

    Raises
    ------
    ParameterError
        If a pixel would spike more often than steps allow, or weights cannot have the sum asked
        for.
    """
    q = quantities(p)
    chance = float(q.brightest * q.time_step) * p.intensity
    if chance > 0.5:
        raise ParameterError(
            f"brightest = {p.brightest} at intensity {p.intensity} is a spike in {chance:.2g} of "
            f"all steps of {p.time_step}; at most 0.5"
        )
    if p.total > p.inputs:
        raise ParameterError(
            f"total = {p.total}: {p.inputs} weights of at most 1 have no greater sum than that"
        )
