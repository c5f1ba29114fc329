"""The shape of a dense projection: all pairs, or all but one diagonal of them.

In a projection without self-connections the synapses of a source are two contiguous parts of a
row, before and after the column that is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from brian2.core.variables import ArrayVariable

__all__ = ["Shape", "forget_shape", "shape_of"]


@dataclass(frozen=True)
class Shape:
    """Rows are sources, columns are targets; both are contiguous parts of their groups.

    gap : row r has no synapse in column ``r + gap``, where there is such a column; None if every
    source meets every target.
    """

    rows: int
    columns: int
    first_source: int
    first_target: int
    gap: int | None = None

    def __len__(self) -> int:
        """Number of synapses."""
        return int(self.rows * self.columns - self._cut[-1] + self._cut[0])

    @property
    def lost(self) -> int:
        """Columns before the gap of the first row."""
        return int(self._cut[0])

    @property
    def _cut(self) -> Any:
        """Columns before the gap of every row, and of one row more; (rows + 1,)."""
        if self.gap is None:
            return np.zeros(self.rows + 1, dtype=np.int64)
        return np.clip(np.arange(self.rows + 1) + self.gap, 0, self.columns)

    @property
    def missing(self) -> Any:
        """Where the missing synapses would stand if the rows were complete, ascending."""
        gaps = np.arange(self.rows)[np.diff(self._cut) > 0]
        return gaps * (self.columns + 1) + (self.gap or 0)

    def sources(self) -> Any:
        """The index of the source of every synapse, int32."""
        ascending = np.arange(self.first_source, self.first_source + self.rows, dtype=np.int32)
        return np.repeat(ascending, self.columns - np.diff(self._cut))

    def targets(self) -> Any:
        """The index of the target of every synapse, int32."""
        ascending = np.arange(self.first_target, self.first_target + self.columns, dtype=np.int32)
        full = np.tile(ascending, self.rows)
        return full if self.gap is None else np.delete(full, self.missing)


# Keyed by the variable of the source indices: Brian2 hands out its groups as weak proxies.
_known: WeakKeyDictionary[ArrayVariable, tuple[int, Shape | None]] = WeakKeyDictionary()


def shape_of(synapses: Any) -> Shape | None:
    """The shape of a dense projection, None for any other."""
    key, number = synapses.variables["_synaptic_pre"], len(synapses)
    if key not in _known or _known[key][0] != number:
        targets = synapses.variables["_synaptic_post"].get_value()
        _known[key] = number, _find_shape(key.get_value(), targets)
    return _known[key][1]


def forget_shape(synapses: Any) -> None:
    """Look again the next time: the indices may be others."""
    _known.pop(synapses.variables["_synaptic_pre"], None)


def _find_shape(sources: Any, targets: Any) -> Shape | None:
    number = len(targets)
    if number == 0:
        return None
    first_source, first_target = int(sources[0]), int(targets.min())
    rows = int(sources[-1]) - first_source + 1
    columns = int(targets.max()) - first_target + 1
    missing = rows * columns - number
    gap = None
    if missing:
        if not 0 < missing <= min(rows, columns):
            return None
        in_order = np.arange(number) % columns == targets - first_target
        first_missing = number if in_order.all() else int(in_order.argmin())
        gap = first_missing % columns - first_missing // columns
    shape = Shape(rows, columns, first_source, first_target, gap)
    if rows < 1 or len(shape) != number:
        return None
    same = np.array_equal(targets, shape.targets()) and np.array_equal(sources, shape.sources())
    return shape if same else None
