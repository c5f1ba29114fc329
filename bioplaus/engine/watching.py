"""Arrays whose content a preparation depends on: whether somebody may have written to them.

Delays and the indices of synapses decide how spikes are queued.  There may be ten millions of
them, too many to be compared at every entry of ``run()``.  Everybody gets at them through Brian2's
dynamic arrays, which hand out views of their memory; a view that was handed out since the last
look, or that somebody still holds, may have been used to write.
"""

from __future__ import annotations

import sys
from typing import Any

from brian2.core.variables import ArrayVariable
from brian2.memory.dynamicarray import DynamicArray1D

from .indices import IndexArray

__all__ = ["WatchedArray", "watched"]


class WatchedArray(DynamicArray1D):
    """A dynamic array that knows whether its memory has been handed out.

    lent : whether it has been since this was last set to False.
    """

    lent = True
    _own: Any = None

    @property
    def data(self) -> Any:
        """A view of the present elements, which may be written to."""
        self.lent = True
        return self._data[: self.shape[0]]

    @data.setter
    def data(self, view: Any) -> None:
        self.lent, self._own = True, None

    @property
    def own(self) -> Any:
        """A view for compiled code, of which it is known whether it writes; always the same one."""
        if self._own is None:
            self._own = self._data[: self.shape[0]]
        return self._own

    @property
    def references(self) -> int:
        """How often the memory is referred to."""
        assert self.own is not None
        return sys.getrefcount(self._data)

    @property
    def written(self) -> bool:
        """Whether somebody may have written to it since `lent` was last set to False."""
        return self.lent or self.references > _ALONE


_ALONE = WatchedArray(1).references
"""References to memory that nobody else holds."""


def watched(variable: ArrayVariable) -> WatchedArray | None:
    """The array of a variable, watched from now on; None for indices that are not kept at all."""
    array: Any = variable.device.arrays[variable]
    if isinstance(array, IndexArray):
        array = array._own
        if array is None:
            return None
    if type(array) is DynamicArray1D:
        vars(array).pop("data")
        array.__class__ = WatchedArray
    assert isinstance(array, WatchedArray)
    return array
