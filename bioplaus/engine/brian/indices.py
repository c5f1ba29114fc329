"""Index arrays that are made when something asks for them.

Brian2 keeps two index arrays of 32 bits beside the weights.  Where every neuron is connected to
every other, or to every other but itself, they say no more than the sizes of the two groups, and
compiled sweeps do not read them.  Where synapses stand in the order of their sources, those say no
more than how many each source has.
"""

from __future__ import annotations

import ast
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2.memory.dynamicarray import DynamicArray1D
from brian2.synapses.synapses import MAX_SYNAPSES

from ..program.shape import Shape
from .watching import WatchedArray

__all__ = ["IndexArray", "Rows", "connect_densely", "dense_shape", "tells_apart"]


@dataclass(frozen=True)
class Rows:
    """Synapses in the order of their sources.

    first_source : the first of the sources; start : (sources + 1,) int32, where the synapses of
    each begin, and the number of all.
    """

    first_source: int
    start: Any

    def __len__(self) -> int:
        """Number of synapses."""
        return int(self.start[-1])

    def sources(self) -> Any:
        """The index of the source of every synapse, int32."""
        last = self.first_source + len(self.start) - 1
        return np.repeat(np.arange(self.first_source, last, dtype=np.int32), np.diff(self.start))


class IndexArray:
    """Takes the place of the dynamic array of one index of a projection.

    of_sources : whether it holds the sources, as it does of rows.  ``data`` lives until the next
    run or as long as somebody holds it, and cannot be written to: nobody would know.
    """

    dtype = np.dtype(np.int32)

    def __init__(self, projection: Shape | Rows, of_sources: bool) -> None:
        self.projection, self.of_sources = projection, of_sources
        self._lent: Any = None
        self._held: Any = None
        self._kept: WatchedArray | None = None

    @property
    def data(self) -> Any:
        """The indices, (number of synapses,) int32."""
        if self._kept is not None:
            return self._kept.data
        self._held = self.own  # who asks once will ask again
        return self._held

    @property
    def own(self) -> Any:
        """The indices for compiled code, which holds them while it needs them."""
        if self._kept is not None:
            return self._kept.own
        lent = self._lent() if self._lent is not None else None
        if lent is None:
            projection: Any = self.projection
            lent = projection.sources() if self.of_sources else projection.targets()
            lent.flags.writeable = False
            self._lent = weakref.ref(lent)
        return lent

    @property
    def shape(self) -> tuple[int]:
        """Number of synapses."""
        return (len(self),)

    def __len__(self) -> int:
        return len(self._kept if self._kept is not None else self.projection)

    def __getitem__(self, item: Any) -> Any:
        return self.data[item]

    def __setitem__(self, item: Any, value: Any) -> None:
        if not np.array_equal(self.data[item], value):
            self._keep()[item] = value

    def _keep(self) -> WatchedArray:
        """Become an ordinary array: the projection is no longer what it was."""
        if self._kept is None:
            own = WatchedArray(DynamicArray1D(len(self), dtype=self.dtype))
            own[:] = self.data
            self._kept = own
            self.let_go()
        return self._kept

    def let_go(self) -> None:
        """Hold the indices no more."""
        self._held = None

    @property
    def kept(self) -> WatchedArray | None:
        """The ordinary array that it has become."""
        return self._kept

    @property
    def is_kept(self) -> bool:
        """Whether it has become one."""
        return self._kept is not None

    def resize(self, size: int) -> None:
        """Make room for more synapses."""
        if size != len(self):
            self._keep().resize(size)

    def get_capsule(self) -> Any:
        """The C++ object that newer versions of Brian2 give to code of the target `cython`."""
        return self._keep().get_capsule()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_lent": None, "_held": None}


def dense_shape(synapses: Any, i: Any, j: Any, condition: Any, p: Any, n: Any) -> Shape | None:
    """The shape that a call of ``connect`` asks for where there is no synapse yet, if it is dense.

    That is each pair once, or each but those of equal indices.
    """
    once = isinstance(p, (int, float)) and p == 1 and isinstance(n, int) and n == 1
    if not once or i is not None or j is not None or len(synapses):
        return None
    if synapses.multisynaptic_index is not None:
        return None
    unconditional = condition is None or condition is True or str(condition) == "True"
    if not unconditional and not tells_apart(condition):
        return None
    rows, columns, source, target = (
        int(np.asarray(synapses.variables[name].get_value()).item())
        for name in ("N_pre", "N_post", "_source_offset", "_target_offset")
    )
    shape = Shape(rows, columns, source, target, None if unconditional else 0)
    return shape if 0 < len(shape) <= MAX_SYNAPSES else None


def tells_apart(condition: Any) -> bool:
    """Whether a condition says ``i != j``."""
    try:
        tree = ast.parse(str(condition).strip(), mode="eval")
    except SyntaxError:
        return False
    return ast.unparse(tree) in ("i != j", "j != i")


def connect_densely(synapses: Any, shape: Shape, arrays: Any) -> None:
    """Make the synapses of a shape; ``arrays`` : the device's arrays by variable."""
    variables, number = synapses.variables, len(shape)
    synapses._connect_called = True
    arrays[variables["_synaptic_pre"]] = IndexArray(shape, of_sources=True)
    arrays[variables["_synaptic_post"]] = IndexArray(shape, of_sources=False)
    variables["_synaptic_pre"].resize(number)
    variables["_synaptic_post"].resize(number)
    synapses._resize(number)
    own_row, own_column = np.divmod(shape.missing, shape.columns)
    for name, first, count, each, own in (
        ("N_outgoing", shape.first_source, shape.rows, shape.columns, own_row),
        ("N_incoming", shape.first_target, shape.columns, shape.rows, own_column),
    ):
        variables[name].resize(first + count)
        connected = variables[name].get_value()[first:]
        connected += each
        connected[own] -= 1
