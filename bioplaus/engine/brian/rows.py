"""Synapses by their sources: compiled passes over their indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program.passes import Pass

__all__ = ["by_source"]

Array = np.ndarray[Any, np.dtype[Any]]

_BIN = "_nb_at(min(max(sources[_nb_at(k)] - told[0] + 1, 0), told[1] + 1))"

_COUNT = Pass(
    f"""
last = sources[0] if len(sources) > 0 else 0
for k in range(len(sources)):
    counts[{_BIN}] += 1
    if sources[_nb_at(k)] < last:
        told[2] = 0
    last = sources[_nb_at(k)]
""",
    sources=np.int32,
    told=np.int64,
    counts=np.int64,
)
"""How many synapses each source has; the third of ``told`` stays 1 if the sources are in order."""

_SORT = Pass(
    f"""
for k in range(len(sources)):
    place = following[{_BIN}]
    following[{_BIN}] = place + 1
    rows[_nb_at(place)] = k
""",
    sources=np.int32,
    told=np.int64,
    following=np.int64,
    rows=np.int32,
)
"""The synapses by their sources."""


def by_source(sources: Array, first: int, number: int) -> tuple[Array, bool, Array]:
    """The synapses of each of ``number`` sources, from ``first`` on, in ascending order.

    sources : (n_synapses,) int32.  Returns where the synapses of each source begin and where the
    last ones end, (number + 1,) int32; whether synapses stand in the order of their sources; and,
    if they do not, all synapses in that order, (n_synapses,) int32, else none.
    """
    told = np.array([first, number, 1], dtype=np.int64)
    # Before and after the sources there is one bin for all that are not asked for.
    counts = np.zeros(number + 2, dtype=np.int64)
    _COUNT(sources=sources, told=told, counts=counts)
    starts = np.cumsum(counts) - counts
    row_start, in_order = starts[1:].astype(np.int32), bool(told[2])
    rows = np.zeros(0, dtype=np.int32)
    if not in_order:
        rows = np.zeros(len(sources), dtype=np.int32)
        _SORT(sources=sources, told=told, following=starts, rows=rows)
    return row_start, in_order, rows
