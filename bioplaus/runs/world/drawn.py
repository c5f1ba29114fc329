"""Figures that are open in pyplot while networks run, and whether they have been drawn into.

What a figure shows is no part of a state: a loop whose turns draw into one is not taken up in its
middle.  Matplotlib itself tells a figure of every change, as it must be drawn anew then.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from matplotlib._pylab_helpers import Gcf

from bioplaus.runs.kept.values import NotKept
from bioplaus.runs.world.caller import line_of_script

__all__ = ["DrawnInto", "OpenFigures", "check_figures", "open_figures"]

OpenFigures = dict[int, tuple[Any, ...]]
"""Number of each open figure, the current one last: itself, how often changed, its axes."""


class DrawnInto(NotKept):
    """An open figure that is not as it was."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"figure:figure {number}", what)

    def why(self, line: int | None = None) -> str:
        """For people: which figure, and which line draws."""
        return (
            f"{self.name} {self.what}, and what a figure shows cannot be kept; draw after the "
            "loop, or show or close the figure in the turn that draws it"
        )


class _Changes:
    """Counts the changes of a figure, and knows the line of the last."""

    def __init__(self, figure: Any) -> None:
        self.count = 0
        self.line: int | None = None
        self._told = figure.stale_callback
        figure.stale_callback = self._changed

    def _changed(self, figure: Any, stale: bool) -> None:
        canvas = figure.canvas
        if not (canvas.is_saving() or getattr(canvas, "drawing", False)):
            self.count += 1
            self.line = line_of_script()
        if self._told is not None:
            self._told(figure, stale)


_changes: WeakKeyDictionary[Any, _Changes] = WeakKeyDictionary()


def open_figures() -> OpenFigures:
    """The figures that are open; from now on their changes are counted."""
    found: OpenFigures = {}
    for number, manager in Gcf.figs.items():
        figure = manager.canvas.figure
        changes = _changes.get(figure)
        if changes is None:
            changes = _changes[figure] = _Changes(figure)
        found[number] = figure, changes.count, figure.gca() if figure.axes else None
    return found


def check_figures(before: OpenFigures) -> None:
    """Make sure that the open figures are as they were.

    Raises
    ------
    DrawnInto
        For the first that is not.
    """
    now = open_figures()
    for number, (figure, *seen) in now.items():
        if number not in before or before[number][0] is not figure:
            raise DrawnInto(number, "has been opened and is open still")
        if before[number][1:] != tuple(seen):
            line = _changes[figure].line
            where = f"at line {line}" if line else "meanwhile"
            raise DrawnInto(number, f"is open and has been drawn into {where}")
    for number in before:
        if number not in now:
            raise DrawnInto(number, "has been closed")
    if list(before) != list(now):
        raise DrawnInto(list(now)[-1], "has become the current one")
