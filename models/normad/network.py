"""NormAD's network as Brian2 text: presentations in one run, weights that move between runs.

::

    input (--> hidden) --> output --| output      output cells may inhibit each other
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2 import amp

from bioplaus.models.normad.learner import first_weights, projections
from bioplaus.models.normad.parameters import NormAD, check_network, sizes
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.second_order_lif import second_order_lif
from bioplaus.parameters import quantities
from bioplaus.plasticity.between_runs import BetweenRuns
from bioplaus.plasticity.spiking_chain import SpikingChain, chained, lateral_inhibition

__all__ = ["build"]

REST = "v = 0*v\nslow = 0*slow\nfast = 0*fast\nheld = 0"
ANEW = Cell(operations={"anew": Operation(REST, "frame")})
"""Every presentation begins at rest."""


def build(
    p: NormAD, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
) -> SpikingChain:
    """Build the network; ``rng`` draws the first weights, ``inputs`` has one spiking population.

    Raises
    ------
    ParameterError
        If the parameters contradict each other.
    """
    check_network(p)
    q = quantities(p)
    (given,) = inputs.values()
    cell = ANEW + second_order_lif(
        capacitance=q.capacitance,
        leak=q.leak,
        threshold=q.threshold,
        held_steps=round(float(q.refractory / q.time_step)),
        tau_slow=q.tau_slow,
        tau_fast=q.tau_fast,
        time_step=q.time_step,
    )
    layers = [
        cell.group(size, name.split("_to_")[1], clocks)
        for size, name in zip(sizes(p)[1:], projections(p), strict=True)
    ]
    onto, fixed = ("slow", "fast"), []
    if q.inhibition > 0 * amp:
        fixed.append(lateral_inhibition(layers[-1], onto, q.inhibition, clocks))
    return chained(given, layers, first_weights(p, rng), clocks, BetweenRuns(onto, "amp"), fixed)
