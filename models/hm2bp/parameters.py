"""Parameters of HM2-BP (Jin, Zhang and Li 2018, and the authors' released CUDA program)."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import ParameterError, Quantity, parameter, quantities

__all__ = ["HybridMacroMicro", "check_network", "whole_steps"]

WHOLE = 1e-6
"""How far a time may be from a whole number of steps."""


@dataclass(frozen=True)
class HybridMacroMicro:
    """784-800-10 on images, as in the released configuration."""

    inputs: int = parameter(784, "pixels", source="code", low=1)
    hidden: int = parameter(800, "neurons of the hidden layer", source="table 1", low=1)
    classes: int = parameter(10, "output neurons", low=2)
    time_step: Quantity = parameter("1 ms", "time step", source="code", low="1 us")
    presentation: Quantity = parameter("400 ms", "how long an image is shown", source="code")
    tau_membrane: Quantity = parameter(
        "64 ms", "membrane time constant", symbol="tau_m", low="1 us"
    )
    tau_synapse: Quantity = parameter("8 ms", "synaptic time constant", symbol="tau_s", low="1 us")
    refractory: Quantity = parameter(
        "3 ms", "shortest interspike interval: two steps held, one free", source="code", low="1 us"
    )
    hidden_threshold: float = parameter(20.0, "threshold of hidden neurons", source="code", low=0.1)
    output_threshold: float = parameter(8.0, "threshold of output neurons", source="code", low=0.1)
    inhibition: float = parameter(
        1.0, "inhibition between output neurons (0: none)", source="code", low=0
    )
    first_weights: float = parameter(1.0, "weights start uniform within +- this", source="code")
    wanted: int = parameter(35, "spikes wanted of the neuron of the class", source="code", low=1)
    unwanted: int = parameter(5, "spikes wanted of the others", source="code", low=0)
    margin: int = parameter(5, "a count within this of the wanted one is right", low=0)
    bracket: bool = parameter(
        True, "count the effect of a neuron's own spikes on its synaptic effects", source="paper"
    )
    lateral_factor: bool = parameter(
        True, "count the inhibition between output neurons in their gradient", source="code"
    )
    regularisation: float = parameter(10.0, "of weights (0: none)", symbol="lambda", low=0)
    sharpness: float = parameter(0.04, "of the regularisation", symbol="beta", low=0)
    weight_limit: float = parameter(8.0, "scale of the regularisation", source="code", low=0.1)
    learning_rate: float = parameter(
        1e-3, "of Adam; divided by sqrt(epoch - 1) from the third epoch on", low=0, tunable=True
    )


def whole_steps(p: HybridMacroMicro, name: str) -> int:
    """A duration in steps.

    Raises
    ------
    ParameterError
        If it is not a whole number of them.
    """
    q = quantities(p)
    ratio = float(getattr(q, name) / q.time_step)
    if abs(ratio - round(ratio)) > WHOLE or round(ratio) < 1:
        raise ParameterError(
            f"{name} = {getattr(p, name)} is not a whole number of steps of {p.time_step}"
        )
    return round(ratio)


def check_network(p: HybridMacroMicro) -> None:
    """Check what a single field cannot tell.

    Raises
    ------
    ParameterError
        If durations are no whole steps, or counts are wanted that nobody can reach.
    """
    q = quantities(p)
    steps = whole_steps(p, "presentation")
    most = steps // whole_steps(p, "refractory")
    if not p.unwanted < p.wanted <= most:
        raise ParameterError(
            f"wanted = {p.wanted} spikes must be more than unwanted = {p.unwanted}, and at most "
            f"{most}, which a refractory time of {p.refractory} leaves in {p.presentation}"
        )
    if q.tau_membrane <= q.tau_synapse:
        raise ParameterError(
            f"tau_membrane = {p.tau_membrane} must be longer than tau_synapse = {p.tau_synapse}"
        )
