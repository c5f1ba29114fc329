"""Parameters of the liquid (Maass and others 2002), without short-term plasticity."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.parameters import Quantity, parameter

__all__ = ["LiquidSettings"]


@dataclass(frozen=True)
class LiquidSettings:
    """A column of 15 x 3 x 3 cells, one in five of them inhibitory."""

    length: int = parameter(15, "cells along the column", low=1)
    width: int = parameter(3, "cells along both other sides", low=1)
    inhibitory: float = parameter(0.2, "share of inhibitory cells", low=0, high=1)
    reach: float = parameter(2.0, "distance over which links become rare", symbol="lambda", low=0.1)
    channels: int = parameter(4, "input channels", low=1)
    tau: Quantity = parameter("30 ms", "membrane, and filter of the readout", low="1 ms")
    background: Quantity = parameter("13.5 nA", "constant current, into 1 Mohm")
    excitatory_weight: Quantity = parameter("3 nA", "mean, onto excitatory cells", low="0 nA")
    onto_inhibitory: Quantity = parameter("6 nA", "mean, onto inhibitory cells", low="0 nA")
    inhibitory_weight: Quantity = parameter("1.9 nA", "mean of inhibition", low="0 nA")
    input_weight: Quantity = parameter("18 nA", "mean of what a channel gives", low="0 nA")
    delay: Quantity = parameter("1 ms", "of recurrent links", low="0 ms")
    time_step: Quantity = parameter("0.5 ms", "of Euler's method", low="0.01 ms")
