"""When a state is written: seldom enough to cost little, and never decided by what it keeps.

Nothing that is compared depends on it, for it follows the clock.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bioplaus.runs.scripts.course import Course
from bioplaus.runs.scripts.source import write_modules

__all__ = ["QUIET", "Keeping", "Options"]

QUIET = 2.0
"""Seconds of work before which nothing is kept."""
FREE_LOOKING = 0.1
SHARE_OF_LOOKING = 0.005
"""Seconds, and of the time, that may go into noting how things are where loops and runs begin."""


@dataclass(frozen=True)
class Options:
    """How a script is run; what a run directory's ``options`` hold.

    segment : simulated length of a segment [s], 0 to choose one; checkpoint : wall time between
    two states, at least [s]; loops : which are taken up in their middle (``auto``, ``marked``,
    ``none``); patience : a state waits until so many times the cost of the last one have passed.
    """

    segment: float = 0.0
    checkpoint: float = 20.0
    loops: str = "auto"
    patience: float = 40.0


class Keeping:
    """Decides when there is time to look at everything, and to write it down."""

    def __init__(self, course: Course, options: Options) -> None:
        self.course, self.options = course, options
        self._began = time.monotonic()
        self._cost = 0.02
        self.caught_up()
        self._looked = 0.0
        self._places: set[Any] = set()

    def caught_up(self) -> None:
        """What comes now is new: time is counted from here."""
        self._last_kept = time.monotonic()
        self._next = self._earliest(self.options.checkpoint)

    def due(self) -> bool:
        """Whether a state may be written now; asked in every turn of a loop."""
        return time.monotonic() >= self._next and not self.course.replaying

    def due_after(self, wait: float) -> bool:
        """Whether one may that waits so long after the last one [s]."""
        return time.monotonic() >= self._earliest(wait) and not self.course.replaying

    def _earliest(self, wait: float) -> float:
        """When a state may be written that waits so long after the last one [s of the clock]."""
        options = self.options
        wait = max(min(wait, options.checkpoint), options.patience * self._cost)
        return max(self._last_kept + wait, self._began + min(QUIET, options.checkpoint))

    def affords_looking(self, place: Any, work: float = 0.0) -> bool:
        """Whether one more look at everything keeps within its share of the time.

        place : where; the first look at a place is always afforded; work : what is simulated
        next, estimated [s].
        """
        first = place not in self._places
        self._places.add(place)
        spent = time.monotonic() - self._began + work
        eager = self.options.patience == 0
        return first or eager or self._looked <= FREE_LOOKING + SHARE_OF_LOOKING * spent

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Count the time of a look."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._looked += time.perf_counter() - began
            self.course.seconds["looking"] += time.perf_counter() - began

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Put on disk what a state counts as done; count the time that the state costs."""
        began = time.perf_counter()
        self.course.kept.flush()
        self.course.outside.flush()
        write_modules(self.course.writer.path, self.course.own.modules())
        yield
        self._cost = time.perf_counter() - began
        self.caught_up()
        self.course.seconds["states"] += self._cost
        self.course.counts["states"] += 1
