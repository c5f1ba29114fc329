"""The Yin-Yang task: points in the plane, three classes, not separable without hidden neurons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["published_yin_yang", "yin_yang_class", "yin_yang_points"]

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


def published_yin_yang(
    count: int, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """The published sets from their recipe: 5,000, 1,000 and 1,000 with seeds 42, 41 and 40.

    A class is drawn, then points until one has it (Kriener, Göltz and Petrovici 2022, released
    code).  Returns points as :func:`yin_yang_points` does, and labels 0 yang, 1 yin, 2 dot.
    """
    rng = np.random.RandomState(seed)
    points, labels = np.empty((count, 4)), np.empty(count, np.int64)
    for k in range(count):
        wanted = rng.randint(3)
        found = -1
        while found != wanted:
            x, y = rng.rand(2)
            if np.hypot(x - RADIUS, y - RADIUS) <= RADIUS:
                found = (1, 0, 2)[int(yin_yang_class(x, y))]
        points[k], labels[k] = (x, y, 1 - x, 1 - y), wanted
    return points, labels
