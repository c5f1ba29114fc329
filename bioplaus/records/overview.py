"""What a recording looks like from afar, written with it, so that long runs open at once.

``overview/spikes/<population>`` holds ``total`` (spikes of all cells in 64 stretches of equal
length), ``starts`` (the time of every ``step``-th spike) and, where there are many spikes, counts
of each cell (up to 255) in ``64`` and ``2048`` stretches.
``overview/traces/<population>/<variable>`` holds ``starts`` (the time of every 64-th sample) and
the ``low`` and ``high`` of each cell in blocks of ``64`` and ``4096`` samples.  Attributes give
first and last time, count, and whether times ascend.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLOCK",
    "Between",
    "Counts",
    "Extent",
    "cells_in_a_row",
    "extent_of",
    "measure",
    "read_blocks",
    "read_extent",
    "write_overview",
]

BLOCK = 64
"""Samples of a trace in the smallest block, and stretches of the coarsest counts."""

_STEP = 4096
_LEVELS = {64: 10_000, 2048: 100_000}
"""Stretches, and from how many spikes on they are counted for each cell."""
_BLOCKS = (BLOCK, 4096)
_LEAST_BLOCKS = 64
_MOST_ROWS = 2048


Between = tuple[float, float]
"""A stretch of time, [s]."""


@dataclass(frozen=True)
class Counts:
    """Spikes of a stretch, counted: counts (rows, stretches), each row ``together`` cells."""

    between: Between
    counts: NDArray[np.uint8]
    together: int


@dataclass(frozen=True)
class Extent:
    """Where in time a series of one file lies.

    first, last : [s]; count : its times; cells : the largest cell and one; starts : the time of
    every ``step``-th entry [s]; total : (64,) spikes in equal stretches from first to last (empty
    for traces); levels : what it was counted in, finest last.
    """

    first: float
    last: float
    count: int
    cells: int
    ascending: bool
    step: int
    starts: NDArray[np.float64]
    total: NDArray[np.int64]
    levels: tuple[int, ...] = ()

    def part(self, between: tuple[float, float]) -> slice:
        """Entries that hold all of a stretch of time, and few others; all where times go back."""
        if not self.ascending:
            return slice(0, self.count)
        first = max(int(np.searchsorted(self.starts, between[0], "left")) - 1, 0)
        last = int(np.searchsorted(self.starts, between[1], "right"))
        return slice(first * self.step, min(last * self.step, self.count))


def extent_of(
    t: NDArray[np.float64], i: NDArray[np.integer] | None = None, cells: int = 0
) -> Extent:
    """The extent of spikes (with their cells ``i``), or of a trace of so many cells."""
    step = BLOCK if i is None else _STEP
    if not len(t):
        nothing = np.empty(0)
        return Extent(0.0, 0.0, 0, 0, True, step, nothing, np.zeros(BLOCK, np.int64))
    ascending = bool((t[1:] >= t[:-1]).all())
    first, last = (t[0], t[-1]) if ascending else (t.min(), t.max())
    total = np.empty(0, np.int64)
    if i is not None:
        total = (
            np.diff(_cuts(t, first, last, BLOCK))
            if ascending
            else np.bincount(_stretch(t, first, last, BLOCK), minlength=BLOCK)
        )
        cells = int(i.max()) + 1
    return Extent(
        float(first), float(last), len(t), cells, ascending, step, np.array(t[::step], float), total
    )


def measure(group: Any) -> Extent:
    """The extent of a series that was written without an overview."""
    if "i" in group:
        return extent_of(group["t"][:], group["i"][:])
    return extent_of(group["t"][:], cells=len(group["cells"]))


def write_overview(
    file: Any,
    spikes: Mapping[str, tuple[NDArray[np.float64], NDArray[np.integer]]],
    traces: Mapping[tuple[str, str], tuple[NDArray[np.float64], NDArray[np.floating]]],
) -> None:
    """Add overviews to an open HDF5 file.

    spikes[population] : t, i; traces[population, variable] : t, value (cells, times).
    """
    for population, (t, i) in spikes.items():
        extent = extent_of(t, i)
        group = file.create_group(f"overview/spikes/{population}")
        _write_extent(group, extent)
        for stretches, least in _LEVELS.items():
            if extent.count >= least:
                _keep(group, str(stretches), _counts(t, i, extent, stretches))
    for (population, variable), (t, value) in traces.items():
        group = file.create_group(f"overview/traces/{population}/{variable}")
        _write_extent(group, extent_of(t, cells=len(value)))
        for block in _BLOCKS:
            if len(t) >= block * _LEAST_BLOCKS:
                edges = np.arange(0, len(t), block)
                for name, extreme in (("low", np.fmin), ("high", np.fmax)):
                    _keep(group, f"{block}/{name}", extreme.reduceat(value, edges, axis=1))


def _counts(t: Any, i: Any, extent: Extent, stretches: int) -> NDArray[np.uint8]:
    """(rows, stretches)."""
    together = cells_in_a_row(extent.cells)
    rows = -(-extent.cells // together)
    row = np.asarray(i) // together if together > 1 else np.asarray(i)
    if extent.ascending:
        parts = itertools.pairwise(_cuts(t, extent.first, extent.last, stretches))
        shown = [_up_to_255(np.bincount(row[a:b], minlength=rows)) for a, b in parts]
        return np.ascontiguousarray(np.array(shown).T)
    place = row.astype(np.int64) * stretches
    place += _stretch(t, extent.first, extent.last, stretches)
    return _up_to_255(np.bincount(place, minlength=rows * stretches)).reshape(rows, stretches)


def _up_to_255(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    return np.minimum(counts, 255).astype(np.uint8)


def cells_in_a_row(cells: int) -> int:
    """How many cells share a row of counts: 1 up to 2048 cells, then 2, 4, 8 ..."""
    together = 1
    while cells > _MOST_ROWS * together:
        together *= 2
    return together


def _length(first: float, last: float, stretches: int) -> float:
    return (last - first) / stretches or 1.0  # spikes that are all at once are in the first


def _cuts(t: Any, first: float, last: float, stretches: int) -> NDArray[np.int64]:
    """Where each stretch begins among times that ascend, and the end; to look is all it takes."""
    begins = first + _length(first, last, stretches) * np.arange(1, stretches)
    return np.array([0, *np.searchsorted(t, begins), len(t)])


def _stretch(t: Any, first: float, last: float, stretches: int) -> NDArray[np.int64]:
    length = _length(first, last, stretches)
    return np.minimum(((t - first) / length).astype(np.int64), stretches - 1)


def _write_extent(group: Any, extent: Extent) -> None:
    for name in ("first", "last", "count", "cells", "ascending", "step"):
        group.attrs[name] = getattr(extent, name)
    _keep(group, "starts", extent.starts)
    _keep(group, "total", extent.total)


def _keep(group: Any, name: str, values: Any) -> None:
    # Without time stamps equal recordings are equal files.
    packed = {"compression": "gzip", "compression_opts": 1} if values.size > 256 else {}
    group.create_dataset(name, data=values, track_times=False, **packed)


def read_extent(group: Any) -> Extent:
    """What :func:`write_overview` wrote of one series."""
    attributes = group.attrs
    return Extent(
        first=float(attributes["first"]),
        last=float(attributes["last"]),
        count=int(attributes["count"]),
        cells=int(attributes["cells"]),
        ascending=bool(attributes["ascending"]),
        step=int(attributes["step"]),
        starts=group["starts"][:],
        total=group["total"][:],
        levels=tuple(sorted(int(name) for name in group if name.isdigit())),
    )


def read_blocks(
    group: Any, extent: Extent, block: int, cut: slice, rows: slice
) -> tuple[NDArray[np.float64], NDArray[np.floating]]:
    """Least and largest of blocks of a trace: one at the start of each and one at its middle."""
    starts = extent.starts[:: block // extent.step][cut]
    middles = (starts + np.append(starts[1:], extent.last)) / 2
    ends = [group[f"{block}/{name}"][rows, cut] for name in ("low", "high")]
    values = np.stack(ends, axis=2)
    return np.stack([starts, middles], axis=1).ravel(), values.reshape(len(values), -1)
