"""How well a network runs on its own: point by point, by its orbit, and by its map of maxima.

Closed loop, a small error says little; open loop, phases drift on limit cycles and trajectories
part on attractors, so that orbit and map are the fairer measures there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "identity_r_squared",
    "maxima",
    "normalised_error",
    "orbit_distance",
    "period_of",
    "return_map_error",
    "wing_switches",
]

Array = NDArray[np.floating[Any]]


def normalised_error(output: Array, target: Array) -> float:
    """Mean squared error over the target's variance, both (steps, dimensions)."""
    return float(np.mean((output - target) ** 2) / np.mean(np.var(target, axis=0)))


def identity_r_squared(values: Array, reference: Array) -> float:
    """Share of the reference's variance that ``values = reference`` explains; may be negative."""
    residual = np.sum((values - reference) ** 2)
    return float(1.0 - residual / np.sum((reference - np.mean(reference)) ** 2))


def orbit_distance(output: Array, target: Array) -> float:
    """Mean distance of the output to the nearest point of the target, over the target's rms radius.

    Both (steps, dimensions); when a point is reached does not matter.
    """
    from scipy.spatial import cKDTree

    distance, _ = cKDTree(target).query(output)
    return float(np.mean(distance) / np.sqrt(np.mean(np.sum(target**2, axis=1))))


def period_of(signal: Array, dt: float = 0.001) -> float:
    """Mean time [s] between upward zero crossings of a signal (steps,); nan if it has none."""
    crossings = np.flatnonzero((signal[:-1] < 0) & (signal[1:] >= 0))
    return float(np.mean(np.diff(crossings)) * dt) if len(crossings) > 1 else float("nan")


def maxima(signal: Array, width: float = 20.0) -> Array:
    """Successive local maxima of a signal (steps,) smoothed by a Gaussian of that many steps."""
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(np.asarray(signal, dtype=float), width)
    inner = smooth[1:-1]
    return np.asarray(inner[(inner > smooth[:-2]) & (inner >= smooth[2:])])


def return_map_error(peaks: Array, reference: Array) -> float:
    """Mean distance of the map of successive maxima from the reference's, over its range.

    peaks, reference : (maxima,) in order.  The map ``next(peak)`` of the reference is interpolated;
    the top tenth of the peaks, where the map is steepest, is left out.  nan with fewer than 3.
    """
    if len(peaks) < 3 or len(reference) < 3:
        return float("nan")
    order = np.argsort(reference[:-1])
    known, following = reference[:-1][order], reference[1:][order]
    now, after = peaks[:-1], peaks[1:]
    kept = now <= np.quantile(now, 0.9)
    expected = np.interp(now[kept], known, following)
    return float(np.mean(np.abs(after[kept] - expected)) / np.ptp(reference))


def wing_switches(signal: Array, threshold: float = 2.0) -> int:
    """How often a signal (steps,) goes from above ``threshold`` to below minus it, or back."""
    side = np.where(signal > threshold, 1, np.where(signal < -threshold, -1, 0))
    side = side[side != 0]
    return int(np.count_nonzero(np.diff(side)))
