"""What a screen can show of millions of points: spikes in a window, counts in its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["in_window", "pixel_counts", "thin_out"]

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
    inside = (i >= cells[0]) & (i <= cells[1])
    return (t, i) if inside.all() else (t[inside], i[inside])


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
    (left, right), (bottom, top) = window, cells
    columns, rows = size[0], max(1, min(size[1], round(top - bottom)))
    x = ((t - left) * (columns / (right - left))).astype(np.int64)
    y = ((i - bottom) * (rows / (top - bottom))).astype(np.int64)
    np.minimum(x, columns - 1, out=x)
    np.minimum(y, rows - 1, out=y)
    counts = np.bincount(y * columns + x, minlength=rows * columns)
    return np.minimum(counts, 255).astype(np.uint8).reshape(rows, columns)


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
