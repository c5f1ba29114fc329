"""Monitors' rows: what is new of them, and how a monitor is given its rows back.

A monitor only grows, except where the script goes back (``restore``) or empties it.  What it has
recorded goes to disk by parts, each with the row at which it begins: a part that begins before the
end of what is there replaces all that follows.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import call
from typing import Any

import numpy as np
from brian2.monitors import EventMonitor, PopulationRateMonitor, StateMonitor

from bioplaus.records.rows import MonitorRows, Part
from bioplaus.runs.thresholds import level_to_fire
from bioplaus.units import unit_of

__all__ = ["Stream", "Streams", "give_back", "is_monitor", "recorded"]


def is_monitor(thing: Any) -> bool:
    """Whether rows are recorded by it."""
    return isinstance(thing, (EventMonitor, PopulationRateMonitor, StateMonitor))


def recorded(monitor: Any) -> list[str]:
    """The variables of a monitor to which every event or sample adds a row."""
    if isinstance(monitor, PopulationRateMonitor):
        return ["t", "rate"]
    if isinstance(monitor, StateMonitor):
        return ["t", *monitor.recorded_variables]
    return sorted(monitor.record_variables) if monitor.record else []


@dataclass
class Stream:
    """What a monitor records, on its way to disk.

    It holds the monitor's variables, but not the monitor: the script decides how long that lives.
    about : what it is called on disk; done : rows that are on disk or in ``about.parts``; shifts :
    (row, what is added to ``t`` from there on [s]); events, seconds : since they were taken last;
    count : tells how many events there are.
    """

    about: MonitorRows
    size: int
    monitor: weakref.ref[Any] | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    done: int = 0
    shifts: list[tuple[int, float]] = field(default_factory=list)
    events: int = 0
    seconds: float = 0.0
    count: Callable[[], int] = int
    _number: Callable[[], int] | None = None

    @classmethod
    def of(
        cls, monitor: Any, number: int, name: str, population: str, on_disk: bool = True
    ) -> Stream:
        """The stream of a monitor that has not been on disk yet; it only counts if it is not to
        be."""
        fields = recorded(monitor) if on_disk else []
        stream = cls(
            about=MonitorRows(
                key=f"{type(monitor).__name__}-{number}",
                kind="spikes" if isinstance(monitor, EventMonitor) else "trace",
                name=name,
                population=population,
                unit={key: unit_of(monitor.variables[key]) for key in fields},
                parts=[],
                cells=np.array(monitor.record) if isinstance(monitor, StateMonitor) else None,
                threshold={key: level_to_fire(monitor.source, key) for key in fields},
            ),
            size=len(monitor.source),
        )
        stream.listen(monitor)
        if stream.rows:  # it came with a state from a file
            stream.go_back(0)
        return stream

    def listen(self, monitor: Any) -> None:
        """Take rows from this monitor."""
        self.monitor = weakref.ref(monitor)
        self.variables = {name: monitor.variables[name] for name in self.about.unit}
        # Asked before and after every run: Brian keeps both in the same arrays for good.
        self._number = self.count = monitor.variables["N"].get_value().item
        if self.counts_events and not monitor.record:
            self.count = monitor.variables["count"].get_value().sum

    @property
    def counts_events(self) -> bool:
        """Whether its rows are events, of which there is a rate."""
        return self.about.kind == "spikes"

    @property
    def rows(self) -> int:
        """How many rows the monitor has now."""
        return self.done if self._number is None else self._number()

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come: the monitor is gone."""
        return self.monitor is None or self.monitor() is None

    def take_events(self) -> tuple[int, float]:
        """Events, and the seconds in which they were counted, since the last call."""
        taken = self.events, self.seconds
        self.events, self.seconds = 0, 0.0
        return taken

    def take(self, at_once: bool = False) -> None:
        """Copy what is new; at_once : it is written before the monitor can change, so that the
        monitor's own rows do."""
        total = self.rows
        if self.about.unit and total > self.done:
            rows = self._new(total) if at_once else self._copied(total)
            self.about.parts.append(Part(self.done, rows, self._shifts()))
            self.done = total

    def go_back(self, common: int) -> None:
        """The monitor has other rows from ``common`` on than those that were taken."""
        total = self.rows
        if self.about.unit and (common < self.done or total > common):
            self.done = common
            self.about.parts.append(Part(common, self._copied(total), again=True))
        self.done = total
        self.shifts = [(total, shift) for _, shift in self.shifts[-1:]]

    def _new(self, total: int) -> dict[str, Any]:
        get = self.variables
        return {
            name: np.asarray(get[name].get_value()[self.done : total]) for name in self.about.unit
        }

    def _copied(self, total: int) -> dict[str, Any]:
        return {name: np.array(values) for name, values in self._new(total).items()}

    def _shifts(self) -> list[tuple[int, float]]:
        """The shifts from ``done`` on, counted from there; only the last one is needed again."""
        before = [s for s in self.shifts if s[0] <= self.done][-1:]
        after = [s for s in self.shifts if s[0] > self.done]
        self.shifts = (before + after)[-1:]
        return [(max(row - self.done, 0), shift) for row, shift in before + after]

    # States

    def state(self) -> dict[str, Any]:
        """What is needed to go on, and what is not on disk yet."""
        about = {k: v for k, v in vars(self.about).items() if k != "parts"}
        return {
            "about": about,
            "parts": [vars(part) for part in self.about.parts],
            "size": self.size,
            "alive": not self.is_over,
            "rows": self.rows,
            "done": self.done,
            "shifts": list(self.shifts),
            "events": self.events,
            "seconds": self.seconds,
        }

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Stream:
        """The stream again, without its monitor."""
        parts = [Part(**part) for part in state["parts"]]
        about = MonitorRows(**state["about"], parts=parts)
        plain = {key: state[key] for key in ("size", "done", "events", "seconds")}
        return cls(about, shifts=[tuple(pair) for pair in state["shifts"]], **plain)


