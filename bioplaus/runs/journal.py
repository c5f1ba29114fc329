"""What hears of a page's run while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bioplaus.records import Recording

if TYPE_CHECKING:
    from bioplaus.runs.run import Run

__all__ = ["Journal"]


class Journal:
    """What is told of a run while it goes on, and may end it by an exception; this one keeps
    nothing."""

    kept = False
    """Whether there are states from which the run could go on."""

    def warn(self, text: str) -> None:
        """Something looks wrong."""

    def open(self, run: Run, segments: int) -> None:
        """The page has been set up, and so many segments will come in all."""

    def begin_segment(self, run: Run) -> None:
        """A segment begins: changes are made now."""

    def expect(self, run: Run, size: float) -> None:
        """A schedule is presented for the first time, and will record so many bytes, about."""

    def progress(self, run: Run, fraction: float) -> None:
        """A fraction of the present segment is done."""

    def end_segment(self, run: Run, row: Mapping[str, float], recording: Recording) -> None:
        """A segment is complete, with its metrics and what it has recorded."""
