"""Parameters of networks with spike-timing plasticity."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import Quantity, parameter

__all__ = ["SETS", "Competition", "Distal", "ExclusiveOr", "Triplets", "Voltage", "Walk"]


@dataclass(frozen=True)
class Competition:
    """Many inputs compete for one cell (Song, Miller and Abbott 2000)."""

    inputs: int = parameter(1000, "excitatory Poisson inputs, plastic", low=1)
    rate: Quantity = parameter("20 Hz", "of an excitatory input", low="0 Hz", high="1 kHz")
    inhibitory: int = parameter(200, "inhibitory Poisson inputs", low=1)
    inhibitory_rate: Quantity = parameter("10 Hz", "of one of them", low="0 Hz", high="1 kHz")
    time_step: Quantity = parameter("0.1 ms", "time step (forward Euler)", symbol="dt", low="1 us")
    tau_membrane: Quantity = parameter("20 ms", "membrane", symbol="tau_m", low="1 us")
    tau_synapse: Quantity = parameter("5 ms", "conductances", low="1 us")
    largest: float = parameter(
        0.015, "largest excitatory conductance, in leaks", symbol="g_max", low=0
    )
    inhibition: float = parameter(0.05, "inhibitory conductance, in leaks", low=0)
    tau_plus: Quantity = parameter("20 ms", "presynaptic trace", low="1 us")
    tau_minus: Quantity = parameter("20 ms", "postsynaptic trace", low="1 us")
    potentiation: float = parameter(
        0.005, "growth by a pair without a lag, in units of g_max", symbol="A_+", low=0
    )
    ratio: float = parameter(1.05, "depression by potentiation", symbol="A_-/A_+", low=0)
    learning_rate: float = parameter(1.0, "factor on all changes", low=0, tunable=True)


SETS: dict[str, tuple[float, ...]] = {
    "visual": (5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0),
    "visual-minimal": (0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0),
    "visual-nearest": (8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0),
    "hippocampal": (6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0),
}
"""A2+, A3+, A2-, A3-, tau_x, tau_y [ms] (Pfister and Gerstner 2006, tables 3 and 4)."""


@dataclass(frozen=True)
class Triplets:
    """Pairs of spikes at many frequencies (Pfister and Gerstner 2006)."""

    amplitudes: str = parameter(
        "visual", "published set; one of the nearest spikes sets traces", choices=tuple(SETS)
    )
    tau_plus: Quantity = parameter("16.8 ms", "fast presynaptic trace", low="1 us")
    tau_minus: Quantity = parameter("33.7 ms", "fast postsynaptic trace", low="1 us")
    learning_rate: float = parameter(1.0, "factor on all changes", low=0, tunable=True)


@dataclass(frozen=True)
class Voltage:
    """Plasticity by the postsynaptic voltage (Clopath and others 2010, table 1, visual cortex)."""

    depression: float = parameter(
        14e-5, "of w by a presynaptic spike [1/mV]", symbol="A_LTD", low=0
    )
    potentiation: float = parameter(
        8e-5, "of w by voltage and presynaptic trace [1/mV^2]", symbol="A_LTP", low=0
    )
    theta_minus: Quantity = parameter("-70.6 mV", "threshold of filtered voltages")
    theta_plus: Quantity = parameter("-45.3 mV", "threshold of the voltage")
    tau_minus: Quantity = parameter("10 ms", "voltage that depresses", low="1 us")
    tau_plus: Quantity = parameter("7 ms", "voltage that potentiates", low="1 us")
    tau_x: Quantity = parameter("15 ms", "presynaptic trace", low="1 us")
    delay: Quantity = parameter("4 ms", "filtered voltages are read so much later", low="0.1 ms")
    first_weight: float = parameter(0.5, "weight before the first pair", low=0)
    learning_rate: float = parameter(1.0, "factor on all changes", low=0, tunable=True)


@dataclass(frozen=True)
class Distal:
    """One of 100,000 synapses earns rewards seconds later (Izhikevich 2007)."""

    excitatory: int = parameter(800, "excitatory cells, whose synapses are plastic", low=2)
    inhibitory: int = parameter(200, "inhibitory cells", low=1)
    targets: int = parameter(100, "of each cell, drawn with replacement", low=1)
    largest: float = parameter(4.0, "largest weight", symbol="s_m", low=0)
    noise: float = parameter(6.5, "drive is uniform between -this and this, every ms", low=0)
    tau_trace: Quantity = parameter(
        "19.5 ms", "traces of spikes", source="code: factor 0.95 a ms", low="1 us"
    )
    potentiation: float = parameter(0.1, "of c by a pair without a lag", low=0)
    depression: float = parameter(0.15, "of c by a pair without a lag", low=0)
    tau_c: Quantity = parameter("1 s", "eligibility", symbol="tau_c", low="10 ms")
    tau_dopamine: Quantity = parameter("0.2 s", "dopamine", symbol="tau_d", low="1 ms")
    tonic: float = parameter(0.002, "dopamine without reward", low=0)
    reward: float = parameter(0.5, "dopamine of a reward", low=0)
    window: Quantity = parameter("20 ms", "target after source: a reward is earned", low="1 ms")
    soonest: Quantity = parameter("1 s", "it comes so late at least", low="0 s")
    latest: Quantity = parameter("3 s", "it comes so late at most", low="1 ms")
    learning_rate: float = parameter(1.0, "factor on all changes", low=0, tunable=True)


@dataclass(frozen=True)
class ExclusiveOr:
    """Exclusive or by rewarded spike timing (Florian 2007)."""

    inputs: int = parameter(60, "Poisson inputs, a half for each bit; every second inhibits", low=4)
    hidden: int = parameter(60, "hidden cells", low=1)
    rate: Quantity = parameter("40 Hz", "of the inputs of a bit that is set", low="0 Hz")
    tau_membrane: Quantity = parameter("20 ms", "membrane", low="1 us")
    threshold: float = parameter(16.0, "above rest [mV]", low=0.001)
    largest: float = parameter(5.0, "largest weight [mV]", low=0)
    tau_trace: Quantity = parameter("20 ms", "traces of spikes", low="1 us")
    tau_c: Quantity = parameter("25 ms", "eligibility; 0 s: none", symbol="tau_z", low="0 ms")
    learning_rate: float = parameter(0.625, "[mV]", symbol="gamma", low=0, tunable=True)


@dataclass(frozen=True)
class Walk:
    """Cells that choose between left and right at every place."""

    places: int = parameter(9, "places in a row", low=2)
    cells: int = parameter(10, "Poisson cells of a place, and cells of an action", low=1)
    rate: Quantity = parameter("60 Hz", "of the cells of the place", low="0 Hz")
    threshold: float = parameter(16.0, "above rest [mV]", low=0.001)
    noise: float = parameter(2.0, "on the membrane, standard deviation in a ms [mV]", low=0)
    inhibition: float = parameter(8.0, "by a spike of the other action [mV]", low=0)
    largest: float = parameter(5.0, "largest weight [mV]", low=0)
    tau_c: Quantity = parameter("300 ms", "eligibility", low="1 ms")
    learning_rate: float = parameter(0.02, "[mV]", low=0, tunable=True)
