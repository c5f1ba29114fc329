"""Settings of the relatives: discrete time, continual updates, spikes.

Sources: Ernoult et al. 2019 and 2020 (discrete time and continual updates, half-cost), O'Connor et
al. 2019 with its published program (spikes, full-cost).
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import ParameterError, check, parameter

from .parameters import layer_sizes, learning_rates

__all__ = ["Discrete", "Spiking", "check_discrete"]


@dataclass(frozen=True)
class Discrete:
    """Ernoult 2019 and 2020, one hidden layer, prototypical discrete time, half-cost."""

    layers: str = parameter("784-512-10", "units per layer, input first", source="Ernoult 2019")
    learning_rates: str = parameter(
        "0.08, 0.04", "learning rate of each layer pair, input side first", symbol="eta"
    )
    rule: str = parameter(
        "P-EP",
        "learning rule: two phases, or continual with tied or independent weights",
        source="Ernoult 2019 (P-EP), 2020 (C-EP, C-VF)",
        choices=("P-EP", "C-EP", "C-VF"),
    )
    initial_angle: float = parameter(
        0.0,
        "angle between forward and feedback weights at the start [degrees] (C-VF)",
        symbol="psi",
        source="Ernoult 2020",
        low=0.0,
        high=180.0,
    )
    influence: float = parameter(0.1, "influence of the target", symbol="beta")
    nudging: str = parameter(
        "positive", "sign of the influence", choices=("positive", "random-sign")
    )
    free_steps: int = parameter(40, "steps of the free phase", symbol="T", low=1)
    nudged_steps: int = parameter(15, "steps of the nudged phase", symbol="K", low=1)
    batch: int = parameter(20, "examples per update", symbol="B", low=1)


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


def check_discrete(p: Discrete) -> None:
    """Check what concerns several fields of the discrete forms at once.

    Raises
    ------
    ParameterError
        For an influence of zero or at most -1, or a nudged phase shorter than the network.
    """
    check(p)
    learning_rates(p)
    if p.influence == 0 or p.influence <= -1:
        raise ParameterError(
            f"influence = {p.influence}: the update is divided by it, and at -1 and below the"
            " output moves away from its target; write a value such as 0.1"
        )
    depth = len(layer_sizes(p)) - 1
    if p.nudged_steps < depth:
        raise ParameterError(
            f"nudged_steps = {p.nudged_steps} is too short: the target moves one layer a step and"
            f" needs at least {depth} steps to reach the first hidden layer of {p.layers}"
        )
