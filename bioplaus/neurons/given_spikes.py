"""Input that is given as spikes, many presentations in one run."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import SpikeGeneratorGroup, second

from bioplaus.neurons.cell import Clocks

__all__ = ["give", "given_spikes"]


def given_spikes(cells: int, clocks: Clocks, name: str = "input") -> Any:
    """Cells that spike when they are told to, on the clock of the step; silent until then."""
    none = np.zeros(0, int)
    return SpikeGeneratorGroup(cells, none, none * second, clock=clocks.step, name=name)


def give(cells: Any, trains: tuple[Any, Any, Any], onset: float, clocks: Clocks) -> None:
    """Tell them when to spike: a presentation a frame, from ``onset`` [s] on.

    trains : where each presentation starts in the others (presentations + 1,), times [s] from its
    beginning and cells (spikes,).
    """
    start, t, i = trains
    onsets = onset + float(clocks.frame.dt) * np.arange(len(start) - 1)
    cells.set_spikes(i, (t + np.repeat(onsets, np.diff(start))) * second)
