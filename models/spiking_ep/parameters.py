"""Settings of equilibrium propagation with spikes (O'Connor et al. 2019 and its program)."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.layered import chain
from bioplaus.parameters import parameter

__all__ = ["Spiking", "layer_sizes"]


@dataclass(frozen=True)
class Spiking:
    """O'Connor 2019, 784-500-10: units send bits, full-cost, no persistent states."""

    layers: str = parameter("784-500-10", "units per layer, input first", source="O'Connor 2019")
    learning_rates: str = parameter("0.1, 0.05", "learning rates, input side first", symbol="alpha")
    influence: float = parameter(0.5, "influence of the target, full-cost", symbol="beta", low=0.01)
    cost: str = parameter("full", "cost convention", symbol="C", choices=("half", "full"))
    free_steps: int = parameter(100, "ticks of the free phase", symbol="T1", low=1)
    nudged_steps: int = parameter(50, "ticks of the nudged phase", symbol="T2", low=1)
    stepping: str = parameter(
        "optimal",
        "step size of the states: measured by each unit, or falling by a schedule",
        source="O'Connor 2019; George and Powell 2006 (optimal)",
        choices=("optimal", "scheduled"),
    )
    step_target: float = parameter(
        0.0346, "last weight of the newest error (optimal)", symbol="nu", low=1e-3, high=1.0
    )
    step: float = parameter(
        0.354, "first step size of the states", symbol="eps0", source="published program", low=1e-3
    )
    step_exponent: float = parameter(
        0.0, "the step size falls with the tick to this power", symbol="p", low=0.0, high=1.0
    )
    prediction: float = parameter(
        0.275,
        "first prediction coefficient of encoder and decoder (1: plain sigma-delta)",
        symbol="lambda0",
        source="published program",
        low=0.01,
        high=1.0,
    )
    prediction_exponent: float = parameter(
        0.0, "the coefficient falls with the tick to this power", low=0.0, high=1.0
    )
    split_stream: bool = parameter(
        False, "take the free statistics after as many extra free ticks", source="O'Connor 2019"
    )
    batch: int = parameter(20, "examples per update", symbol="B", low=1)


def layer_sizes(p: Spiking) -> tuple[int, ...]:
    """Units per layer, input first, with one hidden layer or more."""
    return chain.layer_sizes(p.layers, least=3)
