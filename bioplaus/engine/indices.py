"""All-to-all projections whose index arrays are made when something asks for them.

Brian2 keeps two index arrays of 32 bits beside the weights.  Where every neuron is connected to
every other, they say no more than the sizes of the two groups, and compiled sweeps do not read
them.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
from brian2.memory.dynamicarray import DynamicArray1D
from brian2.synapses.synapses import MAX_SYNAPSES

__all__ = ["IndexArray", "connect_all", "is_all_to_all"]


class IndexArray:
    """Takes the place of the dynamic array of one index of a full projection.

    rows, columns : number of sources and targets; first : index of the first source or target;
    of_rows : whether it holds the sources.  ``data`` lives for as long as somebody holds it.
    """

    dtype = np.dtype(np.int32)

    def __init__(self, rows: int, columns: int, first: int, of_rows: bool) -> None:
        self.rows, self.columns, self.first, self.of_rows = rows, columns, first, of_rows
        self._lent: Any = None
        self._own: Any = None

    @property
    def data(self) -> Any:
        """The indices, (rows * columns,) int32."""
        if self._own is not None:
            return self._own.data
        lent = self._lent() if self._lent is not None else None
        if lent is None:
            count = self.rows if self.of_rows else self.columns
            ascending = np.arange(self.first, self.first + count, dtype=self.dtype)
            repeat = np.repeat if self.of_rows else np.tile
            lent = repeat(ascending, self.columns if self.of_rows else self.rows)
            self._lent = weakref.ref(lent)
        return lent

    @property
    def shape(self) -> tuple[int]:
        """Number of synapses."""
        return (len(self),)

    def __len__(self) -> int:
        return len(self._own) if self._own is not None else self.rows * self.columns

    def __getitem__(self, item: Any) -> Any:
        return self.data[item]

    def __setitem__(self, item: Any, value: Any) -> None:
        if not np.array_equal(self.data[item], value):
            self._keep()[item] = value

    def _keep(self) -> Any:
        """Become an ordinary array: the projection is no longer what it was."""
        if self._own is None:
            own = DynamicArray1D(len(self), dtype=self.dtype)
            own[:] = self.data
            self._own = own
        return self._own

    def resize(self, size: int) -> None:
        """Make room for more synapses."""
        if size != len(self):
            self._keep().resize(size)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_lent": None}


def is_all_to_all(synapses: Any, i: Any, j: Any, condition: Any, p: Any, n: Any) -> bool:
    """Whether a call of ``connect`` asks for each pair once, where there is no synapse yet."""
    unconditional = condition is None or condition is True or str(condition) == "True"
    everyone = i is None and j is None and unconditional
    once = isinstance(p, (int, float)) and p == 1 and isinstance(n, int) and n == 1
    if not (everyone and once) or synapses.multisynaptic_index is not None or len(synapses):
        return False
    number = int(synapses.variables["N_pre"].item()) * int(synapses.variables["N_post"].item())
    return 0 < number <= MAX_SYNAPSES


def connect_all(synapses: Any, arrays: Any) -> None:
    """Connect each pair of neurons; ``arrays`` : the device's arrays by variable."""
    variables = synapses.variables
    rows, columns = int(variables["N_pre"].item()), int(variables["N_post"].item())
    source, target = (int(variables[f"_{end}_offset"].get_value()) for end in ("source", "target"))
    synapses._connect_called = True
    arrays[variables["_synaptic_pre"]] = IndexArray(rows, columns, source, of_rows=True)
    arrays[variables["_synaptic_post"]] = IndexArray(rows, columns, target, of_rows=False)
    variables["_synaptic_pre"].resize(rows * columns)
    variables["_synaptic_post"].resize(rows * columns)
    synapses._resize(rows * columns)
    variables["N_outgoing"].resize(source + rows)
    variables["N_incoming"].resize(target + columns)
    variables["N_outgoing"].get_value()[source:] += columns
    variables["N_incoming"].get_value()[target:] += rows
