"""How well two runs of one script agree: in bits, to rounding, in law, or not at all."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Data = Mapping[str, NDArray[np.float64]]

ROUNDING = 1e-6
"""Largest deviation, in units of an array's largest value, that counts as rounding.

Far above one rounding error (1e-16), because a simulation amplifies it, and far below a missed or
shifted spike.
"""
UNLIKELY = 8.6
"""Student's t with four degrees of freedom exceeds this with probability 0.001 (two-sided)."""
ALLOWED_SHARE = 0.05
"""Share of summary numbers that may be unlikely: they are few, correlated, and not all normal."""


def deviation(reference: Data, other: Data) -> float:
    """The largest relative deviation over all arrays; inf when names, shapes or nans differ."""
    if reference.keys() != other.keys():
        return float("inf")
    return max((_deviation(reference[name], other[name]) for name in reference), default=0.0)


def same_bits(one: Data, two: Data) -> bool:
    """Whether names, shapes and every bit agree."""
    return one.keys() == two.keys() and all(
        one[k].shape == two[k].shape and one[k].tobytes() == two[k].tobytes() for k in one
    )


def unlikely_share(reference: list[Data], other: list[Data]) -> float:
    """Share of summary numbers whose means over seeds differ beyond what seeds explain.

    ``reference`` and ``other`` hold one data set per seed, three each. The summary numbers of an
    array are its size, mean and standard deviation; two samples of three are compared by
    Student's t with a pooled variance.
    """
    names = set.intersection(*(set(data) for data in [*reference, *other]))
    tests = [
        _student(
            np.array([_summary(d[k]) for d in reference]), np.array([_summary(d[k]) for d in other])
        )
        for k in sorted(names)
    ]
    values = np.concatenate(tests) if tests else np.empty(0)
    return float(np.mean(values > UNLIKELY)) if values.size else 0.0


def _deviation(reference: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if reference.shape != other.shape or np.any(np.isfinite(reference) != np.isfinite(other)):
        return float("inf")
    finite = np.isfinite(reference)
    if not finite.any():
        return 0.0
    scale = np.max(np.abs(reference[finite])) or 1.0
    return float(np.max(np.abs(reference[finite] - other[finite])) / scale)


def _summaries(runs: list[Data], name: str) -> NDArray[np.float64]:
    return np.array([_summary(data[name]) for data in runs])


def _summary(values: NDArray[np.float64]) -> tuple[float, float, float]:
    finite = values[np.isfinite(values)]
    return (finite.size, finite.mean(), finite.std()) if finite.size else (0.0, 0.0, 0.0)


def _student(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """|t| of each column; 0 where both are constant and equal to rounding."""
    difference = np.abs(one.mean(axis=0) - two.mean(axis=0))
    error = np.sqrt((one.var(axis=0, ddof=1) + two.var(axis=0, ddof=1)) / len(one))
    negligible = difference <= ROUNDING * np.maximum(np.abs(one).max(axis=0), 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(negligible, 0.0, difference / error)
