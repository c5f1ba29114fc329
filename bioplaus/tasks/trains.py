"""Spikes of many samples, one sample after the other in three arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["SpikeTrains", "StepTrains", "places"]


class SpikeTrains(NamedTuple):
    """Spikes of many samples, each in the order of time.

    start : (samples + 1,) where each sample begins; t : [s] from its onset; i : cells.
    """

    start: npt.NDArray[np.int64]
    t: npt.NDArray[np.float64]
    i: npt.NDArray[np.int64]

    def select(self, rows: npt.NDArray[np.int64]) -> SpikeTrains:
        """Some of the samples, in this order."""
        start, where = places(self.start, rows)
        return SpikeTrains(start, self.t[where], self.i[where])


class StepTrains(NamedTuple):
    """Spikes of many samples, each in the order of time.

    start : (samples + 1,) where each sample begins; step : of the clock, from 0; i : cells.
    """

    start: npt.NDArray[np.int64]
    step: npt.NDArray[np.int16]
    i: npt.NDArray[np.int16]

    def select(self, rows: npt.NDArray[np.int64]) -> StepTrains:
        """Some of the samples, in this order."""
        start, where = places(self.start, rows)
        return StepTrains(start, self.step[where], self.i[where])


def places(
    start: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where samples begin when they follow each other in the order of ``rows``, and where their
    spikes are in arrays in which they begin at ``start``."""
    first = start[rows]
    lengths = start[rows + 1] - first
    begin = np.concatenate([[0], np.cumsum(lengths)])
    return begin, np.repeat(first - begin[:-1], lengths) + np.arange(begin[-1])
