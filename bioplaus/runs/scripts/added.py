"""Monitors that a script does not have: those of ``--record`` and of ``bioplaus.record``.

They are in a network only while it runs, are no part of the script's state, and keep no rows longer
than a segment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import SpikeMonitor, StateMonitor, have_same_dimensions, second
from brian2.groups.group import Group

from bioplaus.neurons.counting import forget_responses
from bioplaus.parameters import ParameterError, unknown_name
from bioplaus.records.rows import Part
from bioplaus.runs.kept.monitors import Stream, is_monitor
from bioplaus.runs.kept.numbering import number_of
from bioplaus.runs.reading.literals import like
from bioplaus.runs.recorded import Recorded, Spikes, Trace, read_record
from bioplaus.runs.scripts import naming
from bioplaus.runs.scripts.course import Course

__all__ = ["Added"]


@dataclass
class Wish:
    """Something to record; last : only so much of the end of each segment [s], 0 for all."""

    item: Recorded
    group: Any
    last: float

    @property
    def name(self) -> str:
        """What it is called on disk."""
        variable = f"_{self.item.variable}" if isinstance(self.item, Trace) else ""
        return f"{self.item.population}{variable}"


class Added:
    """What is to be recorded besides, and the monitors that do it."""

    def __init__(self, course: Course, record: str) -> None:
        self.course = course
        self.wishes: list[Wish] = []
        self.streams: dict[str, Stream] = {}
        self._monitors: dict[str, Any] = {}
        self._met: set[str] = set()
        #: Of each network, what was in it when it was looked through, and what joins it.
        self._joined: dict[Any, tuple[set[Any], set[Any]]] = {}
        if record and record != "none":
            self.wish(read_record(record), None, None)

    def wish(self, items: tuple[Any, ...], of: Mapping[str, Any] | None, last: Any) -> None:
        """Record more; see :func:`bioplaus.record`."""
        wanted: list[Recorded] = []
        for item in items:
            wanted += read_record(item) if isinstance(item, str) else [item]
        length = 0.0 if last is None else float(like(1 * second, str(last), "last", "400 ms"))
        for item in wanted:
            if not isinstance(item, (Spikes, Trace)):
                raise TypeError(f"record({item!r}): not a text, Spikes or Trace")
            group = None if of is None else of[item.population]
            self.wishes.append(Wish(item, group, length))
        self._joined = {}

    @contextlib.contextmanager
    def joined(self, network: Any, namespace: Mapping[str, Any]) -> Iterator[None]:
        """Within it, what is wished for of a network is in it; what the script stores, restores
        or reads of it between its runs is its own."""
        numbers = {number_of(thing) for thing in network.objects}
        known = self._joined.get(network.id)
        if known is None or known[0] != numbers:
            known = self._joined[network.id] = numbers, self._of(network, namespace)
        network.objects |= known[1]
        try:
            yield
        finally:
            network.objects -= known[1]

    def _of(self, network: Any, namespace: Mapping[str, Any]) -> set[Any]:
        """The monitors that are wished for of a network."""
        groups = [thing for thing in network.objects if isinstance(thing, Group)]
        names = naming.names_of(groups, namespace)
        by_name = {names[id(g)]: g for g in groups if not is_monitor(g)}
        self._met |= set(by_name)
        found = set()
        for wish in self.wishes:
            group = by_name.get(wish.item.population) if wish.group is None else wish.group
            if group is None or group not in groups:
                continue
            monitor = self._monitors.get(wish.name)
            if monitor is None or monitor.source is not group:
                monitor = self._made(wish, group)
            monitor._network = network.id
            found.add(monitor)
        return found

    def _made(self, wish: Wish, group: Any) -> Any:
        """A monitor of a group; one of the same name that was there for another is over."""
        numbers, item = self.course.numbers, wish.item
        numbers.paused = True
        try:
            name = f"bioplaus_{wish.name}"
            if isinstance(item, Spikes):
                monitor: Any = SpikeMonitor(group, name=name)
            else:
                monitor = self._trace(group, item, name)
        finally:
            numbers.paused = False
        stream = self.streams.get(wish.name)
        if stream is None:
            stream = Stream.of(monitor, 0, wish.name, item.population)
            stream.about.key = f"Added-{wish.name}"
            self.streams[wish.name] = stream
        else:
            stream.take()
            stream.listen(monitor)
            stream.done = 0
        self._monitors[wish.name] = monitor
        return monitor

    def _trace(self, group: Any, item: Trace, name: str) -> Any:
        if item.variable not in group.variables:
            known = [v for v in group.variables if not v.startswith("_")]
            where = f"variable of {item.population}"
            raise ParameterError(unknown_name(where, item.variable, known))
        every = like(1 * second, item.every, "every", "1 ms")
        assert have_same_dimensions(every, second)
        record = np.arange(min(item.cells, len(group)))
        dt = max(float(every), float(group.clock.dt_)) * second
        return StateMonitor(group, item.variable, record=record, dt=dt, name=name)

    def take(self) -> None:
        """Copy what is new, and empty the monitors."""
        for name, stream in self.streams.items():
            stream.take()
            monitor = self._monitors.get(name)
            if monitor is not None:
                forget_responses(monitor)
                stream.done, stream.shifts = 0, [(0, stream.shifts[-1][1])] if stream.shifts else []

    def of_segment(self) -> list[Any]:
        """What a segment has recorded, those with ``last`` cut to its end."""
        lasts = {wish.name: wish.last for wish in self.wishes}
        found = []
        for name, stream in self.streams.items():
            if stream.about.parts and lasts.get(name):
                start = self.course.simulated - lasts[name]
                stream.about.parts[:] = [_from(part, start) for part in stream.about.parts]
            if stream.about.parts:
                found.append(stream.about)
        return found

    def state(self) -> list[Any]:
        """What is not on disk yet."""
        self.take()
        return [[name, stream.state()] for name, stream in self.streams.items()]

    def take_up(self, state: list[Any]) -> None:
        """Be where a state was written; the monitors are made anew by the next run."""
        self.streams = {name: Stream.of_state(kept) for name, kept in state}
        self._monitors, self._joined = {}, {}

    def tell_unmet(self) -> None:
        """Name what was wished for and never ran."""
        for wish in self.wishes:
            population = wish.item.population
            if wish.group is None and self._met and population not in self._met:
                message = unknown_name("group", population, sorted(self._met))
                self.course.tell(f"--record {population}: {message}")


def _from(part: Part, start: float) -> Part:
    """The rows of a part from a time of the whole run on."""
    t = np.array(part.rows["t"], np.float64)
    ends = [row for row, _ in part.shifts[1:]] + [len(t)]
    for (row, shift), end in zip(part.shifts, ends):
        t[row:end] += shift
    first = int(np.searchsorted(t, start - 1e-12))
    rows = {name: values[first:] for name, values in part.rows.items()}
    before = [shift for row, shift in part.shifts if row <= first][-1:]
    after = [(row - first, shift) for row, shift in part.shifts if row > first]
    return Part(part.first + first, rows, [*((0, shift) for shift in before), *after])
