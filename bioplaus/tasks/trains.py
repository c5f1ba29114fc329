"""Spikes of many samples, one sample after the other in three arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["SpikeTrains", "StepTrains"]


class SpikeTrains(NamedTuple):
    """Spikes of many samples, each in the order of time.

    start : (samples + 1,) where each sample begins; t : [s] from its onset; i : cells.
    """

    start: npt.NDArray[np.int64]
    t: npt.NDArray[np.float64]
    i: npt.NDArray[np.int64]

    def select(self, rows: npt.NDArray[np.int64]) -> SpikeTrains:
        """Some of the samples, in this order."""
        return SpikeTrains(*_select(self, rows))


class StepTrains(NamedTuple):
    """Spikes of many samples, each in the order of time.

    start : (samples + 1,) where each sample begins; step : of the clock, from 0; i : cells.
    """

    start: npt.NDArray[np.int64]
    step: npt.NDArray[np.int16]
    i: npt.NDArray[np.int16]

    def select(self, rows: npt.NDArray[np.int64]) -> StepTrains:
        """Some of the samples, in this order."""
        return StepTrains(*_select(self, rows))


def _select(
    trains: SpikeTrains | StepTrains, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[Any], ...]:
    first = trains.start[rows]
    lengths = trains.start[rows + 1] - first
    start = np.concatenate([[0], np.cumsum(lengths)])
    where = np.repeat(first - start[:-1], lengths) + np.arange(start[-1])
    return (start, *(of_spikes[where] for of_spikes in trains[1:]))
