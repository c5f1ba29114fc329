"""Spikes and traces of one segment in one closed HDF5 file.

Groups ``spikes/<population>`` with ``t`` [s] and ``i``, and ``traces/<population>/<variable>`` with
``t`` [s], ``value`` (cells, times), ``cells`` and the unit of the value as an attribute; where
there are presentations, a group ``presentations`` with ``start`` and ``stop`` [s] and ``label``;
and, where they are known, ``response`` and ``learning``; where there is plasticity,
``weights/<projection>`` with a histogram and an image; and ``arrays/<name>``, which says itself
what its dimensions are.  ``overview`` stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.records import atomic
from bioplaus.records.arrays import ArrayRecord
from bioplaus.records.overview import write_overview
from bioplaus.records.weights import WeightRecord

__all__ = [
    "TIMES_FIRST",
    "Presentations",
    "Recording",
    "TraceRecord",
    "groups_of",
    "in_order",
    "read_recording",
    "read_spikes",
    "read_trace",
    "recorded_groups",
    "write_recording",
    "write_weights",
]


_ROUNDING = 1e-9
"""By which times of one moment may differ [s]."""
TIMES_FIRST = "times, cells"
"""The order of axes of a trace that is kept as a monitor of Brian2 has it."""

_OTHERWISE = {"response": -1, "learning": -1, "recorded": 1}
"""What stands in these columns of presentations where nobody says."""
PRESENTED = ("start", "stop", "label", *_OTHERWISE)


@dataclass(frozen=True)
class TraceRecord:
    """A variable of some cells over time.

    t : (times,) [s]; value : (cells, times) in ``unit``; cells : (cells,) their indices;
    threshold : what the value must exceed for a spike, nan where that is not one number.
    """

    t: NDArray[np.float64]
    value: NDArray[np.float64]
    unit: str
    cells: NDArray[np.int64]
    threshold: float = np.nan


@dataclass(frozen=True)
class Presentations:
    """When which stimulus was shown.

    start, stop : (presentations,) [s]; label : (presentations,) its class, -1 where it has none;
    response : (presentations,) the class that was answered, learning : (presentations,) 1 where
    weights changed and 0 where not; both -1 where nobody says; recorded : (presentations,) 0 where
    spikes and traces were not recorded all the time, else 1.
    """

    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    label: NDArray[np.int64]
    response: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    learning: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    recorded: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        for name, otherwise in _OTHERWISE.items():
            if len(getattr(self, name)) != len(self.start):
                object.__setattr__(self, name, np.full(len(self.start), otherwise))

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(presentations,) whether the answer is known and another than the label."""
        return (self.response >= 0) & (self.label >= 0) & (self.response != self.label)

    @classmethod
    def read(cls, group: Any) -> Presentations:
        """From a group of an HDF5 file."""
        names = [name for name in PRESENTED if name in group]
        return cls(**{name: group[name][:] for name in names})

    @classmethod
    def joined(cls, parts: Sequence[Presentations]) -> Presentations:
        """One after the other."""
        columns = ([getattr(part, name) for part in parts] for name in PRESENTED)
        return cls(*(np.concatenate(column) for column in columns))


