"""Millions of points as one image: only what the screen can show leaves the server."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["raster_image", "thin_out"]

_INK = (0x00, 0x72, 0xB2)
_FAINTEST = 90


def raster_image(
    t: NDArray[np.float64],
    i: NDArray[np.int64],
    window: tuple[float, float],
    cells: tuple[float, float],
    size: tuple[int, int],
) -> NDArray[np.uint32]:
    """Spikes inside a window as pixels; the more spikes in a pixel, the less transparent.

    Parameters
    ----------
    t
        (spikes,) [s], ascending.
    i
        (spikes,) neurons.
    window, cells
        Ranges of time [s] and of neurons that the image covers.
    size
        Most columns and rows; with fewer neurons in view, a row is a neuron.

    Returns
    -------
    (rows, columns) RGBA, first row at the bottom.
    """
    (left, right), (bottom, top) = window, cells
    columns, rows = size[0], max(1, min(size[1], round(top - bottom)))
    first, last = np.searchsorted(t, [left, right])
    x = ((t[first:last] - left) * (columns / (right - left))).astype(np.int64)
    y = np.floor((i[first:last] - bottom) * (rows / (top - bottom))).astype(np.int64)
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    counts = np.bincount(y[inside] * columns + x[inside], minlength=rows * columns)
    image = np.zeros((rows * columns, 4), dtype=np.uint8)
    image[:, :3] = _INK
    if counts.any():
        strength = np.log1p(counts) / np.log1p(counts.max())
        image[:, 3] = np.where(counts > 0, _FAINTEST + (255 - _FAINTEST) * strength, 0)
    return image.view(np.uint32).reshape(rows, columns)


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
