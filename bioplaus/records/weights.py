"""Weights in small: enough to see them change, far less than to store them all."""

from __future__ import annotations

from dataclasses import dataclass

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
    longer than 128; shape : of the matrix itself.
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    image: NDArray[np.float32]
    shape: tuple[int, ...]
    unit: str


def summarise(weights: NDArray[np.floating], unit: str) -> WeightRecord:
    """Histogram and image of a projection.

    weights : (pre, post), or (synapses,) where not all pairs are connected; then the image is one
    row.
    """
    matrix = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    counts, edges = np.histogram(matrix, bins=_BINS)
    image = matrix
    for axis in (0, 1):
        if image.shape[axis] > _LARGEST_SIDE:
            starts = np.linspace(0, image.shape[axis], _LARGEST_SIDE, endpoint=False).astype(int)
            sizes = np.diff(np.append(starts, image.shape[axis]))
            total = np.add.reduceat(image, starts, axis=axis)
            image = total / (sizes[:, None] if axis == 0 else sizes)
    return WeightRecord(counts, edges, image.astype(np.float32), matrix.shape, unit)
