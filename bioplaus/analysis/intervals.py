"""Interspike intervals and their variability."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["cv", "intervals", "local_variation"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def intervals(t: npt.ArrayLike, i: npt.ArrayLike) -> tuple[Floats, Integers]:
    """Interspike intervals of all neurons.

    Parameters
    ----------
    t, i
        (spike,) times [s] and neurons, in any order.

    Returns
    -------
    interval : (interval,) [s], neuron by neuron in the order of time.
    neuron : (interval,) whose interval it is.

    Raises
    ------
    ValueError
        When ``t`` and ``i`` differ in length.
    """
    times, cells = np.asarray(t, dtype=np.float64), np.asarray(i, dtype=np.int64)
    if times.shape != cells.shape:
        raise ValueError(f"{times.size} spike times but {cells.size} neuron numbers")
    order = np.lexsort((times, cells))
    times, cells = times[order], cells[order]
    same = cells[1:] == cells[:-1]
    return np.diff(times)[same], cells[1:][same]


def cv(t: npt.ArrayLike, i: npt.ArrayLike, neurons: int) -> Floats:
    """Coefficient of variation of each neuron's interspike intervals.

    0 for a clock, 1 for a Poisson process.

    Returns
    -------
    (neuron,), not a number for a neuron with fewer than two intervals.
    """
    interval, cell = intervals(t, i)
    count = np.bincount(cell, minlength=neurons)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(cell, weights=interval, minlength=neurons) / count
        squares = (interval - mean[cell]) ** 2
        variance = np.bincount(cell, weights=squares, minlength=neurons) / count
        ratio = np.sqrt(variance) / mean
    return np.where(count >= 2, ratio, np.nan)


def local_variation(t: npt.ArrayLike, i: npt.ArrayLike, neurons: int) -> Floats:
    """Local variation of each neuron's intervals (Shinomoto et al. 2003, equation 2.2).

    ``LV = 3 < ((T_k - T_k+1) / (T_k + T_k+1))^2 >`` over neighbouring intervals: 0 for a clock,
    1 for a Poisson process, and blind to slow changes of rate.

    Returns
    -------
    (neuron,), not a number for a neuron with fewer than two intervals.
    """
    interval, cell = intervals(t, i)
    same = cell[1:] == cell[:-1]
    first, second, of = interval[:-1][same], interval[1:][same], cell[1:][same]
    contrast = 3 * ((first - second) / (first + second)) ** 2
    count = np.bincount(of, minlength=neurons)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(of, weights=contrast, minlength=neurons) / count
    return np.where(count >= 1, mean, np.nan)
