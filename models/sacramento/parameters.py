"""Parameters of the dendritic microcircuit and its published settings.

Potentials are plain numbers and capacitance is 1, so conductances and learning rates are in 1/ms.
The supplement of the paper, which lists its values, was not available; values marked "two public
implementations" are those on which two independent ones agree, and which decode to round numbers
(0.0011875 = 0.0005 / 0.42105, the apical mixing factor).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from bioplaus.layered.chain import layer_sizes
from bioplaus.parameters import ParameterError, Quantity, parameter

__all__ = [
    "Association",
    "Bars",
    "Circuit",
    "Dynamics",
    "Regression",
    "SelfPrediction",
    "TwoSweep",
    "YinYang",
    "area_sizes",
    "rate_list",
]

AUTOMATIC = "automatic"
IMPLEMENTATIONS = "two public implementations"


@dataclass(frozen=True)
class Circuit:
    """Sizes and conductances: what the network and the two-sweep form share."""

    areas: str = parameter(
        "30-20-10", "cells of each area, input first, output last", symbol="n_k", source="section 3"
    )
    transfer: str = parameter(
        "logistic",
        "rate of a potential",
        symbol="phi",
        choices=("logistic", "soft rectifier", "softplus", "identity"),
    )
    g_leak: Quantity = parameter(
        "0.1 / ms", "leak", symbol="g_lk", source=IMPLEMENTATIONS, low="0 / ms"
    )
    g_basal: Quantity = parameter(
        "1 / ms", "basal dendrite to soma", symbol="g_B", source=IMPLEMENTATIONS, low="0 / ms"
    )
    g_apical: Quantity = parameter(
        "0.8 / ms", "apical dendrite to soma", symbol="g_A", source=IMPLEMENTATIONS, low="0 / ms"
    )
    g_dendrite: Quantity = parameter(
        "1 / ms", "interneuron dendrite to soma", symbol="g_D", source=IMPLEMENTATIONS, low="0 / ms"
    )
    g_som: Quantity = parameter(
        "0.8 / ms", "nudging of interneurons", symbol="g_som", source=IMPLEMENTATIONS, low="0 / ms"
    )
    g_teach: Quantity = parameter(
        "0.8 / ms", "nudging of output cells", symbol="g_som", source=IMPLEMENTATIONS, low="0 / ms"
    )
    bias_rate: float = parameter(
        0.0, "rate of the bias unit of every area; 0 means none", source="section 3.4", low=0.0
    )
    weight_scale: str = parameter(
        "1", "forward weights start in U(-s, s); one s for all areas or one for each"
    )
    top_down_scale: float = parameter(1.0, "top-down weights start in U(-s, s)", low=0.0)
    self_predicting: bool = parameter(
        True, "start with the interneuron weights that silence every apical dendrite"
    )


@dataclass(frozen=True)
class Dynamics(Circuit):
    """The continuous-time network."""

    dt: Quantity = parameter("0.1 ms", "time step", source=IMPLEMENTATIONS, low="0.0001 ms")
    presentation: Quantity = parameter(
        "100 ms", "time for which one pattern is shown", source=IMPLEMENTATIONS, low="0.001 ms"
    )
    tau_input: Quantity = parameter(
        "3 ms", "input low-pass; 0 means none", symbol="tau_0", low="0 ms"
    )
    tau_w: Quantity = parameter(
        "30 ms", "filter of the weight change; 0 means none", symbol="tau_w", low="0 ms"
    )
    sigma: float = parameter(
        0.0, "noise of every soma: 1/sqrt(ms) if white, 1/ms if per step", symbol="sigma", low=0.0
    )
    noise: str = parameter(
        "white",
        "white: sigma sqrt(dt) N(0,1) a step; per step: sigma dt N(0,1), which depends on dt",
        choices=("white", "per step"),
    )
    learning_lag: Quantity = parameter(
        "0 ms", "plasticity pauses so long after each pattern's onset; 0 is the paper", low="0 ms"
    )
    prospective: bool = parameter(
        False, "cells send u + tau du/dt in the place of u", source="Haider 2021"
    )
    learning_rate: Quantity = parameter(
        "0.0005 / ms",
        "learning rate of the output, from which automatic rates follow",
        symbol="eta_0",
        low="0 / ms",
    )
    forward_rates: str = parameter(
        AUTOMATIC, "eta^PP of each area in 1/ms, first hidden area first", symbol="eta^PP"
    )
    interneuron_rates: str = parameter(
        AUTOMATIC, "eta^IP of each hidden area in 1/ms", symbol="eta^IP"
    )
    interneuron_gain: float = parameter(
        0.5, "largest gain of the interneuron loop when its rate is automatic", symbol="G", low=0.0
    )
    lateral_rate: Quantity = parameter(
        "0 / ms", "interneuron to apical dendrite; 0 is fixed", symbol="eta^PI", low="0 / ms"
    )
    top_down_rate: Quantity = parameter(
        "0 / ms", "area above to apical dendrite; 0 is fixed", symbol="eta^TD", low="0 / ms"
    )


def _with(cls: type, name: str, default: Any, source: str = "") -> Any:
    """A field of ``cls`` with another default (and another source)."""
    meta = next(each for each in dataclasses.fields(cls) if each.name == name).metadata
    return dataclasses.field(default=default, metadata={**meta, "source": source or meta["source"]})


@dataclass(frozen=True)
class SelfPrediction(Dynamics):
    """Learning the self-predicting state (Sacramento 2018, supplementary figure S1)."""

    self_predicting: bool = _with(Dynamics, "self_predicting", False)
    sigma: float = _with(Dynamics, "sigma", 0.1, IMPLEMENTATIONS)
    noise: str = _with(Dynamics, "noise", "per step", IMPLEMENTATIONS)
    forward_rates: str = _with(Dynamics, "forward_rates", "0 0", IMPLEMENTATIONS)
    interneuron_rates: str = _with(Dynamics, "interneuron_rates", "0.0002375", IMPLEMENTATIONS)
    lateral_rate: Quantity = _with(Dynamics, "lateral_rate", "0.0005 / ms", IMPLEMENTATIONS)


@dataclass(frozen=True)
class Association(Dynamics):
    """One pattern, one target (Sacramento 2018, figure 1)."""

    sigma: float = _with(Dynamics, "sigma", 0.1, IMPLEMENTATIONS)
    noise: str = _with(Dynamics, "noise", "per step", IMPLEMENTATIONS)
    forward_rates: str = _with(Dynamics, "forward_rates", "0.0011875 0.0005", IMPLEMENTATIONS)
    interneuron_rates: str = _with(Dynamics, "interneuron_rates", "0.0011875", IMPLEMENTATIONS)
    lateral_rate: Quantity = _with(Dynamics, "lateral_rate", "0.0005 / ms", IMPLEMENTATIONS)


@dataclass(frozen=True)
class Regression(Dynamics):
    """Nonlinear regression against a teacher network (Sacramento 2018, figure 2)."""

    areas: str = _with(Dynamics, "areas", "30-50-10", "section 3.2")
    transfer: str = _with(Dynamics, "transfer", "soft rectifier", "section 3.2")
    self_predicting: bool = _with(Dynamics, "self_predicting", False, "section 3.2")
    sigma: float = _with(Dynamics, "sigma", 0.3, "one public implementation")
    noise: str = _with(Dynamics, "noise", "per step", "one public implementation")
    forward_rates: str = _with(
        Dynamics, "forward_rates", "0.0011875 0.0005", "one public implementation"
    )
    interneuron_rates: str = _with(
        Dynamics, "interneuron_rates", "0.0011875", "one public implementation"
    )
    lateral_rate: Quantity = _with(
        Dynamics, "lateral_rate", "0.0059375 / ms", "one public implementation"
    )


@dataclass(frozen=True)
class YinYang(Dynamics):
    """The Yin-Yang task in full dynamics with a learning lag (a recorded public sweep)."""

    areas: str = _with(Dynamics, "areas", "4-120-3")
    g_apical: Quantity = _with(Dynamics, "g_apical", "0.28 / ms", "recorded public sweep")
    g_som: Quantity = _with(Dynamics, "g_som", "0.34 / ms", "recorded public sweep")
    g_teach: Quantity = _with(Dynamics, "g_teach", "0.34 / ms", "recorded public sweep")
    bias_rate: float = _with(Dynamics, "bias_rate", 0.5, "recorded public sweep")
    weight_scale: str = _with(Dynamics, "weight_scale", "0.1", "recorded public sweep")
    learning_lag: Quantity = _with(Dynamics, "learning_lag", "20 ms", "recorded public sweep")
    forward_rates: str = _with(Dynamics, "forward_rates", "6.1 7.3e-4", "recorded public sweep")
    interneuron_rates: str = _with(
        Dynamics, "interneuron_rates", "1.46e-3", "recorded public sweep"
    )


@dataclass(frozen=True)
class Bars(Dynamics):
    """Bars in a 3 x 3 image, ten steps a pattern, with prospective coding (Haider 2021, table)."""

    areas: str = _with(Dynamics, "areas", "9-30-3", "Haider 2021")
    transfer: str = _with(Dynamics, "transfer", "softplus", "Haider 2021")
    g_leak: Quantity = _with(Dynamics, "g_leak", "0.03 / ms", "Haider 2021")
    g_basal: Quantity = _with(Dynamics, "g_basal", "0.1 / ms", "Haider 2021")
    g_apical: Quantity = _with(Dynamics, "g_apical", "0.06 / ms", "Haider 2021")
    g_dendrite: Quantity = _with(Dynamics, "g_dendrite", "0.1 / ms", "Haider 2021")
    g_som: Quantity = _with(Dynamics, "g_som", "0.06 / ms", "Haider 2021")
    g_teach: Quantity = _with(Dynamics, "g_teach", "0.06 / ms", "Haider 2021")
    presentation: Quantity = _with(Dynamics, "presentation", "1 ms", "Haider 2021")
    tau_input: Quantity = _with(Dynamics, "tau_input", "0 ms", "Haider 2021: one time step")
    tau_w: Quantity = _with(Dynamics, "tau_w", "0 ms")
    prospective: bool = _with(Dynamics, "prospective", True, "Haider 2021")
    forward_rates: str = _with(Dynamics, "forward_rates", "0.5 0.1", "Haider 2021")
    interneuron_rates: str = _with(Dynamics, "interneuron_rates", "0.2", "Haider 2021")


@dataclass(frozen=True)
class TwoSweep(Circuit):
    """One sweep up, one down, for mini-batches (Sacramento 2018, section 3.4; no leak).

    The paper does not give its rates, mixing factors and scales; these were chosen beforehand on
    validation error.  Only ratios of conductances matter here: lambda_A = lambda_I = 0.5 and
    lambda_N = 0.6.
    """

    areas: str = _with(Circuit, "areas", "784-500-500-10", "section 3.4")
    g_leak: Quantity = _with(Circuit, "g_leak", "0 / ms", "section 3.4")
    g_apical: Quantity = _with(Circuit, "g_apical", "1 / ms", "own choice: lambda_A = 0.5")
    g_som: Quantity = _with(Circuit, "g_som", "1 / ms", "own choice: lambda_I = 0.5")
    g_teach: Quantity = _with(Circuit, "g_teach", "1.5 / ms", "own choice: lambda_N = 0.6")
    bias_rate: float = _with(Circuit, "bias_rate", 1.0, "section 3.4")
    weight_scale: str = parameter(
        "1 1 0.5", "standard deviation of each area's free potentials over images at the start"
    )
    top_down_scale: float = parameter(
        10.0, "top-down weights start in N(0, (s / sqrt(n_above))^2)", low=0.0
    )
    batch: int = parameter(10, "images whose changes are averaged", source="section 3.4", low=1)
    base_rates: str = parameter(
        "2 0.5 0.03",
        "learning rate of each area before it is divided by the dilution of its error; 0 freezes",
        tunable=True,
    )
    interneuron_gain: float = parameter(
        2.0, "largest gain of an update of the interneurons, with the steepest slope", low=0.0
    )
    lateral_rate: float = parameter(0.0, "eta^PI of an update; 0 is fixed", symbol="eta^PI", low=0)
    top_down_rate: float = parameter(0.0, "eta^TD of an update; 0 is fixed", symbol="eta^TD", low=0)


def area_sizes(circuit: Circuit) -> tuple[int, ...]:
    """Cells of each area, input first."""
    return layer_sizes(circuit.areas, "areas")


def rate_list(name: str, text: str, count: int) -> tuple[float, ...]:
    """Read ``count`` numbers separated by blanks; a single one stands for all.

    Raises
    ------
    ParameterError
        For another count, for what is no number, and for negative ones.
    """
    try:
        values = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        values = ()
    if len(values) == 1:
        values *= count
    if len(values) != count or any(not 0 <= value < float("inf") for value in values):
        raise ParameterError(
            f"{name} = {text!r} does not fit: write {count} numbers that are not negative, first "
            "area first, or one for all"
        )
    return values
