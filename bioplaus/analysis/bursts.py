"""Bursts: groups of spikes at short intervals, and how likely an event is to be one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Bursts", "burst_probability", "find_bursts"]


@dataclass(frozen=True, eq=False)
class Bursts:
    """Events of a population: bursts, and single spikes as events of one spike.

    All arrays are (event,), neuron by neuron in the order of time.
    """

    neuron: npt.NDArray[np.int64]
    start: npt.NDArray[np.float64]
    """Time of the first spike [s]."""
    end: npt.NDArray[np.float64]
    """Time of the last spike [s]."""
    spikes: npt.NDArray[np.int64]
    """Spikes in the event; two or more make it a burst."""

    @property
    def is_burst(self) -> npt.NDArray[np.bool_]:
        """(event,) whether the event is a burst."""
        return self.spikes >= 2


def find_bursts(t: npt.ArrayLike, i: npt.ArrayLike, longest_interval: float = 16e-3) -> Bursts:
    """Group spikes into events.

    Spikes of a neuron belong to one event while their intervals are shorter than
    ``longest_interval``; 16 ms is the criterion of Payeur et al. (2021).

    Parameters
    ----------
    t, i
        (spike,) times [s] and neurons, in any order.
    longest_interval
        [s], positive.

    Raises
    ------
    ValueError
        When ``t`` and ``i`` differ in length, or the interval is not positive.
    """
    times, cells = np.asarray(t, dtype=np.float64), np.asarray(i, dtype=np.int64)
    if times.shape != cells.shape:
        raise ValueError(f"{times.size} spike times but {cells.size} neuron numbers")
    if not longest_interval > 0:
        raise ValueError(f"longest_interval = {longest_interval} s; it must be positive")
    order = np.lexsort((times, cells))
    times, cells = times[order], cells[order]
    begins = np.ones(len(times), dtype=bool)
    # Spike times are multiples of a time step; a rounding error must not join two of them.
    shortest_gap = longest_interval * (1 - 1e-6)
    begins[1:] = (np.diff(times) >= shortest_gap) | (np.diff(cells) != 0)
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(times))[: len(first)] - 1
    return Bursts(neuron=cells[first], start=times[first], end=times[last], spikes=last - first + 1)


def burst_probability(events: Bursts, neurons: int) -> npt.NDArray[np.float64]:
    """Fraction of each neuron's events that are bursts (Payeur et al. 2021).

    Returns
    -------
    (neuron,), not a number for a silent neuron.
    """
    all_events = np.bincount(events.neuron, minlength=neurons)
    bursts = np.bincount(events.neuron[events.is_burst], minlength=neurons)
    with np.errstate(invalid="ignore"):
        return np.asarray(bursts / all_events)
