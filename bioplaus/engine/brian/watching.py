"""Arrays whose content a preparation depends on: whether somebody may have written to them.

Delays and the indices of synapses decide how spikes are queued.  There may be ten millions of
them, too many to be compared at every entry of ``run()``.  Everybody gets at them through Brian2's
dynamic arrays, which hand out views of their memory; a view that was handed out since the last
look, or that somebody still holds, may have been used to write.

Delays that are all alike, as the zeros that a projection begins with, are kept as one number until
somebody asks for their memory.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from brian2.memory.dynamicarray import DynamicArray1D

__all__ = ["WatchedArray", "watch"]


class WatchedArray:
    """Stands for a dynamic array of Brian2, and knows whether its memory has been handed out.

    lent : whether it has been since this was last set to False; dtype : type of the elements, for
    which the newest dynamic arrays of Brian2 have no name.
    """

    def __init__(self, array: Any) -> None:
        self._array, self.lent = array, True
        self.dtype = array.data.dtype
        #: How many elements there are and what they are, where no memory is kept for them.
        self._alike: tuple[int, Any] | None = None
        #: Whether somebody has asked for more of the dynamic array than views of its memory.
        self._fixed = False
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
        self._spread()
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

    def gather(self) -> None:
        """Keep one number if all elements are alike, to the bit, and nobody else has the memory."""
        if self._alike is not None or self._fixed or not self.alone:
            return
        bits = self._own.view(f"u{self._own.itemsize}")
        if all(np.all(bits[k : k + _LOOK] == bits[0]) for k in range(0, len(bits), _LOOK)):
            self._alike = len(bits), (self._own[0] if len(bits) else np.zeros(1, self.dtype)[0])
            self._array = DynamicArray1D(0, dtype=self.dtype)
            self._memory = self._own = None

    def _spread(self) -> None:
        """Have memory again for elements that are alike."""
        if self._alike is not None:
            number, value = self._alike
            self._array, self._alike = DynamicArray1D(number, dtype=self.dtype), None
            if not _is_zero(value):  # fresh memory is zero, and not there before it is written to
                self._array.data[:] = value

    def resize(self, size: int) -> None:
        """Have another number of elements; new ones are zero."""
        self.lent = True
        if self._alike is not None and (size <= self._alike[0] or _is_zero(self._alike[1])):
            self._alike = size, self._alike[1]
        else:
            self._spread()
            self._array.resize(size)

    @property
    def references(self) -> int:
        """How often the memory is referred to."""
        assert self.own is not None
        return sys.getrefcount(self._memory)

    @property
    def alone(self) -> bool:
        """Whether nobody else holds the memory."""
        return self._alike is not None or self.references <= _ALONE

    @property
    def written(self) -> bool:
        """Whether somebody may have written to it since `lent` was last set to False."""
        if self.lent or self._fixed or self._memory is None:
            return not self.alone or self.lent
        # What nobody has had in hands has not moved: there is no need to look for its place.
        return sys.getrefcount(self._memory) > _ALONE

    @property
    def shape(self) -> tuple[int]:
        """Number of elements."""
        return (len(self),)

    def __len__(self) -> int:
        return len(self._array) if self._alike is None else self._alike[0]

    def __getitem__(self, item: Any) -> Any:
        return self.data[item]

    def __setitem__(self, item: Any, value: Any) -> None:
        self.data[item] = value

    def __getattr__(self, name: str) -> Any:
        """What else is asked of it (the memory for C++) may change the elements."""
        if name.startswith("_"):
            raise AttributeError(name)
        self._spread()
        self.lent = self._fixed = True
        return getattr(self._array, name)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "lent": True, "_memory": None, "_own": None}


def _place(view: Any) -> tuple[int, int]:
    """Address and number of elements of a view; nothing has no address."""
    return view.__array_interface__["data"][0] if len(view) else 0, len(view)


def _is_zero(value: Any) -> bool:
    """Whether all bits are zero."""
    return not any(value.tobytes())


_LOOK = 1 << 16
"""Elements that are compared together."""
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
        if variable.name.endswith("delay"):
            arrays[variable].gather()
