"""State of synapses that is visited together, as one record for each synapse while a run lasts.

Brian2 has an array for every variable.  Who visits the synapses of a target, which stand anywhere
among those of the sources, waits for one cache line of each array; of a record it is one in all.
Compiled code reaches a field as ``field[stride * synapse]``, which is the variable's own array with
stride 1, or the memory of the records from the field on: the same code does both.  Outside of
compiled code the arrays hold the numbers.  To copy them costs as much as a few visits, so that
records are made where the run still lasts for many times that.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from .kernel import ArrayArgument, ValueArgument

__all__ = ["Records"]

_SECONDS = 4e-9
"""What it takes to copy a number into a record and out of it again."""

_WORTHWHILE = 4
"""Records are made where the run still lasts so many times as long as it takes to copy."""

_LINE = 64
"""Bytes that a processor fetches at once."""

_PART = 1 << 12
"""Synapses that are copied together."""


class Records:
    """The variables of some synapses, apart or as records.

    arrays : of equal length and type; fields : the same for compiled code, which reaches number k
    at ``stride * k``.
    """

    def __init__(self, arrays: Sequence[ArrayArgument]) -> None:
        self.arrays = arrays
        #: (synapses, fields and what makes them a power of two), while they are records.
        self._table: Any = None
        #: Memory of the last records, for fresh memory costs more than to copy.
        self._kept: Any = None
        self._waited = 0.0
        self.fields = [
            ArrayArgument((id(self), number), partial(self._field, number))
            for number in range(len(arrays))
        ]
        self.stride = ValueArgument(
            lambda: 1 if self._table is None else self._table.shape[1],
            object_of=partial(getattr, self, "_table"),
        )

    def _field(self, number: int) -> Any:
        if self._table is None:
            return self.arrays[number].fetch()
        return self._table.reshape(-1)[number:]

    @property
    def gathered(self) -> bool:
        """Whether they are records now."""
        return self._table is not None

    def is_worthwhile(self, seconds: float, left: float) -> bool:
        """Whether to gather them, after compiled code has run for some time since the last call.

        left : how long the run still lasts [s], both of this process's own time.  Python may have
        a turn before that: they are gathered when they have been apart for as long as it takes.
        """
        cost = _SECONDS * len(self.arrays) * self.arrays[0].fetch().size
        self._waited += seconds
        return self._table is None and self._waited > cost and left > _WORTHWHILE * cost

    def gather(self) -> None:
        """Make records of the arrays."""
        own = [argument.fetch() for argument in self.arrays]
        width = 1 << (len(own) - 1).bit_length()
        if self._kept is None or len(self._kept) != own[0].size:
            self._kept = _aligned(own[0].size, width, own[0].dtype)
        self._table = self._kept
        for part, (number, array) in itertools.product(_parts(own[0].size), enumerate(own)):
            self._table[part, number] = array[part]

    def scatter(self) -> bool:
        """Have the numbers in the arrays again; whether they were records."""
        table, self._table, self._waited = self._table, None, 0.0
        if table is None:
            return False
        own = [argument.fetch() for argument in self.arrays]
        for part, (number, array) in itertools.product(_parts(len(table)), enumerate(own)):
            array[part] = table[part, number]
        return True


def _aligned(rows: int, columns: int, dtype: Any) -> Any:
    """Memory that begins with a cache line."""
    size = rows * columns * np.dtype(dtype).itemsize
    memory = np.empty(size + _LINE, dtype=np.uint8)
    first = -memory.__array_interface__["data"][0] % _LINE
    return memory[first : first + size].view(dtype).reshape(rows, columns)


def _parts(number: int) -> list[slice]:
    return [slice(first, first + _PART) for first in range(0, number, _PART)]
