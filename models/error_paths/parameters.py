"""What a network of an error path is made of."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.layered import chain
from bioplaus.parameters import Quantity, parameter

__all__ = ["Layers", "OneExample", "layer_sizes"]

HIDDEN_UNITS = ("tanh", "logistic", "linear", "clipped", "rectified", "winner", "sign", "bernoulli")


@dataclass(frozen=True)
class Layers:
    """A layered network and the row by which it learns."""

    row: str = parameter("FA", "how layers are told what to change, a row of the table")
    constants: str = parameter(
        "", "other constants of the row: feedback.rate=0.1, carrier.repeats=5, step.limit=1"
    )
    layers: str = parameter("64-100-10", "units per layer, input first")
    units: str = parameter("tanh", "hidden units", choices=HIDDEN_UNITS)
    output: str = parameter(
        "logistic",
        "output units; the error is rate minus target for all",
        choices=("logistic", "softmax", "linear", "clipped"),
    )
    learning_rate: float = parameter(0.1, "step size", symbol="eta", low=0, tunable=True)


@dataclass(frozen=True)
class OneExample(Layers):
    """The same in continuous time, one example a presentation."""

    tau: Quantity = parameter("10 ms", "time constant of soma and error", low="0.1 ms")
    steps_per_tau: int = parameter(1, "time steps a time constant", low=1)
    presentation: int = parameter(
        0, "time constants an example is shown; 0 is two for each layer, up and down", low=0
    )


def layer_sizes(p: Layers) -> tuple[int, ...]:
    """Units of each layer, input first."""
    return chain.layer_sizes(p.layers)
