"""How much a population fires."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["population_rate", "silent_and_saturated", "spike_counts", "spike_rates"]


def spike_counts(
    t: npt.ArrayLike, i: npt.ArrayLike, neurons: int, start: float, stop: float
) -> npt.NDArray[np.int64]:
    """Spikes of each neuron in ``start <= t < stop`` [s]; (neuron,).

    Raises
    ------
    ValueError
        When the window is empty.
    """
    if not stop > start:
        raise ValueError(f"the window {start} s .. {stop} s is empty")
    times, cells = np.asarray(t, dtype=np.float64), np.asarray(i, dtype=np.int64)
    return np.bincount(cells[(times >= start) & (times < stop)], minlength=neurons)


def spike_rates(
    t: npt.ArrayLike, i: npt.ArrayLike, neurons: int, start: float, stop: float
) -> npt.NDArray[np.float64]:
    """Mean rate of each neuron in ``start <= t < stop`` [s]; (neuron,) [Hz]."""
    return spike_counts(t, i, neurons, start, stop) / (stop - start)


def population_rate(
    t: npt.ArrayLike, neurons: int, start: float, stop: float, bin_width: float = 10e-3
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rate per neuron of a whole population over time.

    Parameters
    ----------
    t
        (spike,) times of all its spikes [s].
    bin_width
        [s]; the window is cut into as many whole bins as fit.

    Returns
    -------
    centre : (bin,) [s].
    rate : (bin,) [Hz].

    Raises
    ------
    ValueError
        When no bin fits into the window.
    """
    bins = int((stop - start) / bin_width * (1 + 1e-12))
    if bins < 1:
        raise ValueError(f"no bin of {bin_width} s fits into {start} s .. {stop} s")
    edges = start + bin_width * np.arange(bins + 1, dtype=np.float64)
    counts, _ = np.histogram(np.asarray(t, dtype=np.float64), edges)
    centres: npt.NDArray[np.float64] = edges[:-1] + bin_width / 2
    return centres, counts / (bin_width * neurons)


def silent_and_saturated(
    counts: npt.ArrayLike, duration: float, refractory: float, share: float = 0.9
) -> tuple[float, float]:
    """Fractions of a population that say nothing: silent cells, and cells at their ceiling.

    Parameters
    ----------
    counts
        (neuron,) spikes within ``duration`` [s].
    refractory
        Absolute refractory period [s]; it sets the ceiling ``duration / refractory``.
    share
        Part of the ceiling from which a cell counts as saturated.
    """
    spikes = np.asarray(counts, dtype=np.float64)
    ceiling = duration / refractory if refractory > 0 else np.inf
    return float(np.mean(spikes == 0)), float(np.mean(spikes >= share * ceiling))
