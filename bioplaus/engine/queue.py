"""Spikes under way: a queue of events that compiled code and Python code share.

Brian2's own queue is a C++ object that compiled loops cannot reach.  This one keeps flat arrays and
has the same interface (``prepare``, ``push``, ``peek``, ``advance``) and the same stored state, so
that pathways run on any target with it and stored files stay exchangeable.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["EventQueue"]

Array = np.ndarray[Any, np.dtype[Any]]
State = tuple[int, list[list[int]]]


class EventQueue:
    """Events between the neurons ``first_source`` to ``last_source - 1`` and their synapses.

    ``delivery`` says how events are kept between ``push`` and ``peek``:

    - ``"direct"``: no delay and nothing pending, so events are delivered in the step of the spike
      and nothing is stored;
    - ``"equal"``: one delay for all, ``events[slot, :]`` lists *sources* whose spikes are due;
    - ``"mixed"``: ``events[slot, :]`` lists *synapses* in the order in which they were pushed.

    In all three the synapses of one step are visited in the order of Brian2's queue: by time of
    push, then source, then synapse.
    """

    def __init__(self, source_start: int, source_end: int) -> None:
        self.first_source = np.array([source_start], dtype=np.int64)
        self.sources = np.array([source_end - source_start], dtype=np.int64)
        self.delivery = "direct"
        self.rows_in_order = True
        self.dt: float | None = None
        #: Whether `prepare` must be called before compiled code uses it.
        self.restored = False
        self.delays = np.zeros(1, dtype=np.int32)
        self.row_start = np.zeros(source_end - source_start + 1, dtype=np.int32)
        self.rows = np.zeros(0, dtype=np.int32)
        self.offset = np.zeros(1, dtype=np.int64)
        self.counts = np.zeros(1, dtype=np.int64)
        self.events = np.zeros((1, 0), dtype=np.int32)
        self.capacity = np.zeros(1, dtype=np.int64)
        self.wanted = np.zeros(1, dtype=np.int64)
        self._fired = np.zeros(0, dtype=np.int32)
        self._state_tuple = (source_start, source_end, np.int32)

    def prepare(self, real_delays: Array, dt: float, sources: Array) -> None:
        """Take over delays [s] and the source index of every synapse before a run.

        real_delays : (1,) or (n_synapses,), dt : [s], sources : (n_synapses,) absolute indices.
        """
        pending = self._pending()
        if self.dt is not None and self.dt != dt:
            pending = _rescaled(pending, self.dt / dt)
        self.dt = dt
        self._sort_rows(sources)
        delays = (np.asarray(real_delays, dtype=np.float64) / dt + 0.5).astype(np.int32)
        longest = int(delays.max()) if delays.size else 0
        equal = delays.size == 0 or int(delays.min()) == longest
        slots = max(longest + 1, len(pending))
        pending += [np.zeros(0, dtype=np.int32)] * (slots - len(pending))
        if equal:
            self.delays = np.array([longest], dtype=np.int32)
        else:
            self.delays = delays if self.rows_in_order else delays[self.rows]
        as_sources = self._as_sources(pending) if equal else None
        if equal and longest == 0 and not any(len(slot) for slot in pending):
            self.delivery = "direct"
        elif as_sources is not None:
            self.delivery, pending = "equal", as_sources
        else:
            self.delivery = "mixed"
            if equal:
                self.delays = np.full(max(1, len(sources)), longest, dtype=np.int32)
        self._fill(pending)
        self.restored = False

    def _sort_rows(self, sources: Array) -> None:
        relative = np.asarray(sources) - self.first_source[0]
        self.rows_in_order = bool(np.all(relative[1:] >= relative[:-1]))
        if self.rows_in_order:
            self.rows = np.zeros(0, dtype=np.int32)
        else:
            # A stable sort keeps the synapses of one source in ascending order.
            self.rows = np.argsort(relative, kind="stable").astype(np.int32)
            relative = relative[self.rows]
        bounds = np.arange(self.sources[0] + 1)
        self.row_start = np.searchsorted(relative, bounds).astype(np.int32)

    def _row(self, source: int) -> Array:
        start, stop = self.row_start[source], self.row_start[source + 1]
        if self.rows_in_order:
            return np.arange(start, stop, dtype=np.int32)
        return self.rows[start:stop]

    def _as_sources(self, pending: list[Array]) -> list[Array] | None:
        """The same events as whole rows, or None when some row is not complete."""
        if not any(len(synapses) for synapses in pending):
            return pending
        owner = np.repeat(np.arange(self.sources[0], dtype=np.int32), np.diff(self.row_start))
        if not self.rows_in_order:
            owner = owner[np.argsort(self.rows)]
        slots = []
        for synapses in pending:
            if len(synapses) and int(synapses.max()) >= len(owner):
                return None
            sources = owner[synapses]
            new = np.ones(len(sources), dtype=bool)
            new[1:] = sources[1:] != sources[:-1]
            rows = [self._row(source) for source in sources[new]]
            if not np.array_equal(np.concatenate([synapses[:0], *rows]), synapses):
                return None
            slots.append(sources[new])
        return slots

    def _fill(self, slots: list[Array]) -> None:
        """Lay the events out in the arrays; slot 0 is due next."""
        room = max([int(self.sources[0]), *(len(slot) for slot in slots)])
        if self.delivery == "direct":
            room = 0
        if self.events.shape[0] != len(slots) or self.events.shape[1] < room:
            self.events = np.zeros((len(slots), room), dtype=np.int32)
            self.counts = np.zeros(len(slots), dtype=np.int64)
        self.offset[0] = 0
        self.capacity[0] = self.events.shape[1]
        for position, slot in enumerate(slots):
            self.events[position, : len(slot)] = slot
            self.counts[position] = len(slot)

    def get_capsule(self) -> None:
        """There is no C++ object behind this queue (newer Brian2 passes one to Cython code)."""

    def grow(self) -> None:
        """Make room for the number of events that compiled code asked for."""
        room = 2 * int(self.wanted[0])
        events = np.zeros((len(self.counts), room), dtype=np.int32)
        events[:, : self.events.shape[1]] = self.events
        self.events = events
        self.capacity[0] = room

    def push(self, fired: Array) -> None:
        """Queue the events of the neurons in ``fired`` (ascending absolute indices)."""
        sources = fired - self.first_source[0]
        sources = sources[(sources >= 0) & (sources < self.sources[0])].astype(np.int32)
        if self.delivery == "direct":
            self._fired = sources
        elif self.delivery == "equal":
            slot = (self.offset[0] + self.delays[0]) % len(self.counts)
            self._append(int(slot), sources)
        elif len(sources):
            synapses = np.concatenate([self._row(source) for source in sources])
            places = np.concatenate(
                [np.arange(self.row_start[s], self.row_start[s + 1]) for s in sources]
            )
            slots = (self.offset[0] + self.delays[places]) % len(self.counts)
            for slot in np.unique(slots):
                self._append(int(slot), synapses[slots == slot])

    def _append(self, slot: int, new: Array) -> None:
        filled = int(self.counts[slot])
        if filled + len(new) > self.events.shape[1]:
            self.wanted[0] = filled + len(new)
            self.grow()
        self.events[slot, filled : filled + len(new)] = new
        self.counts[slot] = filled + len(new)

    def peek(self) -> Array:
        """The synapses whose events are due in this step."""
        slot = int(self.offset[0])
        if self.delivery == "direct":
            return self._expanded(self._fired)
        due = self.events[slot, : self.counts[slot]]
        return due if self.delivery == "mixed" else self._expanded(due)

    def advance(self) -> None:
        """Forget the events that were due and go on to the next step."""
        self._fired = self._fired[:0]
        self.counts[self.offset[0]] = 0
        self.offset[0] = (self.offset[0] + 1) % len(self.counts)

    def _expanded(self, sources: Array) -> Array:
        rows = [self._row(int(source)) for source in sources]
        return np.concatenate([self.rows[:0], *rows]).astype(np.int32)

    def _pending(self) -> list[Array]:
        """Synapses due in this step, the next one, and so on."""
        slots = []
        for step in range(len(self.counts)):
            slot = (int(self.offset[0]) + step) % len(self.counts)
            due = self.events[slot, : self.counts[slot]]
            slots.append(due.copy() if self.delivery == "mixed" else self._expanded(due))
        return slots

    def _full_state(self) -> State:
        return 0, [slot.tolist() for slot in self._pending()]

    def _restore_from_full_state(self, state: State | None) -> None:
        offset, slots = state if state is not None else (0, [])
        slots = slots[offset:] + slots[:offset] or [[]]
        self.delivery, self.restored = "mixed", True  # until prepare() finds a cheaper form
        self._fill([np.array(slot, dtype=np.int32) for slot in slots])


def _rescaled(pending: list[Array], factor: float) -> list[Array]:
    """The events at the same times when a step becomes ``1 / factor`` times as long."""
    slots = [pending[0][:0]] * (int(len(pending) * factor) + 1)
    for step, events in enumerate(pending):
        if len(events):
            slots[int(step * factor + 0.5)] = events
    return slots
