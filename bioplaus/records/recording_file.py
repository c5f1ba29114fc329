"""What one segment recorded, in one closed HDF5 file.

Groups ``spikes/<population>`` with ``t`` [s] and ``i``, and ``traces/<population>/<variable>`` with
``t`` [s], ``value`` (cells, times), ``cells`` and the unit of the value as an attribute; where
there are presentations, a group ``presentations`` with ``start`` and ``stop`` [s] and ``label``;
and, where they are known, ``response`` and ``learning``; where there is plasticity,
``weights/<projection>`` with a histogram and an image; and ``arrays/<name>``, which says itself
what its dimensions are.  ``overview`` stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.records import atomic
from bioplaus.records.arrays import ArrayRecord
from bioplaus.records.overview import write_overview
from bioplaus.records.recording import Presentations, Recording, TraceRecord
from bioplaus.records.weights import WeightRecord

__all__ = [
    "TIMES_FIRST",
    "groups_of",
    "in_order",
    "read_recording",
    "read_spikes",
    "read_trace",
    "recorded_groups",
    "write_recording",
    "write_weights",
]

TIMES_FIRST = "times, cells"
"""The order of axes of a trace that is kept as a monitor of Brian2 has it."""


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
                for name, column in recording.presentations.said().items():
                    data = _dataset(group, name, column)
                    if name in ("start", "stop"):
                        data.attrs["unit"] = "s"
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
