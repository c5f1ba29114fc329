"""What is known of the synapses of a projection when its network is prepared.

Delays and the indices of synapses decide in what form spikes are queued and whether code goes along
rows.  When they may have been changed the queues are filled anew, as Brian2 does before every run;
only another form is another program.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence, Set
from operator import attrgetter
from typing import Any

import numpy as np
from brian2.synapses.synapses import Synapses, SynapticPathway

from ..brian.indices import IndexArray, Rows
from ..brian.queue import EventQueue, form_of
from ..brian.watching import WatchedArray
from ..program.shape import forget_shape, shape_of

__all__ = ["AllConnections", "Connections"]


class Connections:
    """The synapses of a projection, its pathways that are active, and what code takes for granted.

    swept : whether code goes along rows; written : the variables that compiled code writes to.

    queues : those of the engine; always : delays and indices that compiled code writes to; watched,
    made : the arrays of the others, and the indices that are not kept.
    """

    def __init__(
        self,
        synapses: Synapses,
        pathways: Sequence[SynapticPathway],
        swept: bool,
        written: Set[Any],
    ) -> None:
        self._synapses = weakref.ref(synapses)
        self._pathways = [weakref.ref(pathway) for pathway in pathways]
        queues = [pathway.queue for pathway in pathways]
        self.queues = [queue for queue in queues if isinstance(queue, EventQueue)]
        self._forms = [form_of(queue) for queue in queues]
        self._indices = [synapses.variables[name] for name in ("_synaptic_pre", "_synaptic_post")]
        self._delays = [pathway._delays for pathway in pathways]
        self.always = {
            variable for variable in (*self._indices, *self._delays) if variable in written
        }
        self._shape = shape_of(synapses) if swept else None
        self._look()

    def take_over(self, step: bool) -> bool:
        """Fill the queues anew where that may be needed; whether code is still the right one.

        step : whether the time step of the network is another one.
        """
        moved = any(self._written(variable) for variable in self._indices)
        same, looked_at = True, step or moved
        if moved:
            synapses = self._synapses()
            forget_shape(synapses)
            same = self._shape is None or shape_of(synapses) == self._shape
        for known, delays, form in zip(self._pathways, self._delays, self._forms):
            pathway: Any = known()
            if step or moved or self._written(delays) or getattr(pathway.queue, "restored", False):
                pathway.initialise_queue()
                same, looked_at = same and form_of(pathway.queue) == form, True
        if looked_at:
            self._look()
        else:
            self._let_go()
        return same

    def _written(self, variable: Any) -> bool:
        array = self._arrays[variable]
        if array is None:
            array = _watched(variable)  # indices that had not been kept until now
        return variable in self.always or (array is not None and array.written)

    def _look(self) -> None:
        """Take what has been written until now for known, and keep no more of it than is needed."""
        for known, delays in zip(self._pathways, self._delays):
            self._keep_little(known(), delays)
        self._arrays = {v: _watched(v) for v in (*self._indices, *self._delays)}
        self.watched = [array for array in self._arrays.values() if array is not None]
        self.made = [v.device.arrays[v] for v, array in self._arrays.items() if array is None]
        for array in self.watched:
            array.lent = False
        self._let_go()

    def _let_go(self) -> None:
        for index in self.made:
            index.let_go()

    def _keep_little(self, pathway: Any, delays: Any) -> None:
        """Keep one number for delays that are alike, and of sources in order how many each has."""
        arrays, queue = delays.device.arrays, pathway.queue
        if delays not in self.always:
            arrays[delays].gather()
        index = pathway.synapse_sources
        array = _watched(index)
        if isinstance(queue, EventQueue) and array is not None and array.alone:
            rows = Rows(int(queue.first_source[0]), queue.row_start)
            if queue.rows_in_order and np.array_equal(rows.sources(), array.own):
                arrays[index] = IndexArray(rows, of_sources=True)


class AllConnections:
    """The connections of all projections of a network."""

    def __init__(self, connections: Iterable[Connections]) -> None:
        self._all = list(connections)
        self._look()

    def _look(self) -> None:
        self._always = any(one.always for one in self._all)
        self._watched = [array for one in self._all for array in one.watched]
        self._made = [index for one in self._all for index in one.made]
        self._queues = [queue for one in self._all for queue in one.queues]

    def take_over(self, step: bool) -> bool:
        """`Connections.take_over` of all of them, until code is not the right one any more."""
        if not step and self._untouched():
            for index in self._made:
                index.let_go()
            return True
        same = all(one.take_over(step) for one in self._all)
        self._look()
        return same

    def _untouched(self) -> bool:
        """Whether nobody has had a chance to write to anything: found out in fewer steps."""
        return not (
            self._always
            or any(map(attrgetter("written"), self._watched))
            or any(map(attrgetter("is_kept"), self._made))
            or any(map(attrgetter("restored"), self._queues))
        )


def _watched(variable: Any) -> WatchedArray | None:
    """The array of delays or of indices; None for indices that are not kept at all."""
    array = variable.device.arrays[variable]
    found: WatchedArray | None = array.kept if isinstance(array, IndexArray) else array
    return found
