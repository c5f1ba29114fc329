"""A schedule as the names that a network's equations ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
from brian2 import Quantity, TimedArray, second

from bioplaus.tasks.schedule import Schedule

__all__ = ["namespace"]

Kept = dict[Any, tuple[Any, TimedArray]]


def namespace(
    schedule: Schedule, onset: Quantity = 0 * second, kept: Kept | None = None
) -> dict[str, Any]:
    """Signals and tables as timed arrays, with ``onset`` and ``frame``.

    onset : when the run begins, which the signals are relative to; kept : filled with the arrays,
    so that later runs use those of the same shape again instead of making new ones.
    """
    kept = {} if kept is None else kept
    found: dict[str, Any] = {"onset": onset, "frame": schedule.frame * second}
    for name, table in schedule.tables.items():
        if name not in kept or kept[name][0] is not table:
            rows = np.asarray(table, dtype=float)
            kept[name] = (table, TimedArray(rows, dt=schedule.frame * second, name=name))
        found[name] = kept[name][1]
    for name, (step, given) in schedule.signals.items():
        values = np.array(given, dtype=float)
        key = (name, step, values.shape)
        if key not in kept:
            kept[key] = (None, TimedArray(values, dt=step * second, name=name))
        kept[key][1].values[:] = values
        found[name] = kept[key][1]
    return found
