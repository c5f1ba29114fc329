"""What is shown, when, and whether it is learned: named arrays over time, for every model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bioplaus.parameters import ParameterError

__all__ = ["Schedule", "common_step", "presentations", "stretch"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Schedule:
    """Arrays over the time since a run began, and tables that they point into.

    One vocabulary serves all models.  ``order`` (row of a table), ``label`` (class or -1),
    ``target``, ``plasticity`` (share of the learning rate), ``teaching`` (strength of the teacher,
    signed), ``fresh`` (1 where a presentation begins), ``quiet`` (1 where the network is
    silenced), ``stimulus``, ``command``, ``reward`` are signals; ``images`` and ``targets`` tables.

    Attributes
    ----------
    duration, frame
        Length of the run and step of the slow clock on which what is shown changes [s].
    signals
        Name to (step [s], values (steps,) or (steps, n)), read in equations as
        ``name(t - onset)`` or ``name(t - onset, i)``.
    tables
        Name to rows (rows, n), read as ``name(order(t - onset)*frame, i)``; not copied.
    shown
        (presentations, 3): start and stop [s] since the run began, label.
    """

    duration: float
    frame: float
    signals: Mapping[str, tuple[float, Any]]
    tables: Mapping[str, Any] = field(default_factory=dict)
    shown: Floats = field(default_factory=lambda: np.empty((0, 3)))

    def __post_init__(self) -> None:
        """Check that rows are in their tables.

        Raises
        ------
        ParameterError
            If ``order`` points outside a table.
        """
        if "order" in self.signals:
            rows = np.asarray(self.signals["order"][1])
            for name, table in self.tables.items():
                if rows.size and (rows.min() < 0 or rows.max() >= len(table)):
                    raise ParameterError(
                        f"order points to row {rows.max() if rows.min() >= 0 else rows.min():.0f} "
                        f"of {name}, which has {len(table)}"
                    )

    def __add__(self, later: Schedule) -> Schedule:
        """One after the other.

        Raises
        ------
        ParameterError
            If they have other signals, steps or tables.
        """
        alike = (
            self.frame == later.frame
            and self.signals.keys() == later.signals.keys()
            and self.tables.keys() == later.tables.keys()
            and all(self.signals[name][0] == later.signals[name][0] for name in self.signals)
            and all(self.tables[name] is later.tables[name] for name in self.tables)
        )
        if not alike:
            raise ParameterError(
                "schedules are joined that differ in frame, tables or signals: "
                f"{_signals(self)} and {_signals(later)}"
            )
        signals = {
            name: (step, np.concatenate([values, later.signals[name][1]]))
            for name, (step, values) in self.signals.items()
        }
        moved = later.shown + np.array([self.duration, self.duration, 0])
        shown = np.concatenate([self.shown, moved])
        return Schedule(self.duration + later.duration, self.frame, signals, self.tables, shown)


def _signals(schedule: Schedule) -> str:
    return ", ".join(f"{name} every {step} s" for name, (step, _) in schedule.signals.items())


def presentations(
    rows: ArrayLike,
    tables: Mapping[str, Any],
    *,
    presentation: float,
    frame: float,
    labels: ArrayLike | None = None,
    strength: ArrayLike = 0.0,
    teaching: ArrayLike = 0.0,
    settling: float = 0.0,
    pause: float = 0.0,
    blank: int = -1,
) -> Schedule:
    """Rows of tables, one after another, so that a long run needs no Python in between.

    A presentation lasts a whole number of frames; what is shown changes at frames only.  The share
    of the learning rate has a finer step where the settling is no whole frame.

    Parameters
    ----------
    rows
        (presentations,) row of the tables shown in each.
    presentation, frame, settling, pause
        Durations [s]; learning is off for ``settling`` at the start of each presentation and in
        the ``pause`` after it, in which row ``blank`` is shown without a label.
    labels
        (presentations,) classes to teach; None teaches nothing.
    strength, teaching
        (presentations,) or one number: share of the learning rate in force, strength of the
        teacher.

    Raises
    ------
    ParameterError
        If a presentation or pause is not a whole number of frames, settling is too long, or a row
        is in no table.
    """
    rows = np.asarray(rows, dtype=np.int64)
    shown, dark = _whole(presentation, frame, "presentation"), _whole(pause, frame, "pause")
    if settling > presentation:
        raise ParameterError(
            f"settling {settling} s is longer than the presentation {presentation} s"
        )
    each = shown + dark
    tick = common_step(frame, settling) if settling else frame
    learned = slice(_whole(settling, tick, "settling"), _whole(presentation, tick, "presentation"))
    ticks = _whole(each * frame, tick, "presentation")
    label = np.full(len(rows), -1) if labels is None else np.asarray(labels, dtype=np.int64)

    def within(values: ArrayLike, steps: int, window: slice, otherwise: Any) -> NDArray[Any]:
        """The same steps of every presentation, and something else in the others."""
        filled = np.full((len(rows), steps), otherwise)
        filled[:, window] = np.broadcast_to(values, len(rows))[:, None]
        return filled.ravel()

    lit = slice(0, shown)
    start = frame * (each * np.arange(len(rows)))
    return Schedule(
        duration=len(rows) * each * frame,
        frame=frame,
        signals={
            "order": (frame, within(rows, each, lit, blank)),
            "label": (frame, within(label, each, lit, -1)),
            "fresh": (frame, within(1.0, each, slice(0, 1), 0.0)),
            "plasticity": (tick, within(strength, ticks, learned, 0.0)),
            "teaching": (frame, within(teaching, each, lit, 0.0)),
        },
        tables=tables,
        shown=np.column_stack([start, start + frame * each, label]),
    )


def stretch(step: float, **signals: Any) -> Schedule:
    """Signals of one length, (steps,) or (steps, n), with a value for each ``step`` [s].

    Raises
    ------
    ParameterError
        If they differ in length.
    """
    lengths = {name: len(values) for name, values in signals.items()}
    if len(set(lengths.values())) != 1:
        raise ParameterError(f"signals of one stretch have one length, not {lengths}")
    steps = next(iter(lengths.values()))
    return Schedule(steps * step, step, {name: (step, each) for name, each in signals.items()})


def common_step(*durations: float) -> float:
    """The longest step [s] of which all durations [s] are multiples, to a microsecond.

    Raises
    ------
    ParameterError
        If a duration is negative, or none is positive.
    """
    whole = [round(duration * 1e6) for duration in durations]
    if min(whole) < 0 or max(whole) == 0:
        raise ParameterError(
            f"durations {durations} s must not be negative, and one must be positive"
        )
    return math.gcd(*whole) / 1e6


def _whole(duration: float, step: float, name: str) -> int:
    ratio = Fraction(round(duration * 1e6), round(step * 1e6))
    if ratio.denominator != 1:
        raise ParameterError(f"{name} {duration} s is not a whole number of steps of {step} s")
    return int(ratio)
