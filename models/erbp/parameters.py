"""Parameters of event-driven random back-propagation, with their sources.

``code`` marks values read in the simulator code that the authors released (a fork of Auryn);
the paper is Neftci, Augustine, Paul and Detorakis (2017).
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.layered.error_path import ErrorPath
from bioplaus.layered.feedback import Fixed, Mirrored, Signs, Transported
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities

__all__ = ["FEEDBACK", "OneHiddenLayer", "check_network", "mirrored"]

FEEDBACK = {
    "direct random": ErrorPath(route="direct"),
    "sparse": ErrorPath(feedback=Fixed(fan=2), route="direct"),
    "layer by layer": ErrorPath(),
    "adaptive": ErrorPath(feedback=Mirrored()),
    "sign concordant": ErrorPath(feedback=Signs("fixed")),
    "symmetric": ErrorPath(feedback=Transported()),
}
"""Paths of the error to hidden layers; the fan of sparse ones is a parameter.

Those that are not fixed hold a mirror of the forward weights, which learns.
"""


def mirrored(feedback: str) -> bool:
    """Whether a path's feedback weights hold a mirror of the forward weights."""
    return not isinstance(FEEDBACK[feedback].feedback, Fixed)


@dataclass(frozen=True)
class OneHiddenLayer:
    """eRBP: one hidden layer, background noise, every event transmitted."""

    inputs: int = parameter(784, "pixels", source="figure 5", low=1)
    hidden: int = parameter(100, "neurons in a hidden layer", symbol="N_h", low=1)
    layers: int = parameter(1, "hidden layers of that size", low=1, high=5)
    classes: int = parameter(10, "prediction neurons", low=2)
    time_step: Quantity = parameter("0.1 ms", "time step", symbol="dt", source="code", low="1 us")

    tau_membrane: Quantity = parameter(
        "1 ms", "membrane time constant", symbol="tau_V", source="code", low="1 us"
    )
    tau_synapse: Quantity = parameter(
        "4 ms", "synaptic time constant", symbol="tau_syn", source="code", low="1 us"
    )
    tau_dendrite: Quantity = parameter(
        "5 ms", "dendritic time constant", symbol="tau_U", source="code", low="1 us"
    )
    threshold: Quantity = parameter(
        "100 mV", "spike threshold", symbol="V_T", source="code", low="1 uV"
    )
    refractory: Quantity = parameter(
        "4 ms", "shortest interspike interval", source="code: 39 steps held, one free", low="0 ms"
    )
    delay: Quantity = parameter("0.8 ms", "delay of every projection", source="code", low="0 ms")

    learning_rate: float = parameter(
        6e-4, "weight change per dendritic volt", symbol="eta", source="code", low=0, tunable=True
    )
    gate_low: Quantity = parameter("-1.15 V", "gate, lower end", symbol="b_min", source="code")
    gate_high: Quantity = parameter("1.15 V", "gate, upper end", symbol="b_max", source="code")
    gate_deep: Quantity = parameter(
        "1.15 V", "gate of hidden layers above the first (both signs)", source="code", low="0 V"
    )

    error_threshold: Quantity = parameter(
        "100 mV", "threshold of error neurons", source="code", low="1 uV"
    )
    error_weight: Quantity = parameter(
        "90 mV", "label and prediction to error, error to prediction", source="code", low="0 V"
    )
    error_floor: bool = parameter(True, "error neurons cannot sink below rest", source="code")
    feedback: str = parameter(
        "direct random",
        "path of the error to hidden layers",
        source="paper",
        choices=tuple(FEEDBACK),
    )
    feedback_scale: float = parameter(1.0, "factor on the feedback weights", low=0)
    feedback_fan_in: int = parameter(
        2, "sparse feedback: classes heard by one hidden neuron", source="Baldi 2016", low=1
    )

    background_rate: Quantity = parameter(
        "1 kHz", "background spikes onto each neuron", source="code", low="0 Hz"
    )
    background_weight: Quantity = parameter(
        "50 mV", "height of a background spike (0: none)", source="code", low="0 V"
    )
    background_before_threshold: bool = parameter(
        False, "add background before the threshold test (for coarse time steps)"
    )
    transmission: float = parameter(
        1.0, "probability that an event is transmitted", symbol="p", source="code", low=0, high=1
    )

    output_weights: float = parameter(1.0, "factor on the initial output weights", low=0)
    weight_decay: Quantity = parameter(
        "0 Hz", "share of a weight lost per second of training", symbol="lambda", low="0 Hz"
    )
    levels: int = parameter(0, "weight levels (0: continuous)", source="code: 256", low=0)
    range_hidden: Quantity = parameter(
        "0.75 V", "largest weight on the grid, input to hidden", source="code", low="1 uV"
    )
    range_deep: Quantity = parameter(
        "2 V", "largest weight on the grid, hidden to hidden", source="code", low="1 uV"
    )
    range_output: Quantity = parameter(
        "1 V", "largest weight on the grid, hidden to output", source="code", low="1 uV"
    )

    dead_time: Quantity = parameter("4 ms", "dead time of a pixel", source="code", low="0 ms")
    hazard_at_threshold: Quantity = parameter(
        "100 Hz", "hazard of a pixel at its threshold", source="code", low="0 Hz"
    )
    drive_gain: Quantity = parameter("0.5 V", "drive per grey value", source="code")
    grey_offset: float = parameter(0.43, "grey value without drive", source="code")
    silent_drive: Quantity = parameter("1 V", "inhibition of an empty pixel", source="code")
    drive_threshold: Quantity = parameter("0.1 V", "threshold of a pixel", source="code")
    drive_width: Quantity = parameter(
        "0.05 V", "drive that raises the hazard e-fold", source="code", low="1 uV"
    )
    label_period: Quantity = parameter(
        "4 ms", "interval of label spikes", source="code: 250 Hz", low="0.1 ms"
    )


