"""Spikes, traces, presentations, weights and arrays that one segment recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.records.arrays import ArrayRecord
from bioplaus.records.weights import WeightRecord

__all__ = ["Presentations", "Recording", "TraceRecord"]

_ROUNDING = 1e-9
"""By which times of one moment may differ [s]."""
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
        return cls(**{name: group[name][:] for name in PRESENTED if name in group})

    def said(self) -> dict[str, NDArray[Any]]:
        """Columns by name, without those of which nobody says anything."""
        columns = {name: getattr(self, name) for name in PRESENTED}
        return {
            name: column
            for name, column in columns.items()
            if name not in _OTHERWISE or (column != _OTHERWISE[name]).any()
        }

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
