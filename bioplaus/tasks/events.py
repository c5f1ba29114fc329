"""Spikes as data: labelled examples, one after the other in three arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bioplaus.errors import UserError
from bioplaus.tasks.trains import SpikeTrains

__all__ = ["NO_CLASS", "EventError", "Events"]

NO_CLASS = -1
"""The label of an example that is of no class, as in a schedule."""


class EventError(UserError, ValueError):
    """Spikes that cannot be: of a unit or at a time that there is not, or not in order."""


@dataclass(frozen=True, eq=False)
class Events:
    """Labelled spike trains, one part of a data set; two are equal when their arrays are.

    Raises
    ------
    EventError
        If a spike is of no unit, outside its example or before the one in front of it, or if the
        arrays do not belong together; it names the example.
    """

    spikes: SpikeTrains
    labels: npt.NDArray[np.int64]
    """(example,), -1 for one of no class."""
    size: int
    """Units."""
    duration: float
    """Of an example [s]."""

    def __post_init__(self) -> None:
        """Check every spike."""
        start, t, i = self.spikes
        if len(start) != len(self.labels) + 1:
            raise EventError(f"{len(start) - 1} spike trains for {len(self.labels)} labels")
        if len(t) != len(i) or start[0] != 0 or start[-1] != len(t) or np.any(np.diff(start) < 0):
            raise EventError(
                f"trains from {start[0]} to {start[-1]} over {len(t)} times and {len(i)} units"
            )
        self._refuse((i < 0) | (i >= self.size), i, f"is no unit of 0 to {self.size - 1}")
        outside = ~((t >= 0) & (t < self.duration))
        self._refuse(outside, t, f"s is not within the {self.duration:g} s of an example")
        back = np.diff(t, prepend=0.0) < 0
        back[start[:-1][start[:-1] < len(t)]] = False
        self._refuse(back, t, "s comes after a later spike; sort each example by time")

    def _refuse(
        self, wrong: npt.NDArray[np.bool_], values: npt.NDArray[np.generic], why: str
    ) -> None:
        if wrong.any():
            spike = int(np.argmax(wrong))
            example = int(np.searchsorted(self.spikes.start, spike, "right")) - 1
            place = spike - int(self.spikes.start[example])
            raise EventError(f"example {example}, spike {place}: {values[spike]} {why}")

    @classmethod
    def of_steps(
        cls, spikes: npt.ArrayLike, step: float, labels: npt.NDArray[np.int64] | None = None
    ) -> Events:
        """Spikes (example, step, unit) of a clock whose steps last ``step`` [s], as spike times.

        A number above 1 is as many spikes at the same time.
        """
        counts = np.asarray(spikes, dtype=np.int64)
        examples, steps, units = counts.shape
        example, at, i = (np.repeat(axis, counts[counts > 0]) for axis in np.nonzero(counts))
        start = np.searchsorted(example, np.arange(examples + 1))
        labels = np.full(examples, NO_CLASS, np.int64) if labels is None else labels
        return cls(SpikeTrains(start, at * np.float64(step), i), labels, units, steps * step)

    def __len__(self) -> int:
        """Examples."""
        return len(self.labels)

    def example(self, k: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Times [s] and units of one example."""
        here = slice(*self.spikes.start[[k, k + 1]])
        return self.spikes.t[here], self.spikes.i[here]

    def select(self, rows: npt.ArrayLike) -> Events:
        """Some of the examples, in this order."""
        rows = self._rows(rows)
        return Events(self.spikes.select(rows), self.labels[rows], self.size, self.duration)

    def _rows(self, chosen: Any) -> npt.NDArray[np.int64]:
        if not isinstance(chosen, slice):  # numbers or a mask; an empty list has no kind of its own
            chosen = np.asarray(chosen) if np.size(chosen) else []
        return np.arange(len(self))[chosen]

    def binned(self, step: float) -> npt.NDArray[np.uint8]:
        """Spikes in steps, (example, step, unit); what is between two steps is in the first.

        Raises
        ------
        EventError
            If a step is not positive, or more than 255 spikes of a unit fall into one.
        """
        at = self._steps(step)
        steps = max(1, math.ceil(self.duration / step - 1e-9))
        flat = (self._examples() * steps + at) * self.size + self.spikes.i
        counts = np.bincount(flat, minlength=len(self) * steps * self.size)
        if counts.size and counts.max() > np.iinfo(np.uint8).max:
            raise EventError(f"{counts.max()} spikes of a unit in a step of {step} s; at most 255")
        return counts.astype(np.uint8).reshape(len(self), steps, self.size)

    def merged(self, step: float) -> tuple[Events, int]:
        """Without the spikes that follow one of the same unit in the same step, and their number.

        For `SpikeGeneratorGroup`, which refuses two spikes of a unit in a step.
        """
        key = np.column_stack([self._examples(), self._steps(step), self.spikes.i])
        _, kept = np.unique(key, axis=0, return_index=True)
        kept.sort()
        start = np.searchsorted(kept, self.spikes.start)
        spikes = SpikeTrains(start, self.spikes.t[kept], self.spikes.i[kept])
        fewer = Events(spikes, self.labels, self.size, self.duration)
        return fewer, len(self.spikes.t) - len(kept)

    def sequence(
        self, order: npt.ArrayLike | None = None, gap: float = 0.0
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Units and times [s] of examples one after the other, ``gap`` [s] between two of them.

        In the order in which `SpikeGeneratorGroup` takes them.
        """
        rows = self._rows(slice(None) if order is None else order)
        start, t, i = self.spikes.select(rows)
        onset = np.repeat(np.arange(len(rows)) * (self.duration + gap), np.diff(start))
        return i, onset + t

    def _examples(self) -> npt.NDArray[np.int64]:
        return np.repeat(np.arange(len(self)), np.diff(self.spikes.start))

    def _steps(self, step: float) -> npt.NDArray[np.int64]:
        if not step > 0:
            raise EventError(f"a step of {step} s; it has to be positive")
        # A time that is a whole number of steps belongs to that step, however it was rounded.
        return np.floor(self.spikes.t / step + 1e-9).astype(np.int64)
