"""What a run is shown, as the names that the network's equations ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from brian2 import Quantity, TimedArray, second

__all__ = ["stimulus"]


def stimulus(
    images: TimedArray,
    *,
    frame: Quantity,
    order: npt.ArrayLike,
    labels: npt.ArrayLike,
    fresh: npt.ArrayLike,
    tick: Quantity,
    plasticity: npt.ArrayLike,
    onset: Quantity = 0 * second,
) -> dict[str, Any]:
    """The namespace of one run.

    Parameters
    ----------
    images
        Table (row, pixel) of grey values in [0, 1), one row per ``frame``.
    frame
        Step of the slow clock: an image, its label and the count of a presentation change only at
        its multiples.
    order, labels, fresh
        (frames,) row of ``images``; class taught, or -1 for none; 1 where a presentation begins.
    tick, plasticity
        Step, and (ticks,) the fraction of the learning rate in force.
    onset
        When the run begins, so that one network can be run again and again.

    Raises
    ------
    ValueError
        If ``order`` points outside the table.
    """
    rows = np.asarray(order, dtype=float)
    count = len(images.values)
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        raise ValueError(f"order points to row {rows.max():.0f}; the table has {count} images")
    return {
        "images": images,
        "frame": frame,
        "order": TimedArray(rows, dt=frame, name="order"),
        "label": TimedArray(np.asarray(labels, dtype=float), dt=frame, name="label"),
        "fresh": TimedArray(np.asarray(fresh, dtype=float), dt=frame, name="fresh"),
        "plasticity": TimedArray(np.asarray(plasticity, dtype=float), dt=tick, name="plasticity"),
        "onset": onset,
    }
