"""What a screen can show of millions of points: spikes in a window, counts in its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bioplaus.records.overview import Counts

__all__ = ["fold", "in_window", "nearest", "pixel_counts", "thin_out"]

Range = tuple[float, float]


def in_window(
    t: NDArray[np.float64], i: NDArray[np.int64], window: Range, cells: Range
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The spikes inside ranges of time and of cells, ends included.

    Parameters
    ----------
    t
        (spikes,) [s], ascending.
    i
        (spikes,) cells.
    """
    first = np.searchsorted(t, window[0], side="left")
    last = np.searchsorted(t, window[1], side="right")
    t, i = t[first:last], i[first:last]
    if not len(i) or (i.min() >= cells[0] and i.max() <= cells[1]):
        return t, i
    inside = (i >= cells[0]) & (i <= cells[1])
    return t[inside], i[inside]


def pixel_counts(
    t: NDArray[np.float64],
    i: NDArray[np.int64],
    window: Range,
    cells: Range,
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """How many of the spikes of a window fall into each pixel, up to 255.

    Each spike falls into exactly one pixel, so that none is lost, as long as ``size`` is that of
    the frame that shows the image: one row or column more, and nearest neighbours drop some.

    Parameters
    ----------
    t, i
        (spikes,) [s] and (spikes,) cells, all inside the ranges.
    window, cells
        Ranges of time [s] and of cells that the image covers.
    size
        Columns and most rows; with fewer cells in view, a row is a cell.

    Returns
    -------
    (rows, columns), first row at the bottom.
    """
    rows = _rows(cells, size)
    counts = np.bincount(_places(t, i, window, cells, (size[0], rows)), minlength=rows * size[0])
    return np.minimum(counts, 255).astype(np.uint8).reshape(rows, size[0])


def fold(counted: Counts, window: Range, cells: Range, size: tuple[int, int]) -> NDArray[np.int64]:
    """Counts of stretches as counts of pixels, each in the pixel of the middle of its stretch.

    Returns
    -------
    (rows, columns), first row at the bottom; what lies outside of the ranges is left out.
    """
    rows = _rows(cells, size)
    row, stretch = np.nonzero(counted.counts)
    first, last = counted.between
    t = first + (stretch + 0.5) * ((last - first) / counted.counts.shape[1])
    i = row * counted.together + (counted.together - 1) / 2
    inside = (t >= window[0]) & (t <= window[1]) & (i >= cells[0]) & (i <= cells[1])
    place = _places(t[inside], i[inside], window, cells, (size[0], rows))
    weights = counted.counts[row, stretch][inside]
    found = np.bincount(place, weights=weights, minlength=rows * size[0])
    return found.astype(np.int64).reshape(rows, size[0])


def nearest(t: NDArray[np.float64], i: NDArray[np.int64], at: Range, reach: Range) -> int | None:
    """The spike nearest to a point, at most ``reach`` away in time [s] and in cells; its place."""
    distance = ((t - at[0]) / reach[0]) ** 2 + ((i - at[1]) / reach[1]) ** 2
    if not len(distance) or distance.min() > 2:
        return None
    return int(distance.argmin())


def _rows(cells: Range, size: tuple[int, int]) -> int:
    return max(1, min(size[1], round(cells[1] - cells[0])))


def _places(
    t: NDArray[np.float64],
    i: NDArray[np.floating] | NDArray[np.integer],
    window: Range,
    cells: Range,
    size: tuple[int, int],
) -> NDArray[np.int64]:
    """The pixel of each point inside the ranges, counted row by row."""
    (left, right), (bottom, top) = window, cells
    x = ((t - left) * (size[0] / (right - left))).astype(np.int64)
    y = ((i - bottom) * (size[1] / (top - bottom))).astype(np.int64)
    return np.minimum(y, size[1] - 1) * size[0] + np.minimum(x, size[0] - 1)


def thin_out(
    t: NDArray[np.float64], values: NDArray[np.float64], window: tuple[float, float], points: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lines inside a window with their peaks kept: the least and the largest of each stretch.

    Parameters
    ----------
    t
        (times,) ascending.
    values
        (cells, times).
    points
        About how many points a line may have.

    Returns
    -------
    t : (shown,), values : (cells, shown).
    """
    first, last = np.searchsorted(t, window)
    first, last = max(first - 1, 0), min(last + 1, len(t))
    t, values = t[first:last], values[:, first:last]
    stretch = len(t) * 2 // points
    if stretch < 2:
        return t, values
    whole = len(t) // stretch * stretch
    blocks = values[:, :whole].reshape(len(values), -1, stretch)
    ends = np.stack([blocks.min(axis=2), blocks.max(axis=2)], axis=2)
    times = t[:whole].reshape(-1, stretch)[:, [0, stretch // 2]]
    return times.ravel(), ends.reshape(len(values), -1)