class Streams:
    """The streams of one network: what they have counted, looked at around each of its runs.

    shift : what is added to their ``t`` [s]; ask : how each tells its events; counted : how many
    there were when the last run ended.
    """

    def __init__(self, streams: list[Stream]) -> None:
        self.shift: float | None = None
        self.ask = [stream.count for stream in streams]
        self.counted: list[int] = []
        self._streams = streams
        self._settled: list[int] = []

    def look_again(self) -> None:
        """Some have gone back since the last run, or nobody has looked at them yet."""
        self.settle()
        for stream in self._streams:
            if stream.rows < stream.done:  # emptied, and nobody knows how
                stream.go_back(0)
        self.counted = self._settled = list(map(call, self.ask))

    def move(self, shift: float) -> None:
        """Say what is to be added to ``t`` from now on [s], to have the time of the whole run."""
        self.shift = shift
        for stream in self._streams:
            if stream.about.unit and not (stream.shifts and stream.shifts[-1][1] == shift):
                stream.shifts.append((stream.rows, shift))

    def end_run(self, seconds: float) -> None:
        """The network has run so long [s]."""
        self.counted = list(map(call, self.ask))
        for stream in self._streams:
            stream.seconds += seconds

    def settle(self) -> None:
        """Let each stream have the events that were counted since the last time."""
        for stream, before, now in zip(self._streams, self._settled, self.counted):
            stream.events += int(now - before)
        self._settled = self.counted


def give_back(monitor: Any, parts: Iterable[Part], count: int) -> bool:
    """Fill a monitor with the rows that are on disk; False if they are not ``count``."""
    whole: dict[str, list[Any]] = {name: [] for name in recorded(monitor)}
    total = 0
    for part in parts:
        if part.first > total:
            return False
        if part.first < total:
            for name, pieces in whole.items():
                whole[name] = [np.concatenate(pieces)[: part.first]]
        for name, pieces in whole.items():
            pieces.append(part.rows[name])
        total = part.first + len(part)
    if whole and total != count:
        return False
    for name, pieces in whole.items():
        variable = monitor.variables[name]
        empty = np.zeros((0, *variable.get_value().shape[1:]), variable.dtype)
        values = np.concatenate([empty, *pieces])
        variable.resize(values.shape if variable.ndim == 2 else len(values))
        variable.set_value(values)
    monitor.variables["N"].set_value(count)
    return True
