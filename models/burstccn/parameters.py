"""Published settings of the burst-multiplexed network, each with where it comes from.

``Discrete`` is the mini-batch rate model (Greedy 2022, equations 1 and 2), ``Continuous`` its form
in continuous time (figure 3) and ``Spiking`` the five populations of bursting cells that learn
exclusive or (Payeur 2021, figure 4; Greedy 2022, figure 2).
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.models.burstccn.cell_parameters import SimplifiedCell
from bioplaus.parameters import ParameterError, Quantity, check, parameter
from bioplaus.quantity import to_quantity

__all__ = [
    "Continuous",
    "Discrete",
    "PoissonPairs",
    "Spiking",
    "check_discrete",
    "check_spiking",
]


@dataclass(frozen=True)
class Discrete:
    """Mini-batch rate model, 784-500-500-500-10 with random feedback (Greedy 2022, figure 5)."""

    hidden_layers: int = parameter(3, "hidden layers", source="Greedy 2022", low=1, high=20)
    hidden: int = parameter(500, "ensembles in each hidden layer", source="Greedy 2022", low=1)
    baseline: float = parameter(
        0.5, "burst probability at rest, in (0, 0.5]", symbol="p_b", source="Greedy 2022", low=0
    )
    error_scale: float = parameter(
        1.0, "strength of the teacher at the output", symbol="kappa", low=1e-9, high=1
    )
    weight_gain: float = parameter(
        3.6, "Xavier gain of the feedforward weights", source="Greedy 2022, released code", low=0
    )
    feedback: str = parameter(
        "random",
        "Y drawn at random, copied once from the weights, or tied to them",
        symbol="Y",
        choices=("random", "symmetric start", "tied"),
    )
    feedback_draw: str = parameter(
        "sd", "what feedback_size means for random Y", choices=("sd", "xavier gain")
    )
    feedback_size: float = parameter(
        0.5, "size of random feedback weights", source="Greedy 2022, released code", low=0
    )
    q_start: str = parameter(
        "cancelling",
        "Q = p_b Y, or drawn at random like Y",
        symbol="Q",
        choices=("cancelling", "random"),
    )
    mismatch: float = parameter(0.0, "relative noise on Y once Q is set", low=0)
    feedback_rule: str = parameter(
        "none",
        "which feedback weights learn, and how",
        source="Greedy 2022, equation 2",
        choices=("none", "homeostatic q", "homeostatic y", "kolen-pollack"),
    )
    learning_rate: float = parameter(
        0.3, "of W", symbol="eta_W", source="Greedy 2022, released code", low=0, tunable=True
    )
    feedback_rate: float = parameter(
        7.31e-4, "of Q or Y", symbol="eta_Q", source="Greedy 2022, released code", low=0
    )
    momentum: float = parameter(0.0, "of W and of Kolen-Pollack Y", low=0, high=0.999)
    decay: float = parameter(0.0, "weight lost at each update", symbol="lambda", low=0, high=1)
    input_noise: float = parameter(
        0.0,
        "sd of noise on the rates that each layer receives while it learns",
        source="Greedy 2022, released code of the follow-up",
        low=0,
    )
    branches: int = parameter(1, "apical branches under the homeostatic Y rule", low=1)
    batch: int = parameter(32, "examples in one update", source="Greedy 2022, released code", low=1)
    precision: str = parameter("float32", "of every array", choices=("float32", "float64"))


@dataclass(frozen=True)
class Continuous:
    """Continuous-time rate model of the dynamic regression, 3-50-1 (Greedy 2022, figure 3)."""

    hidden: int = parameter(50, "hidden ensembles", source="Greedy 2022, released code", low=1)
    outputs: int = parameter(1, "output ensembles", source="Greedy 2022, released code", low=1)
    tau_soma: Quantity = parameter(
        "100 ms", "somatic time constant", symbol="tau_v", source="Greedy 2022", low="1 us"
    )
    tau_apical: Quantity = parameter(
        "100 ms", "apical time constant", symbol="tau_u", source="Greedy 2022", low="1 us"
    )
    tau_weight: Quantity = parameter(
        "100 second", "time constant of learning", symbol="tau_W", source="Greedy 2022", low="1 ms"
    )
    step: Quantity = parameter(
        "100 ms", "Euler step", source="Greedy 2022, released code", low="1 us"
    )
    weight_gain: float = parameter(1.0, "Xavier gain of the first weights", low=0)


@dataclass(frozen=True)
class PoissonPairs:
    """Pairs of Poisson spike trains of equal rates (Greedy 2022, figure 1)."""

    rates: int = parameter(12, "different rates", low=2)
    pairs: int = parameter(100, "pairs of each rate", low=3)
    lowest: Quantity = parameter("25 Hz", "lowest rate", low="0.1 Hz")
    highest: Quantity = parameter("80 Hz", "highest rate", source="Greedy 2022", low="0.1 Hz")
    baseline: float = parameter(0.5, "constant of the rule, in (0, 0.5]", symbol="p_b", low=0)
    burst_window: Quantity = parameter(
        "16 ms", "longest interval within a burst", symbol="T", source="Greedy 2022", low="1 ms"
    )
    tau_pre: Quantity = parameter("100 ms", "presynaptic event trace", low="1 ms")


@dataclass(frozen=True)
class Spiking(SimplifiedCell):
    """Five populations of bursting cells that learn exclusive or (Payeur 2021, figure 4).

    Weights are in units of the leak conductance.  With fewer than 500 cells the connection
    probability and the weights change so that the variance of the summed input, which drives the
    firing, stays the published one (``scaled_wiring``).
    """

    cells: int = parameter(500, "cells in each population", symbol="N", low=2)
    step: Quantity = parameter("0.1 ms", "time step", source="Payeur 2021, code", low="1 us")
    integration: str = parameter(
        "euler",
        "euler as published, or the exponential step that keeps the rates at 1 ms",
        choices=("euler", "exponential_euler"),
    )
    rule: str = parameter(
        "burstccn",
        "constant baseline of the burst probability, or its moving average",
        choices=("burstccn", "burstprop"),
    )
    # feedforward and feedback weights
    weight_up: float = parameter(
        0.234, "plastic excitation at the start", source="Payeur 2021, code", low=0
    )
    inhibition_up: float = parameter(
        0.25, "fixed inhibition that goes with it", source="Payeur 2021, code", low=0
    )
    excitation_down_1: float = parameter(
        0.26, "bursts of the output excite hidden 1", source="Payeur 2021, code", low=0
    )
    inhibition_down_1: float = parameter(0.06, "and inhibit it", source="Payeur 2021, code", low=0)
    excitation_down_2: float = parameter(
        0.026, "bursts of the output excite hidden 2", source="Payeur 2021, code", low=0
    )
    inhibition_down_2: float = parameter(0.27, "and inhibit it", source="Payeur 2021, code", low=0)
    q_pathway: bool = parameter(
        False, "whether events of the output cancel the resting part of its bursts", symbol="Q"
    )
    q_inhibition_1: float = parameter(
        0.13, "events of the output inhibit hidden 1", source="equal mean current", low=0
    )
    q_excitation_2: float = parameter(
        0.066, "events of the output excite hidden 2", source="equal mean current", low=0
    )
    weight_max: float = parameter(
        1.0, "upper bound of plastic weights", source="Payeur 2021, code", low=0
    )
    # currents
    input_on: Quantity = parameter("150 pA", "somatic current of bit 1", source="Payeur 2021, code")
    input_off: Quantity = parameter(
        "-350 pA", "somatic current of bit 0", source="Payeur 2021, code"
    )
    dendrite_output: Quantity = parameter(
        "400 pA", "constant dendritic current, output", source="Payeur 2021, code"
    )
    dendrite_hidden_1: Quantity = parameter(
        "0 pA", "constant dendritic current, hidden 1", source="Payeur 2021, code"
    )
    dendrite_hidden_2: Quantity = parameter(
        "500 pA", "constant dendritic current, hidden 2", source="Payeur 2021, code"
    )
    teacher_current: Quantity = parameter(
        "1000 pA", "largest dendritic current of the teacher", source="Payeur 2021, code"
    )
    # plasticity
    learning_rate_hidden: float = parameter(
        8e-3, "input to hidden", symbol="eta", source="Payeur 2021, code", low=0, tunable=True
    )
    learning_rate_output: float = parameter(
        4e-3, "hidden to output", symbol="eta", source="Payeur 2021, code", low=0, tunable=True
    )
    baseline_output: float = parameter(
        0.401, "burst probability at rest, output", symbol="p_b", source="Greedy 2022", low=0
    )
    baseline_hidden_1: float = parameter(
        0.30, "burst probability at rest, hidden 1", symbol="p_b", source="calibrated", low=0
    )
    baseline_hidden_2: float = parameter(
        0.27, "burst probability at rest, hidden 2", symbol="p_b", source="calibrated", low=0
    )
    tau_pre: Quantity = parameter(
        "100 ms", "presynaptic event trace", source="Payeur 2021, code", low="1 ms"
    )
    tau_average: Quantity = parameter(
        "2 second", "averages of event and burst rate", symbol="tau_avg", low="1 ms"
    )
    rate_min: Quantity = parameter(
        "2 Hz", "below it weights grow at each presynaptic event", source="Payeur 2021, code"
    )
    floor_reads: str = parameter(
        "spikes",
        "the rate held against rate_min: all spikes of a cell (tau_floor), its events"
        " (tau_average), or its population's events (tau_readout)",
        source="Payeur 2021, code",
        choices=("spikes", "events", "population"),
    )
    tau_floor: Quantity = parameter(
        "30 second", "average of all spikes of a cell", source="Payeur 2021, code", low="1 ms"
    )
    rate_max: Quantity = parameter(
        "10 Hz", "above it weights shrink", source="Payeur 2021, code", low="0.1 Hz"
    )
    slot: Quantity = parameter(
        "800 ms", "stimulus, teacher and gate change at its multiples", low="1 ms"
    )
    tau_readout: Quantity = parameter(
        "300 ms", "low-pass of a population's rate, as teacher and floor read it", low="1 ms"
    )
    teacher_reads: str = parameter(
        "cell",
        "each cell's own rate, or the rate of the population",
        source="Payeur 2021, code",
        choices=("cell", "population"),
    )


def check_baseline(name: str, value: float) -> None:
    """Raise unless a burst probability lies in (0, 0.5], where its response is linear at rest."""
    if not 0 < value <= 0.5:
        raise ParameterError(
            f"{name} = {value} is no resting burst probability; it lies above 0 and at most 0.5, "
            "because the probability saturates at twice its baseline"
        )


def check_discrete(p: Discrete) -> None:
    """Check each field, and those that depend on one another.

    Raises
    ------
    ParameterError
        Naming the value and what would be right.
    """
    check(p)
    check_baseline("baseline", p.baseline)
    if p.branches > 1 and p.feedback_rule != "homeostatic y":
        raise ParameterError(
            f"branches = {p.branches} has a meaning for feedback_rule = 'homeostatic y' only"
        )
    if p.feedback == "tied" and p.feedback_rule != "none":
        raise ParameterError(
            f"feedback = 'tied' copies Y from W; feedback_rule = {p.feedback_rule!r} would be "
            "overwritten. Choose 'symmetric start'"
        )


def check_spiking(p: Spiking) -> None:
    """Check each field, and those that depend on one another.

    Raises
    ------
    ParameterError
        Naming the value and what would be right.
    """
    check(p)
    for name in ("baseline_output", "baseline_hidden_1", "baseline_hidden_2"):
        check_baseline(name, getattr(p, name))
    if not to_quantity(p.extra_from) <= to_quantity(p.extra_to) < to_quantity(p.refractory):
        raise ParameterError(
            f"an extra spike {p.extra_from} to {p.extra_to} after the first does not fit into the "
            f"refractory period of {p.refractory}; write extra_from <= extra_to < refractory"
        )
    if not to_quantity(p.extra_to) < to_quantity(p.burst_window) < to_quantity(p.refractory):
        raise ParameterError(
            f"burst_window = {p.burst_window} must lie between the latest extra spike "
            f"({p.extra_to}) and the refractory period ({p.refractory}), or events and bursts "
            "cannot be told apart"
        )
    if to_quantity(p.input_on) <= to_quantity(p.input_off):
        raise ParameterError(
            f"input_on = {p.input_on} does not exceed input_off = {p.input_off}; "
            "bit 1 must drive the input cells more than bit 0"
        )
    if p.integration == "euler" and to_quantity(p.step) > to_quantity("0.2 ms"):
        raise ParameterError(
            f"step = {p.step} with integration = 'euler' raises the rates by 40 to 120 %; "
            "write integration = 'exponential_euler' or a step of 0.1 ms"
        )
