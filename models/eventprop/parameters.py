"""Parameters of EventProp (Wunderlich and Pehle 2021, and the authors' released runs)."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.layered.chain import layer_sizes, projection_numbers
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities

__all__ = ["EventProp", "LatencyImages", "check_network", "numbers", "sizes"]


@dataclass(frozen=True)
class EventProp:
    """Yin-Yang as published: one hidden layer, the class is the first output spike."""

    layers: str = parameter("5-200-3", "cells per layer, input first", source="table 1")
    tau_membrane: Quantity = parameter(
        "20 ms", "membrane time constant", symbol="tau_m", source="table 1", low="1 us"
    )
    tau_synapse: Quantity = parameter(
        "5 ms", "synaptic time constant", symbol="tau_s", source="table 1", low="1 us"
    )
    threshold: float = parameter(1.0, "threshold, in units of V", symbol="theta", low=1e-6)
    refractory: Quantity = parameter("0 ms", "V is held at 0 after a spike", low="0 ms")
    loss: str = parameter(
        "first spike",
        "what the output is judged by: first spikes, or the largest V of cells that do not spike",
        choices=("first spike", "maximum"),
    )
    tau_loss: Quantity = parameter(
        "0.5 ms", "time constant of the softmax over first spikes", symbol="tau_0", low="1 us"
    )
    tau_late: Quantity = parameter(
        "6.4 ms", "time constant of the cost of late spikes", symbol="tau_1", low="1 us"
    )
    late: float = parameter(3e-3, "cost of late spikes", symbol="alpha", low=0)
    weight_means: str = parameter("1.5, 0.93", "mean first weight of each projection")
    weight_spreads: str = parameter("0.78, 0.1", "its standard deviation")
    feedback: str = parameter(
        "transposed",
        "what errors pass on their way down: the weights themselves, or fixed random ones",
        choices=("transposed", "random"),
    )
    feedback_spread: float = parameter(
        1.0, "standard deviation of random feedback, in units of that of the first weights", low=0
    )
    learning_rate: float = parameter(5e-3, "of Adam", symbol="eta", low=0, tunable=True)
    decay: float = parameter(
        0.95, "factor on the learning rate after each epoch from the second on", low=0, high=1
    )
    batch: int = parameter(32, "samples in an update", low=1)


@dataclass(frozen=True)
class LatencyImages(EventProp):
    """MNIST as published: bright pixels fire early, the class has the largest potential."""

    layers: str = parameter("784-350-10", "cells per layer, input first", source="table 1")
    loss: str = parameter(
        "maximum",
        "what the output is judged by: first spikes, or the largest V of cells that do not spike",
        choices=("first spike", "maximum"),
    )
    weight_means: str = parameter("0.078, 0.2", "mean first weight of each projection")
    weight_spreads: str = parameter("0.045, 0.37", "its standard deviation")
    batch: int = parameter(5, "samples in an update", low=1)


def sizes(p: EventProp) -> tuple[int, ...]:
    """Cells per layer, input first."""
    return layer_sizes(p.layers)


def numbers(p: EventProp, name: str) -> list[float]:
    """A number for each projection.

    Raises
    ------
    ParameterError
        If there are others than projections, or they are no numbers.
    """
    return projection_numbers(name, getattr(p, name), len(sizes(p)) - 1)


def check_network(p: EventProp) -> None:
    """Check what a single field cannot tell.

    Raises
    ------
    ParameterError
        If the two time constants are not apart, or a list has a wrong length.
    """
    q = quantities(p)
    if q.tau_membrane <= q.tau_synapse:
        raise ParameterError(
            f"tau_membrane = {p.tau_membrane} must be longer than tau_synapse = {p.tau_synapse}: "
            f"the potential is the difference of their two exponentials"
        )
    for name in ("weight_means", "weight_spreads"):
        numbers(p, name)
