"""What the spikes in view say about a cell and about its population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bioplaus.analysis.intervals import cv, intervals, local_variation

__all__ = ["interval_histogram", "of_cell", "of_population"]

_MOST_VARIED = 100_000  # more would have to be sorted for longer than a step may take


def of_cell(t: NDArray[np.float64], seconds: float) -> str:
    """Number, rate and variability of one cell's spikes t (spikes,) [s]."""
    zeros = np.zeros(len(t), np.int64)
    text = f"{len(t):,} spikes, {len(t) / seconds:.3g} Hz"
    if len(t) > 2:
        between, _ = intervals(t, zeros)
        text += f", shortest interval {between.min() * 1e3:.3g} ms, CV {cv(t, zeros, 1)[0]:.2f}"
        text += f", LV {local_variation(t, zeros, 1)[0]:.2f}"
    return text


def of_population(
    t: NDArray[np.float64], i: NDArray[np.int64], cells: int, window: tuple[float, float]
) -> str:
    """Mean rate, silent cells and, of not too many spikes, mean variability in a window [s].

    t (spikes,) [s] and i (spikes,) are those of the window.
    """
    counts = np.bincount(i, minlength=cells)
    seconds = window[1] - window[0]
    text = f"mean {counts.mean() / seconds:.3g} Hz, {np.count_nonzero(counts == 0):,} silent"
    if len(t) > _MOST_VARIED:
        return text
    varied = cv(t, i, cells)
    known = varied[~np.isnan(varied)]
    return text + (f", mean CV {known.mean():.2f} of {len(known):,} cells" if len(known) else "")


def interval_histogram(t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Edges (n + 1,) [ms] and counts (n,) of the intervals of one cell, bins of equal ratio."""
    between = np.diff(np.sort(t)) * 1e3
    between = between[between > 0]
    if not len(between):
        return np.array([0.1, 1.0]), np.array([0])
    low, high = between.min() / 1.05, between.max() * 1.05
    edges = np.geomspace(low, high, 26)
    return edges, np.histogram(between, edges)[0]
