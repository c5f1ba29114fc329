"""What hears of a page's run while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bioplaus.records import Recording

__all__ = ["Heard", "Journal"]


class Heard(Protocol):
    """What a journal may ask of the run that it hears.

    done : segments that are complete.
    """

    done: int

    @property
    def time(self) -> float:
        """Simulated time [s]."""

    @property
    def to_come(self) -> int:
        """Segments that are complete, those of a state that is not taken up yet included."""

    def plastic_weights(self) -> dict[str, tuple[Any, str]]:
        """Plastic projections: name to (matrix (pre, post), its unit)."""

    def firing_ceilings(self) -> dict[str, tuple[int, float]]:
        """Populations of spiking cells: name to (neurons, shortest interval of spikes [s])."""

    def backend_report(self) -> dict[str, Any]:
        """What was compiled and what was not."""

    def tune(self, name: str, value: Any) -> None:
        """Take a new value of a tunable parameter."""

    def state(self) -> dict[str, Any]:
        """Everything needed to go on to the bit."""


class Journal:
    """What is told of a run while it goes on, and may end it by an exception; this one keeps
    nothing."""

    kept = False
    """Whether there are states from which the run could go on."""

    def warn(self, text: str) -> None:
        """Something looks wrong."""

    def open(self, run: Heard, segments: int) -> None:
        """The page has been set up, and so many segments will come in all."""

    def begin_segment(self, run: Heard) -> None:
        """A segment begins: changes are made now."""

    def expect(self, run: Heard, size: float) -> None:
        """A schedule is presented for the first time, and will record so many bytes, about."""

    def progress(self, run: Heard, fraction: float) -> None:
        """A fraction of the present segment is done."""

    def end_segment(self, run: Heard, row: Mapping[str, float], recording: Recording) -> None:
        """A segment is complete, with its metrics and what it has recorded."""
