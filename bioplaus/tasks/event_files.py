"""Spikes from files: Heidelberg digits (HDF5), N-MNIST (40 bits an event), and data sets of Tonic.

Files are the user's own; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bioplaus.tasks.data_files import DataFileError
from bioplaus.tasks.events import EventError, Events
from bioplaus.tasks.trains import SpikeTrains

__all__ = ["events_of_tonic", "read_heidelberg", "read_n_mnist"]

HEIDELBERG_UNITS = 700

N_MNIST_SIDE = 34
N_MNIST_RECORD = 5
"""Bytes an event."""
OVERFLOW_ROW, OVERFLOW_S = 240, 8192e-6
"""A record of this row is no event: it and all that follow are so much later."""


def read_heidelberg(path: str | Path, duration: float | None = None) -> Events:
    """Examples of the Spiking Heidelberg Digits or Speech Commands, 700 units (Cramer 2020).

    duration : of an example [s]; as long as the longest where it is not given.

    Raises
    ------
    DataFileError
        If the file is missing, cut short, or lacks one of its datasets.
    EventError
        If its spikes are out of order or of no unit.
    """
    import h5py

    try:
        with h5py.File(path) as file:
            times = [np.asarray(t, np.float64) for t in file["spikes/times"]]
            units = [np.asarray(i, np.int64) for i in file["spikes/units"]]
            labels = np.asarray(file["labels"], np.int64)
    except FileNotFoundError:
        raise DataFileError(f"{path} is missing") from None
    except (OSError, KeyError) as error:
        reason = str(error).strip("'\"")
        raise DataFileError(
            f"{path} is no file of spikes/times, spikes/units and labels in HDF5, or is cut short: "
            f"{reason}"
        ) from error
    return _joined(zip(times, units, strict=True), labels, HEIDELBERG_UNITS, duration)


def read_n_mnist(folder: str | Path, rows: Iterable[int] | None = None) -> Events:
    """A part of N-MNIST (Orchard 2015): a folder with folders 0 to 9 of files, 2 x 34 x 34 units.

    Unit (34 polarity + y) 34 + x.  Examples are in the order of class and name; ``rows`` : some.

    Raises
    ------
    DataFileError
        If there are no files, or one is cut short or has a pixel outside.
    """
    paths = sorted(Path(folder).glob("[0-9]/*.bin"))
    if not paths:
        raise DataFileError(f"{folder} has no files like 7/00042.bin")
    paths = paths if rows is None else [paths[row] for row in rows]
    labels = np.array([int(path.parent.name) for path in paths])
    units = 2 * N_MNIST_SIDE**2
    return _joined(map(_n_mnist_events, paths), labels, units, None)


def _n_mnist_events(path: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    content = np.fromfile(path, np.uint8)
    if len(content) % N_MNIST_RECORD:
        raise DataFileError(
            f"{path} is cut short: {len(content)} bytes are no whole number of records of "
            f"{N_MNIST_RECORD}"
        )
    x, y, *late = content.reshape(-1, N_MNIST_RECORD).T.astype(np.int64)
    polarity, ticks = late[0] >> 7, (late[0] & 127) << 16 | late[1] << 8 | late[2]
    overflow = y == OVERFLOW_ROW
    t = 1e-6 * ticks + OVERFLOW_S * np.cumsum(overflow)
    outside = ~overflow & ((x >= N_MNIST_SIDE) | (y >= N_MNIST_SIDE))
    if outside.any():
        k = int(np.argmax(outside))
        raise DataFileError(f"{path}, record {k}: pixel ({x[k]}, {y[k]}) is outside of 34 x 34")
    unit = (N_MNIST_SIDE * polarity + y) * N_MNIST_SIDE + x
    return t[~overflow], unit[~overflow]


def events_of_tonic(dataset: Any, rows: Iterable[int] | None = None) -> Events:
    """A data set of the package Tonic, or anything of its form.

    dataset : has a length and ``sensor_size`` (x, y, p), and gives (events, label), events having
    fields ``t`` [us] and some of ``x``, ``y``, ``p``; rows : some of its examples.  Unit
    (p Y + y) X + x; where the size has one polarity, it is the smallest.

    Raises
    ------
    EventError
        If there is no field ``t``, a label is no whole number, or a spike is outside.
    """
    width, height, polarities = (int(n) for n in dataset.sensor_size)
    found, labels = [], []
    for row in range(len(dataset)) if rows is None else rows:
        events, label = dataset[row]
        names = events.dtype.names or ()
        if "t" not in names:
            raise EventError(f"example {row} has fields {', '.join(names) or 'none'}, and no t")
        if not isinstance(label, (int, np.integer)):
            raise EventError(f"example {row} has the label {label!r}, which is no whole number")
        x, y, p = (
            events[name].astype(np.int64) if name in names else np.zeros(len(events), np.int64)
            for name in "xyp"
        )
        p = p - p.min() if polarities == 1 and len(p) else p
        for name, values, extent in (("x", x, width), ("y", y, height), ("p", p, polarities)):
            if np.any((values < 0) | (values >= extent)):
                raise EventError(f"example {row}: {name} goes to {values.max()}, of {extent}")
        found.append((events["t"] * 1e-6, (p * height + y) * width + x))
        labels.append(int(label))
    return _joined(found, np.array(labels), width * height * polarities, None)


def _joined(
    examples: Iterable[tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]],
    labels: npt.NDArray[np.int64],
    size: int,
    duration: float | None,
) -> Events:
    times, units = zip(*examples, strict=True)
    start = np.concatenate([[0], np.cumsum([len(t) for t in times])])
    t, i = np.concatenate(times), np.concatenate(units)
    if duration is None:
        duration = float(np.nextafter(t.max(initial=0.0), np.inf))
    return Events(SpikeTrains(start, t, i), labels, size, duration)
