"""The recording of a script: the streams of its monitors, across everything that changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import call
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from brian2.core.network import Network
from brian2.monitors import EventMonitor, PopulationRateMonitor, StateMonitor

from bioplaus.records import layout
from bioplaus.records.rows import read_parts, write_rows
from bioplaus.records.weights import WeightRecord
from bioplaus.runs.kept.monitors import Stream, Streams, give_back
from bioplaus.runs.kept.numbering import number_of
from bioplaus.runs.kept.points import NotTheSame
from bioplaus.runs.scripts import naming
from bioplaus.runs.scripts.added import Added
from bioplaus.runs.scripts.course import Course

if TYPE_CHECKING:
    from bioplaus.runs.scripts.networks import KnownNetwork

__all__ = ["Recorder"]

_CLASSES = (EventMonitor, PopulationRateMonitor, StateMonitor)
NEARLY_ZERO = 1e-9
"""A difference of times [s] that is only their rounding."""


class Recorder:
    """Streams by number of their monitor; ``running`` are those of the network that runs.

    on_disk : whether what monitors record is written (``--record none``: it is not).
    """

    def __init__(self, course: Course, record: str) -> None:
        self.course = course
        self.on_disk = record != "none"
        self.added = Added(course, record)
        self.streams: dict[int, Stream] = {}
        self.running = Streams([])
        self._running_of: KnownNetwork | None = None
        self._streams_of: WeakKeyDictionary[KnownNetwork, Streams] = WeakKeyDictionary()
        #: Rows that a stored state and the disk have in common: (network, name) -> stream -> rows.
        self.common: dict[tuple[int, str], dict[int, int]] = {}
        self._before: dict[str, Any] = {}

    # Runs

    def begin_run(self, known: KnownNetwork, now: float, namespace: Mapping[str, Any]) -> None:
        """A run of a network begins at its time ``now`` [s], or a piece of it."""
        shift = self.course.simulated - now
        if abs(shift) < NEARLY_ZERO:
            shift = 0.0
        if known is not self._running_of:
            self._turn_to(known, namespace)
        running = self.running
        if running.counted != list(map(call, running.ask)):
            running.look_again()
        if shift != running.shift:
            running.move(shift)

    def _turn_to(self, known: KnownNetwork, namespace: Mapping[str, Any]) -> None:
        """Another network runs than the last time."""
        self.running.settle()
        streams = self._streams_of.get(known)
        if streams is None or self.added.wishes:
            streams = Streams(self._streams(known.monitors, namespace))
        self._streams_of[known] = self.running = streams
        # What is wished for has joined the network for this run only.
        self._running_of = None if self.added.wishes else known

    def _streams(self, monitors: list[Any], namespace: Mapping[str, Any]) -> list[Stream]:
        """The streams of these monitors, made where there is none yet."""
        numbered = [(number_of(monitor), monitor) for monitor in monitors]
        own = {number: monitor for number, monitor in numbered if number is not None}
        if not self.streams.keys() >= own.keys():
            self._add(own, namespace)
        added = [s for s in self.added.streams.values() if s.monitor and s.monitor() in monitors]
        return [self.streams[number] for number in own] + added

    def _add(self, monitors: Mapping[int, Any], namespace: Mapping[str, Any]) -> None:
        new = {n: m for n, m in monitors.items() if n not in self.streams}
        names = naming.names_of(new.values(), namespace)
        for number, monitor in new.items():
            name, population = names[id(monitor)], names[id(monitor.source)]
            self.streams[number] = Stream.of(monitor, number, name, population, self.on_disk)

    # Segments

    def rates(self) -> dict[str, float]:
        """Mean rate of each recorded population since the last segment [Hz]."""
        self.running.settle()
        events: dict[str, int] = {}
        cell_seconds: dict[str, float] = {}
        for stream in (*self.streams.values(), *self.added.streams.values()):
            counted, seconds = stream.take_events()
            if stream.counts_events and seconds > 0 and stream.size:
                name = f"rate_{stream.about.population}"
                events[name] = events.get(name, 0) + counted
                cell_seconds[name] = cell_seconds.get(name, 0.0) + seconds * stream.size
        return {name: events[name] / cell_seconds[name] for name in events}

    def has_rows(self) -> bool:
        """Whether anything is not on disk yet."""
        streams = [stream for stream in self.streams.values() if stream.about.unit]
        return any(s.about.parts or s.rows != s.done for s in streams)

    def write(
        self, segment: int, arrays: Mapping[str, Any], weights: Mapping[str, WeightRecord]
    ) -> None:
        """Put what is new on disk, but in a replay, where it is there."""
        course = self.course
        for stream in self.streams.values():
            stream.take(at_once=True)
        self.added.take()
        monitors = [stream.about for stream in self.streams.values() if stream.about.parts]
        monitors += self.added.of_segment()
        if not course.replaying and (monitors or arrays or weights):
            folder = course.writer.path / layout.RECORDING
            write_rows(layout.segment_file(folder, segment, "h5"), monitors, arrays, weights)
        for stream in self.added.streams.values():
            stream.about.parts.clear()
        for number, stream in list(self.streams.items()):
            stream.about.parts.clear()
            if stream.is_over:
                del self.streams[number]

    def forget_from(self, segment: int) -> None:
        """Delete the recording of segments that no state counts as done."""
        for path in (self.course.writer.path / layout.RECORDING).glob("*.h5"):
            if int(path.stem) >= segment:
                path.unlink()

    # States

    def state(self) -> dict[str, Any]:
        """What is needed to go on, and the rows that are not on disk yet."""
        self.running.settle()
        for stream in self.streams.values():
            stream.take()
        return {
            "streams": [[number, stream.state()] for number, stream in self.streams.items()],
            "added": self.added.state(),
            "common": [[*key, list(rows.items())] for key, rows in self.common.items()],
        }

    def take_up(self, state: Mapping[str, Any], segments: int) -> None:
        """Be where a state was written: monitors have the rows that they had.

        Raises
        ------
        NotTheSame
            If the recording is not complete.
        """
        self.common = {(n, name): dict(rows) for n, name, rows in state["common"]}
        self.streams = {number: Stream.of_state(kept) for number, kept in state["streams"]}
        self.added.take_up(state["added"])
        self.running, self._running_of = Streams([]), None
        self._streams_of.clear()
        alive = {number: kept for number, kept in state["streams"] if kept["alive"]}
        keys = [self.streams[number].about.key for number in alive]
        on_disk = read_parts(self.course.writer.path, keys, segments)
        for number, kept in alive.items():
            stream = self.streams[number]
            monitor = self.course.numbers.find(number)
            if monitor is None:
                continue  # it was garbage then
            if self.on_disk and not give_back(
                monitor, on_disk[stream.about.key] + stream.about.parts, kept["rows"]
            ):
                raise NotTheSame(
                    f"the recording of {stream.about.name} is not complete: it was not written to "
                    "the end, or a file has gone; start the run again"
                )
            stream.listen(monitor)

    # What the script does with its monitors

    def install(self) -> None:
        """Notice where monitors lose rows."""
        recorder = self
        store, restore = Network.store, Network.restore
        self._before = {"store": store, "restore": restore}

        def stored(network: Any, name: str = "default", filename: Any = None) -> None:
            store(network, name=name, filename=filename)
            if filename is None:
                recorder.stored(network, name)

        def restored(
            network: Any,
            name: str = "default",
            filename: Any = None,
            restore_random_state: bool = False,
        ) -> None:
            recorder.take_of(network)
            restore(network, name, filename, restore_random_state)
            recorder.restored(network, name if filename is None else None)

        for made, before in ((stored, store), (restored, restore)):
            made.original_function = before.original_function  # type: ignore[attr-defined]
        Network.store, Network.restore = stored, restored
        for kind in _CLASSES:
            self._before[kind.__name__] = kind.resize
            kind.resize = self._resizing(kind.resize)

    def uninstall(self) -> None:
        """Give everything back to Brian."""
        Network.store, Network.restore = self._before["store"], self._before["restore"]
        for kind in _CLASSES:
            kind.resize = self._before[kind.__name__]

    def _resizing(self, plain: Callable[..., None]) -> Callable[..., None]:
        recorder = self

        def resize(monitor: Any, new_size: int) -> None:
            number = number_of(monitor)
            stream = None if recorder.course.inside else recorder.streams.get(number or 0)
            if stream is not None:
                stream.take()
            plain(monitor, new_size)
            if stream is not None:
                stream.go_back(min(stream.rows, stream.done))

        return resize

    def _of(self, network: Any) -> Iterable[tuple[int, Stream]]:
        for number, stream in self.streams.items():
            monitor = stream.monitor() if stream.monitor is not None else None
            if monitor is not None and monitor._network == network.id:
                yield number, stream

    def take_of(self, network: Any) -> None:
        """Copy what is new of a network's monitors, before it goes back."""
        for _, stream in self._of(network):
            stream.take()

    def stored(self, network: Any, name: str) -> None:
        """A state is stored: its rows are those of now."""
        key = number_of(network)
        if key is not None:
            self.common[key, name] = {number: stream.rows for number, stream in self._of(network)}

    def restored(self, network: Any, name: str | None) -> None:
        """A network has gone back to a state; name : of one in memory.

        What that state and the disk have in common stays; the rest is written again.
        """
        key = number_of(network)
        known = self.common.get((key, name), {}) if key is not None and name is not None else {}
        for number, stream in self._of(network):
            common = min(known.get(number, 0), stream.rows)
            stream.go_back(common)
            for (other, _), rows in self.common.items():
                if other == key:
                    rows[number] = min(rows.get(number, 0), common)
        if known:
            known.update({number: stream.rows for number, stream in self._of(network)})
