"""Input that is given as spikes, many presentations in one run."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import SpikeGeneratorGroup, second

from bioplaus.neurons.cell import Clocks

__all__ = ["given_spikes"]


def given_spikes(cells: int, clocks: Clocks, name: str = "input") -> Any:
    """Cells that spike when they are told to, on the clock of the step; silent until then."""
    none = np.zeros(0, int)
    return SpikeGeneratorGroup(cells, none, none * second, clock=clocks.step, name=name)
