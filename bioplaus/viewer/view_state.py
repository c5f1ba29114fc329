"""What a visitor looks at: as text in the page's address, and as what all panels share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bokeh.models import Range1d

__all__ = ["TABS", "Eye", "View"]

TABS = ("learning", "activity", "aligned", "weights", "tuning", "parameters", "text", "arrays")
"""By their keys 1 to 8."""

SHORTEST_S = 1e-4
_FIRST_VIEW_S = 1.0
_RIM = 0.003  # the outline of a frame covers its outermost pixels


@dataclass(frozen=True)
class View:
    """What stands in the address: the chosen runs and where one looks in them.

    runs : as the list names them; t0, t1 : [s]; cell : -1 for none; segment : -1 for the newest.
    """

    run: tuple[str, ...] = ()
    tab: str = TABS[0]
    t0: float | None = None
    t1: float | None = None
    pop: str = ""
    cell: int = -1
    seg: int = -1
    metric: str = ""
    filter: str = ""
    group: str = ""
    theme: str = ""

    @classmethod
    def parse(cls, arguments: Mapping[str, Sequence[bytes | str]]) -> View:
        """From an address; what is unknown or no number is left at its default."""
        found: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            texts = [
                t.decode() if isinstance(t, bytes) else t for t in arguments.get(field.name, ())
            ]
            if not texts:
                continue
            try:
                found[field.name] = _READ.get(field.name, _last)(texts)
            except ValueError:
                continue
        view = cls(**found)
        return view if view.tab in TABS else dataclasses.replace(view, tab=TABS[0])

    def address(self) -> str:
        """The part of the address from ``?`` on; defaults are left out."""
        pairs: list[tuple[str, str]] = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            values = value if isinstance(value, tuple) else (value,)
            pairs += [(field.name, f"{v:.9g}" if isinstance(v, float) else str(v)) for v in values]
        return f"?{urlencode(pairs)}"


def _last(texts: list[str]) -> str:
    return texts[-1]


_READ: dict[str, Callable[[list[str]], Any]] = {
    "run": tuple,
    **{name: lambda texts: float(texts[-1]) for name in ("t0", "t1")},
    **{name: lambda texts: int(texts[-1]) for name in ("cell", "seg")},
}


class Eye:
    """The window of time and the cell that all panels of a visitor show.

    ``changed`` are called when the chosen cell has changed.  ``columns`` is how many pixels wide
    every panel over the common time is: a guess until the browser has told.
    """

    def __init__(self) -> None:
        self.time: Any = Range1d(start=0.0, end=_FIRST_VIEW_S, min_interval=SHORTEST_S)
        self.population = ""
        self.cell = -1
        self.following = True
        self.columns = 1100
        self.changed: list[Callable[[], None]] = []
        self._whole = (0.0, 0.0)
        self._moving = False
        for end in ("start", "end"):
            self.time.on_change(end, self._moved)

    def _moved(self, attr: str, old: float, new: float) -> None:
        if not self._moving:  # by hand, or the browser's echo of what it was told
            start, end = self.window
            self.following &= abs(end - self.whole[1]) < 0.01 * (end - start)

    @property
    def window(self) -> tuple[float, float]:
        """The time in view [s]."""
        return float(self.time.start), float(self.time.end)

    @property
    def seen(self) -> bool:
        """Whether there was anything to look at."""
        return self._whole != (0.0, 0.0)

    @property
    def whole(self) -> tuple[float, float]:
        """All that was recorded, with a rim [s]."""
        first, last = self._whole
        rim = max(_RIM * (last - first), SHORTEST_S)
        return first - rim, last + rim

    def extend(self, ends: tuple[float, float]) -> None:
        """Something recorded lies between these times [s]; a view that follows moves along."""
        if ends == (0.0, 0.0):
            return
        first, last = self._whole
        fresh = (first, last) == (0.0, 0.0)
        new = ends if fresh else (min(first, ends[0]), max(last, ends[1]))
        if new == self._whole:
            return
        self._whole = new
        self.time.update(bounds=self.whole)
        if fresh:
            self.look(new[1] - _FIRST_VIEW_S, self.whole[1], following=True)
        elif self.following:
            start, end = self.window
            self.look(self.whole[1] - (end - start), self.whole[1], following=True)

    def look(self, start: float, end: float, following: bool = False) -> None:
        """Show a stretch of time, moved and cut to lie within what was recorded."""
        low, high = self.whole
        span = min(max(end - start, SHORTEST_S), high - low)
        start = min(max((start + end - span) / 2, low), high - span)
        self.following, self._moving = following, True
        self.time.update(start=start, end=start + span)
        self._moving = False

    def around(self, time: float) -> None:
        """Keep the width of the view, with a time [s] at a tenth of it."""
        start, end = self.window
        self.look(time - 0.1 * (end - start), time + 0.9 * (end - start))

    def choose(self, population: str, cell: int) -> None:
        """Choose a cell."""
        if (population, cell) != (self.population, self.cell):
            self.population, self.cell = population, cell
            for call in self.changed:
                call()