def check_network(p: OneHiddenLayer) -> None:
    """Check what a single field cannot tell.

    Raises
    ------
    ParameterError
        For a gate upside down, a grid of one level, feedback wider than the classes, a time step
        that is too coarse for the published order of the background noise, or intervals shorter
        than a step.
    """
    q = quantities(p)
    if q.gate_low >= q.gate_high:
        raise ParameterError(
            f"the gate is upside down: gate_low = {p.gate_low} is not below "
            f"gate_high = {p.gate_high}; no weight could ever change"
        )
    if p.levels == 1:
        raise ParameterError("levels = 1: a grid needs two levels at least; 0 means continuous")
    if p.feedback_fan_in > p.classes:
        raise ParameterError(
            f"feedback_fan_in = {p.feedback_fan_in} is more than the {p.classes} classes"
        )
    if q.weight_decay > 0 * q.background_rate and (p.levels or mirrored(p.feedback)):
        raise ParameterError(
            f"weight_decay = {p.weight_decay} would take weights off a grid of levels, and forward "
            f"weights away from a mirror of them; use it with levels = 0 and a feedback that does "
            f"not learn (feedback = {p.feedback!r})"
        )
    noisy = q.background_weight * q.background_rate > 0
    if noisy and not p.background_before_threshold and q.time_step > q.tau_membrane / 4:
        raise ParameterError(
            f"time_step = {p.time_step}: background spikes come after the threshold test, and "
            f"before the next one the membrane (tau_membrane = {p.tau_membrane}) has lost most of "
            f"them, so the noise has no effect; use a step of at most tau_membrane/4, or "
            f"background_before_threshold=true, or background_weight=0mV"
        )
    for name in ("dead_time", "label_period", "refractory"):
        if getattr(q, name) < q.time_step:
            raise ParameterError(
                f"{name} = {getattr(p, name)} is shorter than time_step = {p.time_step}"
            )
