"""Arrays whose content a preparation depends on: whether somebody may have written to them.

Delays and the indices of synapses decide how spikes are queued.  There may be ten millions of
them, too many to be compared at every entry of ``run()``.  Everybody gets at them through Brian2's
dynamic arrays, which hand out views of their memory; a view that was handed out since the last
look, or that somebody still holds, may have been used to write.
"""

from __future__ import annotations

import sys
from typing import Any

from brian2.memory.dynamicarray import DynamicArray1D

__all__ = ["WatchedArray", "watch"]


class WatchedArray:
    """Stands for a dynamic array of Brian2, and knows whether its memory has been handed out.

    lent : whether it has been since this was last set to False.
    """

    def __init__(self, array: Any) -> None:
        self._array, self.lent = array, True
        self._memory: Any = None
        self._own: Any = None

    @property
    def data(self) -> Any:
        """A view of the present elements, which may be written to."""
        self.lent = True
        return self.own[:]

    @property
    def own(self) -> Any:
        """A view for compiled code, of which it is known whether it writes; always the same one."""
        view = self._array.data
        memory = view if view.base is None else view.base
        if memory is not self._memory or len(view) != len(self._own):
            self._move(view, memory)
        return self._own

    def _move(self, view: Any, memory: Any) -> None:
        """Take over the view if it is of other elements: that of a C++ object is new every time."""
        if self._own is None or _place(view) != _place(self._own):
            # All views that come from here refer to the one array that stands for the memory.
            self._memory, self.lent = memory, self.lent or self._own is not None
            self._own = self._memory[: len(view)]

    @property
    def references(self) -> int:
        """How often the memory is referred to."""
        assert self.own is not None
        return sys.getrefcount(self._memory)

    @property
    def written(self) -> bool:
        """Whether somebody may have written to it since `lent` was last set to False."""
        return self.references > _ALONE or self.lent

    @property
    def dtype(self) -> Any:
        """Type of the elements."""
        return self._array.dtype

    @property
    def shape(self) -> tuple[int]:
        """Number of elements."""
        return (len(self),)

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, item: Any) -> Any:
        return self.data[item]

    def __setitem__(self, item: Any, value: Any) -> None:
        self.data[item] = value

    def __getattr__(self, name: str) -> Any:
        """What else is asked of it (another size, the memory for C++) may change the elements."""
        if name.startswith("_"):
            raise AttributeError(name)
        self.lent = True
        return getattr(self._array, name)

    def __getstate__(self) -> dict[str, Any]:
        return {"_array": self._array, "lent": True, "_memory": None, "_own": None}


def _place(view: Any) -> tuple[int, int]:
    """Address and number of elements of a view; nothing has no address."""
    return view.__array_interface__["data"][0] if len(view) else 0, len(view)


_LOOKED_AT = ("_synaptic_pre", "_synaptic_post", "delay")
"""Ends of names; newer versions of Brian2 put that of the pathway before `delay`."""
_ALONE = WatchedArray(DynamicArray1D(1)).references
"""References to memory that nobody else holds."""


def watch(arrays: Any, variable: Any) -> None:
    """Watch the array of a variable from now on if preparations depend on it.

    arrays : the device's arrays by variable.
    """
    if getattr(variable, "ndim", None) == 1 and variable.name.endswith(_LOOKED_AT):
        arrays[variable] = WatchedArray(arrays[variable])
