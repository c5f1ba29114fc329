"""Choosing a cell by what it does, and the order in which cells are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.records import Presentations

__all__ = ["ORDERS", "PICKS", "ranked"]


def ranked(key: NDArray[np.floating]) -> NDArray[np.int64]:
    """(cells,) the row of each cell when they are sorted by a key, equal ones by number."""
    rank = np.empty(len(key), np.int64)
    rank[np.argsort(key, kind="stable")] = np.arange(len(key))
    return rank


def by_rate(t: Any, i: Any, cells: int, shown: Presentations | None) -> NDArray[np.float64]:
    """The most active first."""
    return -np.bincount(i, minlength=cells).astype(float)


def by_label(t: Any, i: Any, cells: int, shown: Presentations | None) -> NDArray[np.float64]:
    """The label at which each cell fires fastest; those that fire at none last."""
    if shown is None or not (shown.label >= 0).any() or not len(t):
        return np.arange(cells, dtype=float)
    number = np.searchsorted(shown.start, t, "right") - 1
    counted = (shown.label >= 0) & (shown.recorded == 1)
    known = (number >= 0) & (t <= shown.stop[number]) & counted[number]
    labels = int(shown.label.max()) + 1
    place = i[known] * labels + shown.label[number[known]]
    counts = np.bincount(place, minlength=cells * labels).reshape(cells, labels)
    seen = counted & (shown.stop >= t[0]) & (shown.start <= t[-1])
    times = np.bincount(shown.label[seen], (shown.stop - shown.start)[seen], labels)
    rates = counts / np.maximum(times, 1e-9)
    return np.where(counts.any(axis=1), rates.argmax(axis=1), labels).astype(float)


ORDERS: dict[str, Callable[..., Any] | None] = {
    "cell number": None,
    "rate in view": by_rate,
    "label that it fires for": by_label,
}

PICKS: dict[str, Callable[[Any, list[int]], int]] = {
    "most active in view": lambda counts, recorded: int(counts.argmax()),
    "nearest to the mean": lambda counts, _: int(np.abs(counts - counts.mean()).argmin()),
    "first with traces": lambda counts, recorded: [*recorded, int(counts.argmax())][0],
}
"""From spikes of each cell (cells,) and the cells with recorded variables to a cell."""
