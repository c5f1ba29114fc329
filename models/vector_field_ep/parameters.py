"""Settings of equilibrium propagation: vector field and energy-based.

Sources: Scellier et al. 2018 (the vector-field rule), Scellier and Bengio 2017 with its published
program (energy-based rule, step counts and rates).  Influence and learning rates are read in the
cost convention named by ``cost``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.layered import chain
from bioplaus.layered.nudging import check_nudged_steps, influence_and_rates
from bioplaus.parameters import ParameterError, Quantity, check, parameter

__all__ = ["VectorField", "check_vector_field", "layer_sizes"]


@dataclass(frozen=True)
class VectorField:
    """Scellier 2018 rule on one hidden layer, with the published program's step counts."""

    layers: str = parameter(
        "784-500-10", "units per layer, input first", source="Scellier and Bengio 2017, program"
    )
    learning_rates: str = parameter(
        "0.1, 0.05",
        "learning rate of each layer pair, input side first",
        symbol="alpha",
        source="Scellier and Bengio 2017, program",
    )
    rule: str = parameter(
        "vector-field",
        "learning rule; energy-based ties both directions, shared gives both its update,"
        " differential integrates rho(s) ds/dt over the second phase (network form)",
        source="Scellier 2018, equations 9 and 5; Scellier and Bengio 2017, equation 15",
        choices=("vector-field", "energy-based", "shared", "differential"),
    )
    feedback_start: str = parameter(
        "independent",
        "first feedback weights",
        source="Scellier 2018, section 4; Ernoult 2020 (flipped)",
        choices=("independent", "transpose", "flipped"),
    )
    initial_angle: float = parameter(
        90.0,
        "angle between forward and flipped feedback weights [degrees]",
        symbol="psi",
        source="Ernoult 2020",
        low=0.0,
        high=180.0,
    )
    first_weights: str = parameter(
        "glorot",
        "Glorot's uniform weights with zero biases, or both within one over the root of the inputs",
        source="Scellier and Bengio 2017 (glorot); Ernoult 2019 (fan-in)",
        choices=("glorot", "fan-in"),
    )
    output_scale: float = parameter(
        1.0, "size of the first weights into the output, relative to the others", low=0.0
    )
    feedback_scale: float = parameter(
        1.0, "size of the first independent feedback weights, relative to the others", low=0.0
    )
    feedback_rate: float = parameter(
        1.0, "rate of a feedback matrix relative to its forward partner; 0 keeps it fixed", low=0.0
    )
    cost: str = parameter(
        "half",
        "cost convention: half is |d - s|^2 / 2, full is |d - s|^2",
        symbol="C",
        source="Scellier 2018, equation 10 (half); published program (full)",
        choices=("half", "full"),
    )
    influence: float = parameter(
        0.5,
        "influence of the target in the second phase",
        symbol="beta",
        source="published program",
    )
    nudging: str = parameter(
        "random-sign",
        "sign of the influence: drawn for each batch, always positive, or both in turn",
        source="published program; Laborieux 2021 (symmetric)",
        choices=("random-sign", "positive", "symmetric"),
    )
    free_steps: int = parameter(20, "steps of the free phase", symbol="T1", low=1)
    nudged_steps: int = parameter(4, "steps of each nudged phase", symbol="T2", low=1)
    settled: float = parameter(
        0.0, "end the free phase when no layer moves faster than this (0: never)", low=0.0
    )
    epsilon: float = parameter(
        0.5, "Euler step over the time constant", symbol="epsilon", low=0.001, high=1.0
    )
    tau: Quantity = parameter("10 ms", "time constant of a unit", symbol="tau", low="0.1 ms")
    activation: str = parameter(
        "hard-sigmoid",
        "rate of a unit; the shifted sigmoid is 1/(1+exp(-4(s-1/2)))",
        symbol="rho",
        source="Scellier 2018; Ernoult 2019 (sigmoid, tanh)",
        choices=("hard-sigmoid", "shifted-sigmoid", "tanh"),
    )
    clipped: bool = parameter(True, "keep the states in 0..1")
    outputs: str = parameter(
        "as hidden",
        "units of the output layer; linear ones have no bounds and send down their state itself,"
        " so that no error of theirs is out of sight; the drive of leaky ones is not multiplied by"
        " the slope of their rate (energy-based)",
        source="Ernoult 2019, released program (leaky)",
        choices=("as hidden", "linear", "leaky"),
    )
    batch: int = parameter(20, "examples per update", symbol="B", low=1)
    persistent: bool = parameter(True, "start an example from its last free state")
    examples: int = parameter(50_000, "training images, the first of the set", low=1)
    homeostasis: float = parameter(
        0.0,
        "rate of the step that makes the Jacobian symmetric",
        source="Laborieux and Zenke 2023",
        low=0.0,
    )
    weight_decay: float = parameter(0.0, "decay of all weights per update", low=0.0, high=1.0)


def layer_sizes(p: VectorField) -> tuple[int, ...]:
    """Units per layer, input first, with one hidden layer or more."""
    return chain.layer_sizes(p.layers, least=3)


def check_vector_field(p: VectorField) -> None:
    """Check what concerns several fields at once.

    Raises
    ------
    ParameterError
        For an influence that cannot teach or that makes the output unstable, and for a nudged
        phase too short to reach the first hidden layer.
    """
    check(p)
    influence, _ = influence_and_rates(p)
    if influence == 0:
        raise ParameterError(
            "influence = 0: the second phase would equal the first and teach nothing;"
            " write a value such as 0.5 (the update is divided by it)"
        )
    if p.outputs == "leaky" and p.rule != "energy-based":
        raise ParameterError(
            f"outputs = leaky leaves out a slope that rule = {p.rule} has not; write outputs ="
            " 'as hidden', or rule = energy-based"
        )
    negative = influence < 0 or p.nudging in ("random-sign", "symmetric")
    unbounded = not p.clipped or p.outputs == "linear"
    if influence <= -1 or (negative and unbounded and abs(influence) >= 1):
        raise ParameterError(
            f"influence = {p.influence} ({influence:g} in half-cost terms): at -1 and below the"
            " leak of an output, 1 + beta, is no longer positive and the output runs away"
            " from its target; keep it above -1"
            + (" or keep the outputs in 0..1" if unbounded and influence > -1 else "")
        )
    check_nudged_steps(p.nudged_steps, layer_sizes(p))
    if p.rule == "energy-based" and p.feedback_start != "transpose":
        raise ParameterError(
            "rule = energy-based has one weight for both directions;"
            " write feedback_start = transpose, or choose rule = vector-field"
        )
