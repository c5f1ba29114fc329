"""What keys do: move the window and the cell, go to the next of something."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from bioplaus.records import Windows
from bioplaus.viewer.view_state import Eye

__all__ = ["HELP", "Hands"]

HELP = """left, right: a quarter of the view;  + -: half, double;  Home: all
End: the end, and follow;  f: follow;  up, down: cell
p P: next, last presentation;  e E: error;  s S: segment;  n N: spike of the cell
g: go to 103, 12.5s, e, #412;  1 to 8: tabs;  l: list;  c: compare the chosen runs
m: learning curves in small figures;  x: figure and table of the view;  ?: this table
wheel: zoom time;  drag: move;  double click: all;  click on a row: choose the cell"""

_EPSILON = 1e-9


class Hands:
    """Moves the eye over a run.

    Parameters
    ----------
    store
        The run's recordings.
    eye
        What is moved.
    """

    def __init__(self, store: Windows, eye: Eye) -> None:
        self.store, self.eye = store, eye

    def press(self, key: str) -> str:
        """Do what a key does; returns what it did, for those who cannot see it."""
        eye = self.eye
        start, end = eye.window
        span, middle = end - start, (start + end) / 2
        windows: dict[str, tuple[float, float]] = {
            "ArrowLeft": (start - span / 4, end - span / 4),
            "ArrowRight": (start + span / 4, end + span / 4),
            "+": (middle - span / 4, middle + span / 4),
            "-": (middle - span, middle + span),
            "Home": eye.whole,
        }
        if key in windows:
            eye.look(*windows[key])
            return f"{eye.window[0]:.4f} s to {eye.window[1]:.4f} s"
        if key in ("End", "f"):
            eye.following = key == "End" or not eye.following
            if eye.following:
                eye.look(eye.whole[1] - span, eye.whole[1], following=True)
            return "following the run" if eye.following else "no longer following"
        if key in ("ArrowUp", "ArrowDown"):
            return self._cell(eye.cell + (1 if key == "ArrowUp" else -1))
        if key.lower() in _SERIES:
            return self._step(key.lower(), forward=key.islower())
        return ""

    def go(self, text: str) -> str:
        """Go to a presentation by number, a time, a cell (``#412``), or what a letter names."""
        text = text.strip()
        time = re.fullmatch(r"([-+\d.eE]+)\s*(ms|s)", text)
        if text.lower() in _SERIES:
            return self._step(text.lower(), forward=text.islower())
        if text.startswith("#") and text[1:].isdigit():
            return self._cell(int(text[1:]))
        try:
            if time:
                at = float(time.group(1)) * (1e-3 if time.group(2) == "ms" else 1.0)
                self.eye.around(at)
                return f"at {at:g} s"
            number = int(text)
        except ValueError:
            return f"{text!r} is no presentation, time (12.5s), cell (#412) or letter (e, p, s, n)"
        shown = self.store.presentations()
        if shown is None or not 1 <= number <= len(shown.start):
            there = 0 if shown is None else len(shown.start)
            return f"there is no presentation {number}; there are {there}"
        self.eye.around(float(shown.start[number - 1]))
        return f"presentation {number}"

    def _cell(self, cell: int) -> str:
        eye, store = self.eye, self.store
        population = eye.population or next(iter(store.populations), "")
        if not population:
            return "no spikes were recorded"
        cell = min(max(cell, 0), max(store.cells(population) - 1, 0))
        eye.choose(population, cell)
        return f"cell {cell} of {population}"

    def _step(self, what: str, forward: bool) -> str:
        """To the next time in a series, or the last one before."""
        name, times_of = _SERIES[what]
        times = times_of(self)
        start, end = self.eye.window
        here = start + 0.1 * (end - start)
        later = times[times > here + _EPSILON] if forward else times[times < here - _EPSILON]
        if not len(later):
            return f"no {'later' if forward else 'earlier'} {name}"
        at = float(later[0] if forward else later[-1])
        self.eye.around(at)
        return f"{name} at {at:.4f} s"

    def _presentations(self) -> Any:
        shown = self.store.presentations()
        return np.empty(0) if shown is None else shown.start

    def _errors(self) -> Any:
        shown = self.store.presentations()
        return np.empty(0) if shown is None else shown.start[shown.wrong]

    def _segments(self) -> Any:
        try:
            ends = self.store.run.metrics.get("simulated_time_s", np.empty(0))
        except ValueError:
            return np.empty(0)
        return np.append(0.0, ends)

    def _spikes(self) -> Any:
        """Of the chosen cell, as far as it takes to find one on either side."""
        eye, store = self.eye, self.store
        if eye.population not in store.populations or eye.cell < 0:
            return np.empty(0)
        start, end = eye.window
        low, high = eye.whole
        reach = end - start
        while True:
            t, i = store.spikes(eye.population, (start - reach, end + reach))
            mine = t[i == eye.cell]
            here = start + 0.1 * (end - start)
            both = (mine < here - _EPSILON).any() and (mine > here + _EPSILON).any()
            if both or (start - reach <= low and end + reach >= high):
                return mine
            reach *= 4


_SERIES: dict[str, tuple[str, Callable[[Hands], Any]]] = {
    "p": ("presentation", Hands._presentations),
    "e": ("error", Hands._errors),
    "s": ("segment", Hands._segments),
    "n": ("spike", Hands._spikes),
}