@dataclass
class Recording:
    """What one segment recorded: spikes by population, traces by (population, variable).

    spikes[population] : (t (spikes,) [s], i (spikes,)); presentations : None where an experiment
    does not say; weights[projection] : as they were at the end of the segment; arrays[name] : what
    is neither spikes nor a trace.
    """

    spikes: dict[str, tuple[NDArray[np.float64], NDArray[np.int64]]] = field(default_factory=dict)
    traces: dict[tuple[str, str], TraceRecord] = field(default_factory=dict)
    presentations: Presentations | None = None
    weights: dict[str, WeightRecord] = field(default_factory=dict)
    arrays: dict[str, ArrayRecord] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything was recorded at all."""
        return bool(self.spikes or self.traces or self.arrays)

    def add_spikes(self, population: str, t: Any, i: Any) -> None:
        """Add spikes of a population after those that are there: t (spikes,) [s], i (spikes,)."""
        before = self.spikes.get(population, (np.empty(0), np.empty(0, np.int64)))
        later = (np.asarray(t, float), np.asarray(i, np.int64))
        self.spikes[population] = (
            np.concatenate([before[0], later[0]]),
            np.concatenate([before[1], later[1]]),
        )

    def add_trace(
        self, key: tuple[str, str], t: Any, value: Any, unit: str, threshold: float = np.nan
    ) -> None:
        """Add to the trace of (population, variable): t (times,) [s], value (cells, times)."""
        times, values = np.asarray(t, float), np.atleast_2d(np.asarray(value, float))
        if key in self.traces:
            before = self.traces[key]
            times = np.concatenate([before.t, times])
            values = np.concatenate([before.value, values], axis=1)
        self.traces[key] = TraceRecord(times, values, unit, np.arange(len(values)), threshold)

    def add_array(self, name: str, array: ArrayRecord) -> None:
        """Add an array.

        Raises
        ------
        ValueError
            For a name that an array of the segment has already.
        """
        if name in self.arrays:
            raise ValueError(f"there is an array {name!r} in this segment already")
        self.arrays[name] = array

    def add_presentations(self, shown: NDArray[np.float64], recorded_from: float = 0.0) -> None:
        """Add when which stimulus was shown: (presentations, 3) start, stop [s], label.

        recorded_from : spikes and traces are there from this time on [s].
        """
        added = Presentations(
            shown[:, 0],
            shown[:, 1],
            shown[:, 2].astype(np.int64),
            recorded=(shown[:, 0] > recorded_from - _ROUNDING).astype(np.int64),
        )
        before = self.presentations
        self.presentations = added if before is None else Presentations.joined([before, added])

    def add_answers(self, response: Any, learning: bool, label: Any = None) -> None:
        """Say what was answered in the presentations added last, and whether weights changed.

        response : (presentations,) class, -1 for none; label : (presentations,) the right ones,
        where those that showed them did not know.
        """
        assert self.presentations is not None
        last = slice(-len(response), None)
        self.presentations.response[last] = response
        self.presentations.learning[last] = int(learning)
        if label is not None:
            self.presentations.label[last] = label


def write_recording(path: Path, recording: Recording) -> None:
    """Write one segment's recording atomically."""
    import h5py

    def fill(partial: Path) -> None:
        with h5py.File(partial, "w") as file:
            for population, (t, i) in recording.spikes.items():
                group = file.create_group(f"spikes/{population}")
                _dataset(group, "t", t).attrs["unit"] = "s"
                _dataset(group, "i", i)
            for (population, variable), trace in recording.traces.items():
                group = file.create_group(f"traces/{population}/{variable}")
                _dataset(group, "t", trace.t).attrs["unit"] = "s"
                data = _dataset(group, "value", trace.value)
                data.attrs["unit"], data.attrs["threshold"] = trace.unit, trace.threshold
                _dataset(group, "cells", trace.cells)
            if recording.presentations is not None:
                group = file.create_group("presentations")
                _dataset(group, "start", recording.presentations.start).attrs["unit"] = "s"
                _dataset(group, "stop", recording.presentations.stop).attrs["unit"] = "s"
                _dataset(group, "label", recording.presentations.label)
                for name, otherwise in _OTHERWISE.items():
                    values = getattr(recording.presentations, name)
                    if (values != otherwise).any():
                        _dataset(group, name, values)
            write_weights(file, recording.weights)
            for name, array in recording.arrays.items():
                array.write(file.create_group(f"arrays/{name}"))
            traces = {name: (trace.t, trace.value) for name, trace in recording.traces.items()}
            write_overview(file, recording.spikes, traces)

    atomic.write(path, fill)


