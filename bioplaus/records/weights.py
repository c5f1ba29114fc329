"""Weights in small: enough to see them change, far less than to store them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["WeightRecord", "summarise"]

_BINS = 100
_LARGEST_SIDE = 128


@dataclass(frozen=True)
class WeightRecord:
    """The weights of one projection at one time.

    counts : (bins,), edges : (bins + 1,) in ``unit``, a histogram of all of them;
    image : (rows, columns) in ``unit``, means over blocks of the matrix (pre, post), with no side
    longer than 128, not a number where no pair of a block is connected; shape : (pre, post).
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    image: NDArray[np.float32]
    shape: tuple[int, ...]
    unit: str


def summarise(weights: Any, unit: str) -> WeightRecord:
    """Histogram and image of a projection.

    weights : (pre, post), a sparse array of SciPy where not all pairs are connected; biases
    (post,) are one row.
    """
    if hasattr(weights, "tocoo"):
        pairs = weights.tocoo()
        counts, edges = np.histogram(pairs.data, bins=_BINS)
        image = _mean_of_pairs(np.asarray(pairs.data, np.float64), pairs.coords, pairs.shape)
        return WeightRecord(counts, edges, image.astype(np.float32), pairs.shape, unit)
    matrix = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    counts, edges = np.histogram(matrix, bins=_BINS)
    image = matrix
    for axis in (0, 1):
        if image.shape[axis] > _LARGEST_SIDE:
            starts = _starts(image.shape[axis])
            sizes = np.diff(np.append(starts, image.shape[axis]))
            total = np.add.reduceat(image, starts, axis=axis)
            image = total / (sizes[:, None] if axis == 0 else sizes)
    return WeightRecord(counts, edges, image.astype(np.float32), matrix.shape, unit)


def _mean_of_pairs(values: NDArray[np.float64], pairs: Any, shape: Any) -> NDArray[np.float64]:
    """Mean weight of the connected pairs of each block."""
    starts = [_starts(n) for n in shape]
    row, column = (np.searchsorted(s, at, "right") - 1 for s, at in zip(starts, pairs))
    place = row * len(starts[1]) + column
    size = len(starts[0]) * len(starts[1])
    number = np.bincount(place, minlength=size)
    total = np.bincount(place, weights=values, minlength=size)
    mean = np.full(size, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean.reshape(len(starts[0]), len(starts[1]))


def _starts(size: int) -> NDArray[np.int64]:
    """Where the blocks of a side begin."""
    return np.linspace(0, size, min(size, _LARGEST_SIDE), endpoint=False).astype(np.int64)
