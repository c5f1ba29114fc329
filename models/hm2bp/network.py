"""The forward network of HM2-BP as Brian2 text: many images in one run.

::

    input --> hidden --> output --| output      each output cell inhibits the others

Weights move between runs, by the spikes of all of an image (``update.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bioplaus.models.hm2bp.learner import BELOW, first_weights
from bioplaus.models.hm2bp.parameters import HybridMacroMicro, check_network
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.current_lif import stepped_current_lif
from bioplaus.parameters import quantities
from bioplaus.plasticity.between_runs import BetweenRuns
from bioplaus.plasticity.spiking_chain import SpikingChain, chained, lateral_inhibition

__all__ = ["build"]

ANEW = Cell(operations={"anew": Operation("v = 0\nI = 0\nlastspike = t - 1*second", "frame")})
"""Every image begins at rest, and nobody is held."""


def build(
    p: HybridMacroMicro, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks
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
    layers = [
        (ANEW + _cell(q, threshold - BELOW)).group(size, name, clocks)
        for name, size, threshold in (
            ("hidden", p.hidden, p.hidden_threshold),
            ("output", p.classes, p.output_threshold),
        )
    ]
    fixed = [lateral_inhibition(layers[1], ["I"], p.inhibition, clocks)] if p.inhibition else []
    return chained(given, layers, first_weights(p, rng), clocks, BetweenRuns(), fixed)


def _cell(q: Any, threshold: float) -> Cell:
    return stepped_current_lif(
        tau_membrane=q.tau_membrane,
        tau_synapse=q.tau_synapse,
        threshold=threshold,
        refractory=q.refractory,
    )
