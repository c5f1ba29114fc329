"""Spikes under way: a queue of events that compiled code and Python code share.

Brian2's own queue is a C++ object that compiled loops cannot reach.  This one keeps flat arrays and
has the same interface (``prepare``, ``push``, ``peek``, ``advance``) and the same stored state, so
that pathways run on any target with it and stored files stay exchangeable.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .delays import in_steps
from .rows import by_source

__all__ = ["BLOCK", "EventQueue", "form_of"]

BLOCK = 64
"""Events that stand together."""

Array = np.ndarray[Any, np.dtype[Any]]
State = tuple[int, list[list[int]]]


class EventQueue:
    """Events between the neurons ``first_source`` to ``last_source - 1`` and their synapses.

    ``delivery`` says how events are kept between ``push`` and ``peek``:

    - ``"direct"``: no delay and nothing pending, so events are delivered in the step of the spike
      and nothing is stored;
    - ``"equal"``: one delay for all, events are *sources* whose spikes are due;
    - ``"mixed"``: events are *synapses* in the order in which they were pushed.

    In all three the synapses of one step are visited in the order of Brian2's queue: by time of
    push, then source, then synapse.

    Events of one step stand in blocks of 64, each of which knows
    the one that follows; blocks that have been delivered are used again.  Memory follows the number
    of events under way, however far apart they are due.  ends : (slots,) int64, for each step to
    come where in ``events`` its next event goes, 0 if it has none yet; firsts : (slots,) int64, its
    first block; following : (blocks,) int64; free : (2,) int64, the first free block and how many
    there are; events : (64 * blocks,) int32.
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
        self.ends = np.zeros(1, dtype=np.int64)
        self.firsts = np.zeros(1, dtype=np.int64)
        self.following = np.zeros(0, dtype=np.int64)
        self.free = np.zeros(2, dtype=np.int64)
        self.events = np.zeros(0, dtype=np.int32)
        self.wanted = np.zeros(1, dtype=np.int64)
        self._fired = np.zeros(0, dtype=np.int32)
        self._state_tuple = (source_start, source_end, np.int32)

    def prepare(self, real_delays: Array, dt: float, sources: Array) -> None:
        """Take over delays [s] and the source index of every synapse before a run.

        real_delays : (1,) or (n_synapses,), dt : [s], sources : (n_synapses,) absolute indices.
        Raises ValueError for delays below zero.
        """
        delays = in_steps(np.asarray(real_delays, dtype=np.float64), dt)
        pending = self._pending()
        if self.dt is not None and self.dt != dt:
            pending = _rescaled(pending, self.dt / dt)
        self.dt = dt
        first, number = int(self.first_source[0]), int(self.sources[0])
        found = by_source(np.ascontiguousarray(sources, dtype=np.int32), first, number)
        self.row_start, self.rows_in_order, self.rows = found
        longest = int(delays.max()) if delays.size else 0
        equal = delays.size <= 1 or int(delays.min()) == longest
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
                self.delays = np.full(max(1, len(sources)), longest, dtype=delays.dtype)
        self._fill(pending)
        self.restored = False

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
        self.offset[0] = 0
        self.ends = np.zeros(len(slots), dtype=np.int64)
        self.firsts = np.zeros(len(slots), dtype=np.int64)
        blocks = sum(-(-len(slot) // BLOCK) for slot in slots)
        if self.delivery == "direct" or len(self.following) < blocks:
            self.following = np.zeros(0, dtype=np.int64)
            self.events = np.zeros(0, dtype=np.int32)
        self.following[:] = np.arange(1, len(self.following) + 1)
        self.free[:] = 0, len(self.following)
        self._make_room(blocks)
        for position, slot in enumerate(slots):
            self._append(position, slot)

    def get_capsule(self) -> None:
        """There is no C++ object behind this queue (newer Brian2 passes one to Cython code)."""

    def grow(self) -> None:
        """Make room for as many blocks as compiled code asked for."""
        self._make_room(int(self.wanted[0]))

    def _make_room(self, blocks: int) -> None:
        """See to it that at least so many blocks are free; those that there are double."""
        lacking = blocks - int(self.free[1])
        if lacking <= 0:
            return
        old = len(self.following)
        new = old + max(lacking, old)
        self.events = np.concatenate([self.events, np.zeros(BLOCK * (new - old), dtype=np.int32)])
        self.following = np.concatenate([self.following, np.arange(old + 1, new + 1)])
        self.following[-1] = self.free[0]
        self.free[:] = old, self.free[1] + new - old

    def push(self, fired: Array) -> None:
        """Queue the events of the neurons in ``fired`` (ascending absolute indices)."""
        sources = fired - self.first_source[0]
        sources = sources[(sources >= 0) & (sources < self.sources[0])].astype(np.int32)
        if self.delivery == "direct":
            self._fired = sources
        elif self.delivery == "equal":
            slot = (self.offset[0] + self.delays[0]) % len(self.ends)
            self._append(int(slot), sources)
        elif len(sources):
            synapses = np.concatenate([self._row(source) for source in sources])
            places = np.concatenate(
                [np.arange(self.row_start[s], self.row_start[s + 1]) for s in sources]
            )
            slots = (self.offset[0] + self.delays[places]) % len(self.ends)
            for slot in np.unique(slots):
                self._append(int(slot), synapses[slots == slot])

    def _append(self, slot: int, new: Array) -> None:
        self._make_room(len(new) // BLOCK + 1)
        while len(new):
            end = int(self.ends[slot])
            if end % BLOCK == 0:
                block = int(self.free[0])
                self.free[:] = self.following[block], self.free[1] - 1
                if end:
                    self.following[end // BLOCK - 1] = block
                else:
                    self.firsts[slot] = block
                end = BLOCK * block
            fit = min(len(new), BLOCK - end % BLOCK)
            self.events[end : end + fit] = new[:fit]
            self.ends[slot] = end + fit
            new = new[fit:]

    def _blocks(self, slot: int) -> list[int]:
        """The blocks of a slot, in order."""
        if not self.ends[slot]:
            return []
        blocks, last = [int(self.firsts[slot])], (int(self.ends[slot]) - 1) // BLOCK
        while blocks[-1] != last:
            blocks.append(int(self.following[blocks[-1]]))
        return blocks

    def _events(self, slot: int) -> Array:
        """A copy of the events of a slot."""
        blocks = self._blocks(slot)
        if not blocks:
            return self.events[:0].copy()
        due = self.events.reshape(-1, BLOCK)[blocks].reshape(-1)
        return due[: BLOCK * (len(blocks) - 1) + (int(self.ends[slot]) - 1) % BLOCK + 1]

    def peek(self) -> Array:
        """The synapses whose events are due in this step."""
        if self.delivery == "direct":
            return self._expanded(self._fired)
        due = self._events(int(self.offset[0]))
        return due if self.delivery == "mixed" else self._expanded(due)

    def advance(self) -> None:
        """Forget the events that were due and go on to the next step."""
        self._fired = self._fired[:0]
        slot = int(self.offset[0])
        blocks = self._blocks(slot)
        if blocks:
            self.following[blocks[-1]] = self.free[0]
            self.free[:] = blocks[0], self.free[1] + len(blocks)
        self.ends[slot] = 0
        self.offset[0] = (slot + 1) % len(self.ends)

    def _expanded(self, sources: Array) -> Array:
        rows = [self._row(int(source)) for source in sources]
        return np.concatenate([self.rows[:0], *rows]).astype(np.int32)

    def _pending(self) -> list[Array]:
        """Synapses due in this step, the next one, and so on."""
        slots = []
        for step in range(len(self.ends)):
            due = self._events((int(self.offset[0]) + step) % len(self.ends))
            slots.append(due if self.delivery == "mixed" else self._expanded(due))
        return slots

    def _full_state(self) -> State:
        return 0, [slot.tolist() for slot in self._pending()]

    def _restore_from_full_state(self, state: State | None) -> None:
        """Have the events of a stored state; None for no events.

        The form in which they are kept stays what it is if that can be, and so do the steps that
        delays reach: this may happen while compiled code runs, which takes both for granted.
        """
        offset, kept = state if state is not None else (0, [])
        slots = [np.array(slot, dtype=np.int32) for slot in kept[offset:] + kept[:offset]]
        slots += [np.zeros(0, dtype=np.int32)] * (len(self.ends) - len(slots))
        sources = self._as_sources(slots) if self.delivery == "equal" else None
        if sources is not None:
            slots = sources
        elif self.delivery != "direct" or any(len(slot) for slot in slots):
            self.delivery = "mixed"  # until prepare() finds a cheaper form
        self.restored = True
        self._fill(slots)


def form_of(queue: Any) -> tuple[Any, ...]:
    """What compiled code takes for granted of a queue; nothing of a queue of Brian2's own."""
    if not isinstance(queue, EventQueue):
        return ()
    return queue.delivery, queue.rows_in_order, queue.delays.dtype


def _rescaled(pending: list[Array], factor: float) -> list[Array]:
    """The events at the same times when a step becomes ``1 / factor`` times as long."""
    slots = [pending[0][:0]] * (int(len(pending) * factor) + 1)
    for step, events in enumerate(pending):
        if len(events):
            slots[int(step * factor + 0.5)] = events
    return slots
