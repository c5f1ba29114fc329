"""What the tabs show of the chosen runs, each made when it is first looked at."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from bokeh.layouts import column
from bokeh.models.widgets import Div

from bioplaus.records import RunReader, Windows
from bioplaus.viewer.activity import Activity
from bioplaus.viewer.aligned import Aligned
from bioplaus.viewer.arrays import Arrays
from bioplaus.viewer.learning import Learning
from bioplaus.viewer.texts import Parameters, Texts
from bioplaus.viewer.tuning import Tuning
from bioplaus.viewer.view_state import Eye, View
from bioplaus.viewer.weights import Weights

__all__ = ["MOST_STACKED", "Contents", "store_of"]

_LOG = logging.getLogger(__name__)
MOST_STACKED = 4
"""Runs whose tabs stand below each other."""

_stores: WeakValueDictionary[Path, Windows] = WeakValueDictionary()
"""What was read of each run, shared by all who look at it."""


def store_of(path: Path) -> Windows:
    """The recordings of a run, read once for all."""
    store = _stores.get(path)
    if store is None:
        _stores[path] = store = Windows(path)
    return store


class Contents:
    """By tab and run, what is shown; a fault in one never empties another.

    Parameters
    ----------
    name
        What a run is called.
    tuning
        Whether anything may be asked of a run.
    watch, answer
        As :class:`bioplaus.viewer.activity.Activity` takes them.
    """

    def __init__(
        self,
        name: Callable[[Path], str],
        tuning: bool,
        watch: Callable[[Any, Any], None],
        answer: Callable[[], None],
    ) -> None:
        self._name, self._tuning, self._watch, self._answer = name, tuning, watch, answer
        self.parts: dict[str, dict[Path | None, Any]] = {}
        self.faults: dict[str, str] = {}

    def layout(self, tab: str, runs: Sequence[Path], view: View, eye: Eye) -> list[Any]:
        """Make a tab anew; returns what stands in it, one below the other."""
        if tab == "learning":
            learning = self.guarded(tab, partial(self._learning, runs, view))
            self.parts[tab] = {None: learning}
        else:
            many = runs[:MOST_STACKED]
            part = partial(self._part, tab, view=view, eye=eye)
            self.parts[tab] = {path: self.guarded(tab, partial(part, path)) for path in many}
        framed = partial(self._framed, alone=len(runs) == 1)
        return [framed(path, part) for path, part in self.parts[tab].items()]

    def refresh(self, tab: str) -> None:
        """Take up what has changed in the runs that a tab shows."""
        for part in filter(None, self.parts.get(tab, {}).values()):
            try:
                part.refresh()
            except Exception as error:
                self._fault(tab, error)
            else:
                self.faults.pop(tab, None)

    def first(self, tab: str) -> Any:
        """What a tab shows of the first run, if anything."""
        return next((part for part in self.parts.get(tab, {}).values() if part is not None), None)

    def guarded(self, tab: str, make: Callable[[], Any]) -> Any:
        """What is made for a tab; None if it could not be, and why stands in ``faults``."""
        try:
            return make()
        except Exception as error:
            self._fault(tab, error)
            return None

    def _fault(self, tab: str, error: Exception) -> None:
        told = " ".join(str(error).split())
        if self.faults.get(tab) != told:
            _LOG.warning("%s", tab, exc_info=error)
        self.faults[tab] = told

    def _learning(self, runs: Sequence[Path], view: View) -> Learning:
        return Learning({self._name(path): RunReader(path) for path in runs}, view.metric)

    def _part(self, tab: str, path: Path, view: View, eye: Eye) -> Any:
        if tab == "activity":
            return Activity(store_of(path), eye, self._watch, self._answer)
        if tab == "aligned":
            return Aligned(store_of(path), eye)
        if tab == "weights":
            return Weights(store_of(path), view.seg)
        if tab == "arrays":
            return Arrays(store_of(path))
        if tab == "tuning":
            return Tuning(RunReader(path), self._tuning)
        return {"parameters": Parameters, "text": Texts}[tab](RunReader(path))

    def _framed(self, path: Path | None, part: Any, alone: bool) -> Any:
        content = Div(text="nothing can be shown") if part is None else part.layout
        if path is None or alone:
            return content
        name = Div(text=f"<h3 style='margin:4px 0'>{html.escape(self._name(path))}</h3>")
        return column(name, content, sizing_mode="stretch_width")