def write_weights(file: Any, weights: Mapping[str, WeightRecord]) -> None:
    """Write weights in small, by projection, into an open HDF5 file."""
    for projection, record in weights.items():
        group = file.create_group(f"weights/{projection}")
        _dataset(group, "counts", record.counts)
        _dataset(group, "edges", record.edges).attrs["unit"] = record.unit
        _dataset(group, "image", record.image).attrs["shape"] = record.shape


def _dataset(group: Any, name: str, values: NDArray[Any]) -> Any:
    # Without time stamps equal recordings are equal files.
    return group.create_dataset(
        name, data=values, compression="gzip", compression_opts=1, track_times=False
    )


def read_recording(path: Path, part: str = "") -> Recording:
    """Read one segment's recording.

    Parameters
    ----------
    part
        Only this group of the file, such as ``spikes/hidden`` or ``weights``; empty for all.
    """
    import h5py

    recording = Recording()
    with h5py.File(path, "r") as file:
        for (kind, *name), group in groups_of(file):
            if not f"{'/'.join((kind, *name))}/".startswith(f"{part}/" if part else ""):
                continue
            if kind == "spikes":
                recording.spikes[name[0]] = (group["t"][:], group["i"][:])
            elif kind == "traces":
                recording.traces[name[0], name[1]] = read_trace(group)
            elif kind == "weights":
                recording.weights[name[0]] = _read_weights(group)
            elif kind == "arrays":
                recording.arrays[name[0]] = ArrayRecord.read(group)
            else:
                recording.presentations = Presentations.read(group)
    return recording


def recorded_groups(path: Path) -> list[tuple[str, ...]]:
    """What a recording holds: ``("spikes", population)``, ``("traces", population, variable)``,
    ``("weights", projection)``, ``("arrays", name)``, ``("presentations",)``."""
    import h5py

    with h5py.File(path, "r") as file:
        return [name for name, _ in groups_of(file)]


def groups_of(file: Any) -> list[tuple[tuple[str, ...], Any]]:
    """Every group of an HDF5 file that holds arrays, by the parts of its name."""
    depths = {"spikes": 2, "traces": 3, "weights": 2, "arrays": 2, "presentations": 1}
    found: list[tuple[tuple[str, ...], Any]] = []

    def descend(name: tuple[str, ...], group: Any) -> None:
        if len(name) == depths[name[0]]:
            found.append((name, group))
            return
        for key, child in group.items():
            descend((*name, key), child)

    for kind in depths:
        if kind in file:
            descend((kind,), file[kind])
    return found


def read_spikes(group: Any, part: slice) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """From a group of an HDF5 file: some of the spikes, in the order of their times."""
    return in_order([(group["t"][part], group["i"][part].astype(np.int32))])


def in_order(parts: list[Any]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Spikes of several files as one ascending series."""
    if not parts:
        return np.empty(0), np.empty(0, np.int32)
    t, i = (np.concatenate([part[n] for part in parts]) for n in (0, 1))
    if (t[1:] < t[:-1]).any():
        order = np.argsort(t, kind="stable")
        t, i = t[order], i[order]
    return t, i


def read_trace(group: Any, part: slice = slice(None), rows: slice = slice(None)) -> TraceRecord:
    """From a group of an HDF5 file: some of the times and some of the rows of the value."""
    value = group["value"]
    if value.ndim == 1:  # of a whole population
        values = value[part][np.newaxis]
    elif value.attrs.get("axes") == TIMES_FIRST:
        values = value[part, rows].T
    else:
        values = value[rows, part]
    cells = group["cells"][rows]
    level = float(value.attrs.get("threshold", np.nan))
    return TraceRecord(group["t"][part], values, str(value.attrs["unit"]), cells, level)


def _read_weights(group: Any) -> WeightRecord:
    return WeightRecord(
        counts=group["counts"][:],
        edges=group["edges"][:],
        image=group["image"][:],
        shape=tuple(int(n) for n in group["image"].attrs["shape"]),
        unit=str(group["edges"].attrs["unit"]),
    )
