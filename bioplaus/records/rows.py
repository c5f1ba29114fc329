"""Recordings of a script's monitors: the rows as they are, and by population.

``monitors/<Kind>-<number>/<part>/<field>`` holds the rows of a monitor in its own types.  A part's
attribute ``first`` is the row of the monitor at which it begins: it replaces all that was recorded
from there on, for a script can go back.  ``again`` marks rows that came back in that way and were
simulated before.  ``spikes/...`` and ``traces/...`` name the same data by population, in the time
of the whole run; they are the same data sets wherever that is the monitor's own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bioplaus.records import atomic, layout
from bioplaus.records.overview import write_overview
from bioplaus.records.recording_file import TIMES_FIRST, write_weights
from bioplaus.records.weights import WeightRecord

__all__ = ["MonitorRows", "Part", "read_parts", "write_rows"]


@dataclass
class Part:
    """Rows of a monitor from ``first`` on, by field.

    shifts : (row of the part, seconds to add to ``t`` from that row on to have the time of the
    whole run); again : these rows came back with a ``restore``; they are no new simulation.
    """

    first: int
    rows: dict[str, Any]
    shifts: list[tuple[int, float]] = field(default_factory=list)
    again: bool = False

    def __len__(self) -> int:
        return len(next(iter(self.rows.values()))) if self.rows else 0


@dataclass
class MonitorRows:
    """What one monitor has recorded in a segment.

    key : kind and number; kind : ``spikes`` or ``trace``; name : what the script calls it;
    population : what it listens to; unit, threshold : by field, the latter as of a trace; cells :
    (cells,) of a trace.
    """

    key: str
    kind: str
    name: str
    population: str
    unit: dict[str, str]
    parts: list[Part]
    cells: Any = None
    threshold: dict[str, float] = field(default_factory=dict)


def write_rows(
    path: Path,
    monitors: Iterable[MonitorRows],
    arrays: Mapping[str, Any],
    weights: Mapping[str, WeightRecord],
) -> None:
    """Write one segment's recording atomically.

    arrays : further arrays by name, such as those that the script has logged; weights : in small,
    by projection, as they were at the end of the segment.
    """
    import h5py

    def fill(partial: Path) -> None:
        with h5py.File(partial, "w") as file:
            series = [one for monitor in monitors for one in _write_monitor(file, monitor)]
            for name, values in arrays.items():
                file.create_dataset(f"arrays/{name}", data=values, track_times=False)
            write_weights(file, weights)
            named = [(place.split("/"), t, values) for place, t, values in series]
            spikes = {name[1]: (t, i) for name, t, i in named if name[0] == "spikes"}
            traces = {(n[1], n[2]): (t, value) for n, t, value in named if n[0] == "traces"}
            write_overview(file, spikes, traces)

    atomic.write(path, fill)


def _write_monitor(file: Any, monitor: MonitorRows) -> list[tuple[str, Any, Any]]:
    """Write the rows as they are and by population; returns place, times and values of these.

    values : (spikes,) or (cells, times).
    """
    written = []
    for number, part in enumerate(_joined(monitor.parts)):
        group = file.create_group(f"monitors/{monitor.key}/{number}")
        group.attrs["first"], group.attrs["again"] = part.first, part.again
        for name, values in part.rows.items():
            data = group.create_dataset(name, data=values, track_times=False)
            data.attrs["unit"] = monitor.unit[name]
        if not part.again:
            written.append((part, group))
    if not written:
        return []
    parts = [part for part, _ in written]
    t = _joined_times(parts)
    if monitor.kind == "spikes":
        place = _free(file, f"spikes/{monitor.population}", monitor)
        i = _joined_field(parts, "i")
        _name(file, f"{place}/t", t, written)
        _name(file, f"{place}/i", i, written)
        return [(place, t, i)]
    series = []
    for name in parts[0].rows:
        if name == "t":
            continue
        place = _free(file, f"traces/{monitor.population}/{name}", monitor)
        values = _joined_field(parts, name)
        _name(file, f"{place}/t", t, written)
        data = _name(file, f"{place}/value", values, written)
        data.attrs["unit"] = monitor.unit[name]
        data.attrs["axes"] = TIMES_FIRST
        data.attrs["threshold"] = monitor.threshold.get(name, np.nan)
        cells = [0] if monitor.cells is None else monitor.cells
        file.create_dataset(f"{place}/cells", data=np.array(cells, np.int64), track_times=False)
        series.append((place, t, np.atleast_2d(values.T)))
    return series


def _joined(parts: list[Part]) -> list[Part]:
    """Parts that follow each other as one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        follows = last is not None and part.first == last.first + len(last)
        if last is None or not follows or part.again or last.again:
            found.append(part)
            continue
        rows = {k: np.concatenate([last.rows[k], v]) for k, v in part.rows.items()}
        shifts = last.shifts + [(row + len(last), shift) for row, shift in part.shifts]
        found[-1] = Part(last.first, rows, shifts)
    return found


def _joined_times(parts: list[Part]) -> Any:
    """Times of the whole run; the monitor's own where they are the same."""
    if len(parts) == 1 and not any(shift for _, shift in parts[0].shifts):
        return parts[0].rows["t"]
    shifted = []
    for part in parts:
        t = np.array(part.rows["t"], np.float64)
        ends = [row for row, _ in part.shifts[1:]] + [len(t)]
        for (row, shift), end in zip(part.shifts, ends):
            t[row:end] += shift
        shifted.append(t)
    return np.concatenate(shifted)


def _joined_field(parts: list[Part], name: str) -> Any:
    return parts[0].rows[name] if len(parts) == 1 else np.concatenate([p.rows[name] for p in parts])


def _free(file: Any, place: str, monitor: MonitorRows) -> str:
    """A place that is free: a second monitor of a population is called by its own name."""
    if place not in file:
        return place
    other = place.replace(f"/{monitor.population}", f"/{monitor.population}_{monitor.name}", 1)
    return other if other not in file else f"{other}_{monitor.key}"


def _name(file: Any, place: str, values: Any, written: list[tuple[Part, Any]]) -> Any:
    """Write values, or give the data set of a monitor that holds them one more name."""
    for part, group in written:
        for field_, own in part.rows.items():
            if own is values:
                file[place] = group[field_]
                return file[place]
    data = file.create_dataset(place, data=values, track_times=False)
    data.attrs["unit"] = "s" if place.endswith("/t") else ""
    return data


def read_parts(run: Path, keys: Iterable[str], segments: int) -> dict[str, list[Part]]:
    """The rows of monitors in the first segments of a run, in order."""
    import h5py

    found: dict[str, list[Part]] = {key: [] for key in keys}
    for path in sorted((run / layout.RECORDING).glob("*.h5")):
        if int(path.stem) >= segments:
            break
        with h5py.File(path, "r") as file:
            for key in found.keys() & file.get("monitors", {}).keys():
                group = file["monitors"][key]
                for number in sorted(group, key=int):
                    part = group[number]
                    rows = {name: part[name][:] for name in part}
                    found[key].append(Part(int(part.attrs["first"]), rows))
    return found
