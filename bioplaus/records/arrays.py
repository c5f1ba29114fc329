"""Arrays with a name for every dimension, beside the spikes and traces of a segment.

A group ``arrays/<name>`` of a recording holds ``value`` with its unit and the names of its axes,
in order, as attributes, and ``axes/<axis>``, what stands along each, with its unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ArrayRecord", "Axis"]


@dataclass(frozen=True)
class Axis:
    """What stands along a dimension: (n,) numbers in ``unit``, or texts."""

    values: NDArray[Any]
    unit: str = ""


@dataclass(frozen=True)
class ArrayRecord:
    """An array in ``unit`` and its axes by name, in the order of its dimensions."""

    value: NDArray[Any]
    unit: str
    axes: Mapping[str, Axis]

    @classmethod
    def of(cls, name: str, value: Any, unit: str, axes: Mapping[str, Any]) -> ArrayRecord:
        """An array with axes as they are given: numbers, texts, or a pair (numbers, unit).

        Raises
        ------
        ValueError
            For a name with a slash, for an array of anything but numbers, and for axes that are
            not those of the array.
        """
        if not name or "/" in name:
            raise ValueError(f"an array cannot be called {name!r}: write a name without a slash")
        whole = np.asarray(value)
        if whole.dtype.kind not in "biufc":
            raise ValueError(f"array {name!r} is of {whole.dtype}: give numbers; axes may be text")
        found = {}
        for axis, given in axes.items():
            pair = isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], str)
            along, of_axis = given if pair and not isinstance(given[0], str) else (given, "")
            found[axis] = Axis(np.asarray(along), of_axis)
        lengths = [axis.values.shape for axis in found.values()]
        if [(n,) for n in whole.shape] != lengths:
            told = ", ".join(f"{axis} {n}" for axis, n in zip(found, lengths)) or "none"
            raise ValueError(
                f"array {name!r} has the shape {whole.shape}, its axes are {told}: give each"
                " dimension an axis of its length, in order"
            )
        return cls(whole, unit, found)

    def write(self, group: Any) -> None:
        """Into a group of an HDF5 file."""
        data = group.create_dataset("value", data=self.value, track_times=False)
        data.attrs["unit"] = self.unit
        data.attrs["axes"] = "\n".join(self.axes)
        for name, axis in self.axes.items():
            text = axis.values.dtype.kind == "U"
            along = np.char.encode(axis.values, "utf-8") if text else axis.values
            data = group.create_dataset(f"axes/{name}", data=along, track_times=False)
            data.attrs["unit"] = axis.unit

    @classmethod
    def read(cls, group: Any) -> ArrayRecord:
        """From a group of an HDF5 file."""
        axes = {}
        for name in filter(None, str(group["value"].attrs["axes"]).split("\n")):
            data = group[f"axes/{name}"]
            along = data[()]
            text = along.dtype.kind == "S"
            axes[name] = Axis(np.char.decode(along, "utf-8") if text else along, data.attrs["unit"])
        return cls(group["value"][()], str(group["value"].attrs["unit"]), axes)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Every element: where it stands along each axis, and its value."""
        places = product(*(axis.values.tolist() for axis in self.axes.values()))
        return ((*place, value) for place, value in zip(places, self.value.ravel().tolist()))
