"""Small nets in double precision, batches for them, and numerical slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bioplaus.analysis import alignment_angle
from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.network import Layered
from bioplaus.models.error_paths.rows import ROWS

SIZES = (5, 8, 6, 3)


def net(
    sizes: Any = SIZES, seed: int = 1, units: str = "tanh", output: str = "logistic"
) -> Layered:
    return Layered(sizes, np.random.default_rng(seed), units, output, np.float64)


def taught(path: ErrorPath | str, on: Layered | None = None, rate: float = 0.1) -> Taught:
    path = ROWS[path] if isinstance(path, str) else path
    return Taught(on or net(), path, np.random.default_rng(7), rate)


def batch(sizes: Any = SIZES, n: int = 7, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)]
    return rng.uniform(-1, 1, (n, sizes[0])), targets


def errors(t: Taught, x: np.ndarray, d: np.ndarray) -> list[np.ndarray]:
    return t.path.carrier.errors(t.way, t.net.up(x), d)


def slope(f: Callable[[], float], at: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """Central differences of ``f`` in every entry of ``at``."""
    found = np.zeros_like(at)
    for index in np.ndindex(*at.shape):
        kept = at[index]
        at[index] = kept + h
        above = f()
        at[index] = kept - h
        found[index] = (above - f()) / (2 * h)
        at[index] = kept
    return found


def angle(a: Any, b: Any) -> float:
    return float(alignment_angle(a, b))


def largest(a: Any, b: Any) -> float:
    return max(float(np.abs(x - y).max()) for x, y in zip(a, b))
