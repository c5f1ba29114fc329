"""Counting spikes inside a simulation, and reading the counts by presentation and frame.

Counts are parts of a cell; a slow monitor samples them, so that Python is not called between
presentations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import StateMonitor
from numpy.typing import NDArray

from bioplaus.neurons.cell import Cell, Clocks, Operation

__all__ = ["COUNT", "COUNT_ANEW", "forget_responses", "monitor_responses", "read_responses"]

COUNT = Cell(equations="spike_count : 1", reset="spike_count += 1")
"""``spike_count`` since the network was built."""

COUNT_ANEW = Cell(
    equations="spike_count : 1\nfirst_spike : second",
    reset="first_spike += int(spike_count == 0)*(t - first_spike)\nspike_count += 1",
    operations={"new_presentation": Operation("spike_count *= 1 - fresh(t - onset)", "frame")},
)
"""``spike_count`` since the presentation began; ``first_spike`` [s], meaningless while none.

Reads ``fresh`` of the schedule.
"""


def monitor_responses(group: Any, clocks: Clocks) -> StateMonitor:
    """Sample a population with :data:`COUNT_ANEW` at every frame, before it forgets."""
    return StateMonitor(
        group,
        ["spike_count", "first_spike"],
        record=True,
        clock=clocks.frame,
        when="start",
        order=-1,
        name="responses",
    )


def forget_responses(monitor: StateMonitor) -> None:
    """Empty the monitor, before a run."""
    monitor.resize(0)
    monitor.variables["N"].set_value(0)


def read_responses(
    monitor: StateMonitor, shown: NDArray[np.float64], frame: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Responses of presentations, of which ``shown`` (presentations, 3) gives start and stop [s].

    Returns the spikes (presentation, frame, cell) counted from the start of a presentation to the
    end of each of its frames, and the first spikes (presentation, cell) [s] after its start, nan
    where there was none.
    """
    group = monitor.source
    each = round((shown[0, 1] - shown[0, 0]) / frame)
    spikes, first = (
        np.column_stack(
            [np.array(getattr(monitor, f"{name}_"))[:, 1:], getattr(group, f"{name}_")[:]]
        ).T.reshape(-1, each, len(group))
        for name in ("spike_count", "first_spike")
    )
    onsets = shown[0, 0] + frame * each * np.arange(len(spikes))
    return spikes, np.where(spikes[:, -1] > 0, first[:, -1] - onsets[:, None], np.nan)
