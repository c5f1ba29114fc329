"""Settings of equilibrium propagation in discrete time (Ernoult et al. 2019, 2020), half-cost."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.layered import chain
from bioplaus.layered.nudging import check_nudged_steps
from bioplaus.parameters import ParameterError, check, parameter

__all__ = ["DiscreteEP", "check_discrete", "layer_sizes", "learning_rates"]


@dataclass(frozen=True)
class DiscreteEP:
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
    epsilon: float = parameter(
        1.0,
        "how much of the way to its next state a unit goes in a step",
        symbol="epsilon",
        source="Ernoult 2019, released program (0.2)",
        low=0.001,
        high=1.0,
    )
    first_bias: bool = parameter(
        True,
        "whether the first hidden layer's bias learns",
        source="Ernoult 2020; released program of C-VF: not",
    )
    free_steps: int = parameter(40, "steps of the free phase", symbol="T", low=1)
    nudged_steps: int = parameter(15, "steps of the nudged phase", symbol="K", low=1)
    batch: int = parameter(20, "examples per update", symbol="B", low=1)


def layer_sizes(p: DiscreteEP) -> tuple[int, ...]:
    """Units per layer, input first, with one hidden layer or more."""
    return chain.layer_sizes(p.layers, least=3)


def learning_rates(p: DiscreteEP) -> list[float]:
    """One rate for each pair of layers."""
    pairs = len(layer_sizes(p)) - 1
    return chain.projection_numbers("learning_rates", p.learning_rates, pairs, low=0)


def check_discrete(p: DiscreteEP) -> None:
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
    check_nudged_steps(p.nudged_steps, layer_sizes(p))
