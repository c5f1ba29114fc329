"""The Yin-Yang task: points in the plane, three classes, not separable without hidden neurons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["yin_yang_class", "yin_yang_points"]

RADIUS = 0.5
DOT = 0.1


def yin_yang_class(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Class of points inside the circle of radius 0.5 around (0.5, 0.5): 0 yin, 1 yang, 2 dot.

    Yin is the upper half, with the bulge on the left and without that on the right, less the dots;
    the dots are the two circles of radius 0.1 in the middle of the bulges (Kriener, Göltz and
    Petrovici 2022).
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    to_right = np.hypot(x - 1.5 * RADIUS, y - RADIUS)
    to_left = np.hypot(x - 0.5 * RADIUS, y - RADIUS)
    dot = (to_right < DOT) | (to_left < DOT)
    yin = (to_left <= 0.5 * RADIUS) | ((y > RADIUS) & (to_right > 0.5 * RADIUS))
    return np.where(dot, 2, np.where(yin, 0, 1))


def yin_yang_points(
    count: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Draw points, the three classes as equal in number as can be.

    Returns
    -------
    points : (count, 4)
        x, y, 1 - x, 1 - y in 0 .. 1.
    labels : (count,)
        0 yin, 1 yang, 2 dot.
    """
    points, labels = np.empty((count, 4)), np.arange(count) % 3
    rng.shuffle(labels)
    for each in range(3):
        wanted = np.flatnonzero(labels == each)
        found = np.empty((0, 2))
        while len(found) < len(wanted):
            xy = rng.uniform(0, 1, (8 * len(wanted), 2))
            inside = np.hypot(xy[:, 0] - RADIUS, xy[:, 1] - RADIUS) <= RADIUS
            found = np.concatenate([found, xy[inside & (yin_yang_class(*xy.T) == each)]])
        points[wanted] = np.concatenate([found, 1 - found], axis=1)[: len(wanted)]
    return points, labels.astype(np.int64)
