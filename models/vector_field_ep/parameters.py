"""Settings of equilibrium propagation: vector field and energy-based.

Sources: Scellier et al. 2018 (the vector-field rule), Scellier and Bengio 2017 with its published
program (energy-based rule, step counts and rates).  Influence and learning rates are read in the
cost convention named by ``cost``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bioplaus.parameters import ParameterError, Quantity, check, parameter

__all__ = [
    "Deep",
    "VectorField",
    "check_vector_field",
    "influence_and_rates",
    "layer_sizes",
    "learning_rates",
]


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
        " so that no error of theirs is out of sight",
        choices=("as hidden", "linear"),
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


@dataclass(frozen=True)
class Deep(VectorField):
    """Scellier 2018, main figure: three hidden layers of 512, independent feedback weights."""

    layers: str = parameter("784-512-512-512-10", "units per layer", source="Scellier 2018")
    learning_rates: str = parameter(
        "30, 2, 0.1, 0.002",
        "learning rates; the lower the layer, the weaker the error that reaches it",
        symbol="alpha",
        source="chosen on validation images",
    )
    influence: float = parameter(
        0.2,
        "influence of the target in the second phase",
        symbol="beta",
        source="chosen on validation images",
    )
    outputs: str = parameter(
        "linear",
        "units of the output layer; bounded ones give up the images whose output they silence",
        source="chosen on validation images",
        choices=("as hidden", "linear"),
    )
    feedback_rate: float = parameter(
        0.1,
        "rate of a feedback matrix over its forward partner's; with 1 the loops are too strong",
        source="chosen on validation images",
        low=0.0,
    )
    nudging: str = parameter(
        "symmetric",
        "sign of the influence",
        source="Laborieux 2021; chosen on validation images",
        choices=("symmetric",),
    )
    output_scale: float = parameter(
        0.1, "size of the first weights into the output; larger ones silence output units", low=0.0
    )
    feedback_scale: float = parameter(
        0.3, "size of the first feedback weights; larger ones hold units at their bounds", low=0.0
    )
    nudged_steps: int = parameter(8, "steps of each nudged phase", symbol="T2", low=1)
    settled: float = parameter(1e-3, "end the free phase when no layer moves faster", low=0.0)


class Sized(Protocol):
    """A setting that has layers, rates and an influence."""

    @property
    def layers(self) -> str:
        """Units per layer."""

    @property
    def learning_rates(self) -> str:
        """Rate of each layer pair."""

    @property
    def influence(self) -> float:
        """Influence of the target."""


def layer_sizes(p: Sized) -> tuple[int, ...]:
    """Units per layer, input first: ``"784-500-10"`` is ``(784, 500, 10)``.

    Raises
    ------
    ParameterError
        When the text is no chain of at least three positive whole numbers.
    """
    words = p.layers.split("-")
    if len(words) < 3 or not all(word.isdigit() and int(word) > 0 for word in words):
        raise ParameterError(
            f"layers = {p.layers!r} is not a chain such as 784-500-10 (at least one hidden layer)"
        )
    return tuple(int(word) for word in words)


def learning_rates(p: Sized) -> tuple[float, ...]:
    """One rate for each layer pair, input side first, as written (no cost conversion).

    Raises
    ------
    ParameterError
        When a rate is no number or negative, or their count is not the number of layer pairs.
    """
    pairs = len(layer_sizes(p)) - 1
    try:
        rates = tuple(float(word) for word in p.learning_rates.replace(",", " ").split())
    except ValueError:
        raise ParameterError(
            f"learning_rates = {p.learning_rates!r} is not a list such as '0.1, 0.05'"
        ) from None
    if len(rates) != pairs or min(rates) < 0:
        raise ParameterError(
            f"learning_rates = {p.learning_rates!r} must hold {pairs} rates of at least 0,"
            f" one for each pair of neighbouring layers of {p.layers}, input side first"
        )
    return rates


def influence_and_rates(p: Sized) -> tuple[float, tuple[float, ...]]:
    """Influence and learning rates in half-cost terms.

    ``C_full = 2 C_half``, so a full-cost influence and its rates are twice as large in half-cost
    terms (Scellier and Bengio 2017 use both conventions, in paper and program).
    """
    factor = 2.0 if getattr(p, "cost", "half") == "full" else 1.0
    return factor * p.influence, tuple(factor * rate for rate in learning_rates(p))


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
    negative = influence < 0 or p.nudging in ("random-sign", "symmetric")
    unbounded = not p.clipped or p.outputs == "linear"
    if influence <= -1 or (negative and unbounded and abs(influence) >= 1):
        raise ParameterError(
            f"influence = {p.influence} ({influence:g} in half-cost terms): at -1 and below the"
            " leak of an output, 1 + beta, is no longer positive and the output runs away"
            " from its target; keep it above -1"
            + (" or keep the outputs in 0..1" if unbounded and influence > -1 else "")
        )
    depth = len(layer_sizes(p)) - 1
    if p.nudged_steps < depth:
        raise ParameterError(
            f"nudged_steps = {p.nudged_steps} is too short: the target moves one layer a step and"
            f" needs at least {depth} steps to reach the first hidden layer of {p.layers}"
        )
    if p.rule == "energy-based" and p.feedback_start != "transpose":
        raise ParameterError(
            "rule = energy-based has one weight for both directions;"
            " write feedback_start = transpose, or choose rule = vector-field"
        )
