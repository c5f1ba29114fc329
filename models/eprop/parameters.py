"""Parameters of e-prop (Bellec and others 2020, and the authors' released code)."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import ParameterError, Quantity, parameter, quantities

__all__ = ["FEEDBACK", "Eprop", "Evidence", "check_network"]

FEEDBACK = ("symmetric", "random", "adaptive", "none", "through time", "truncated")


@dataclass(frozen=True)
class Eprop:
    """A recurrent network of leaky cells that learns a pattern, as published."""

    inputs: int = parameter(100, "input cells", low=1)
    regular: int = parameter(100, "recurrent cells of fixed threshold", low=0)
    adaptive: int = parameter(0, "recurrent cells whose threshold adapts", low=0)
    outputs: int = parameter(1, "leaky readouts", low=1)
    time_step: Quantity = parameter("1 ms", "time step", symbol="dt", low="1 us")
    tau_membrane: Quantity = parameter("30 ms", "membrane", symbol="tau_m", low="1 us")
    tau_readout: Quantity = parameter("30 ms", "readout", symbol="tau_out", low="1 us")
    tau_adaptation: Quantity = parameter("2 s", "threshold", symbol="tau_a", low="1 us")
    adaptation: float = parameter(
        0.017424, "rise of the threshold by a spike of an adaptive cell", symbol="beta", low=0
    )
    threshold: float = parameter(0.03, "spike threshold", symbol="v_th", low=1e-9)
    surrogate: float = parameter(
        0.3, "height of the pseudo-derivative, in units of 1/threshold", symbol="gamma", low=0
    )
    refractory: Quantity = parameter("0 ms", "shortest interval of spikes", low="0 ms")
    normalised: bool = parameter(
        True, "synaptic events are scaled by 1 - exp(-dt/tau_m)", symbol="zeta"
    )
    loss: str = parameter(
        "squared error", "what is minimised", choices=("squared error", "cross entropy")
    )
    feedback: str = parameter(
        "random",
        "learning signals: readout weights transposed; fixed random; random that learn as the "
        "readout does; none, so that the readout learns alone; or the whole gradient by "
        "backpropagation through time, over the trial or truncated",
        symbol="B",
        choices=FEEDBACK,
    )
    truncation: Quantity = parameter(
        "100 ms", "credit stays within blocks of this length where it is truncated", low="1 us"
    )
    feedback_decay: float = parameter(
        1e-4,
        "share of readout and adaptive feedback lost in an update",
        symbol="c",
        low=0,
        high=1,
    )
    rate_strength: float = parameter(300.0, "regularisation of rates", symbol="c_reg", low=0)
    rate_goal: Quantity = parameter("10 Hz", "rate aimed at", symbol="f_0", low="0 Hz")
    learning_rate: float = parameter(1e-4, "of an update", symbol="eta", low=0, tunable=True)
    optimiser: str = parameter("descent", "how weights move", choices=("descent", "adam"))
    batch: int = parameter(1, "trials in an update", low=1)
    window: Quantity = parameter("1 s", "the readout is judged in this end of a trial", low="1 us")
    averaged: bool = parameter(False, "gradients are divided by the steps of the window")


@dataclass(frozen=True)
class Evidence(Eprop):
    """Leaky and adaptive cells that accumulate evidence, as published."""

    inputs: int = parameter(40, "input cells", low=1)
    regular: int = parameter(50, "recurrent cells of fixed threshold", low=0)
    adaptive: int = parameter(50, "recurrent cells whose threshold adapts", low=0)
    outputs: int = parameter(2, "leaky readouts", low=1)
    tau_membrane: Quantity = parameter("20 ms", "membrane", symbol="tau_m", low="1 us")
    tau_readout: Quantity = parameter("20 ms", "readout", symbol="tau_out", low="1 us")
    threshold: float = parameter(0.6, "spike threshold", symbol="v_th", low=1e-9)
    refractory: Quantity = parameter("5 ms", "shortest interval of spikes", low="0 ms")
    normalised: bool = parameter(
        False, "synaptic events are scaled by 1 - exp(-dt/tau_m)", symbol="zeta"
    )
    loss: str = parameter(
        "cross entropy", "what is minimised", choices=("squared error", "cross entropy")
    )
    learning_rate: float = parameter(5e-3, "of an update", symbol="eta", low=0, tunable=True)
    optimiser: str = parameter("adam", "how weights move", choices=("descent", "adam"))
    batch: int = parameter(64, "trials in an update", low=1)
    window: Quantity = parameter(
        "150 ms", "the readout is judged in this end of a trial", low="1 us"
    )
    averaged: bool = parameter(True, "gradients are divided by the steps of the window")


def check_network(p: Eprop) -> None:
    """Check what a single field cannot tell.

    Raises
    ------
    ParameterError
        If there are no recurrent cells, one class alone, or a time that is no whole number of
        steps.
    """
    q = quantities(p)
    if p.regular + p.adaptive == 0:
        raise ParameterError("regular = 0 and adaptive = 0: a network needs recurrent cells")
    if p.loss == "cross entropy" and p.outputs < 2:
        raise ParameterError(
            f"outputs = {p.outputs}: cross entropy tells classes apart, two at least"
        )
    cut = ["truncation"] if p.feedback == "truncated" else []
    for name in ("refractory", "window", *cut):
        steps = float(getattr(q, name) / q.time_step)
        if abs(steps - round(steps)) > 1e-9 * max(1.0, steps):
            raise ParameterError(
                f"{name} = {getattr(p, name)} is no whole number of steps of {p.time_step}"
            )
