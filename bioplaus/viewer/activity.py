"""Everything a run recorded over one time axis, drawn anew for every window."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from bokeh.document import without_document_lock
from bokeh.events import DoubleTap, Tap
from bokeh.layouts import column, row
from bokeh.models.annotations import Span
from bokeh.models.widgets import Div, MultiChoice, NumericInput

from bioplaus.records import Windows
from bioplaus.viewer import cells
from bioplaus.viewer.controls import missing, select
from bioplaus.viewer.in_view import InView
from bioplaus.viewer.panels import Bands, Rates, Strip, Trace
from bioplaus.viewer.raster import Raster
from bioplaus.viewer.view_state import Eye

__all__ = ["Activity"]

_READER = ThreadPoolExecutor(1, "reader")
"""Reads for all visitors, so that a slow disk keeps nothing else waiting."""
_RASTERS_HEIGHT = 420
_TRACE_HEIGHT = 88
_FIRST_TRACES = 4
_HOW_TO_RECORD = "--record hidden,hidden.v:5 records spikes of hidden, and v of five of its cells"


class Activity:
    """Panels of one run: presentations, spikes by population, variables, rates.

    Parameters
    ----------
    store
        The run's recordings.
    eye
        The window and the cell that all panels show.
    watch
        Called with a figure and a function from time and height to what lies there.
    drawn
        Called after each drawing.
    """

    def __init__(
        self,
        store: Windows,
        eye: Eye,
        watch: Callable[[Any, Any], None],
        drawn: Callable[[], None],
    ) -> None:
        self.store, self.eye, self._watch, self._drawn = store, eye, watch, drawn
        self._looks, self._reading, self._version = 0, False, -1
        self._drawn_for: list[int] = []
        self._cross = Span(dimension="height", line_dash="dotted")
        self._panels: dict[str, Any] = {}
        self._stack = column(sizing_mode="stretch_width")
        self.choice: Any = MultiChoice(title="panels", options=[], sizing_mode="stretch_width")
        self.cell: Any = NumericInput(title="cell", mode="int", low=0, width=80)
        self.population: Any = select("of", [], 140)
        self.pick: Any = select("pick", ["", *cells.PICKS], 170)
        self.order: Any = select("order of cells", [*cells.ORDERS], 170)
        self.order.value = next(iter(cells.ORDERS))
        self.note = Div(text="", sizing_mode="stretch_width")
        self.in_view = InView(eye)
        controls = row(self.population, self.cell, self.pick, self.order, self.choice)
        controls.sizing_mode = "stretch_width"
        body = (controls, self.note, self._stack, self.in_view.layout)
        self.layout = column(*body, sizing_mode="stretch_width")
        self.choice.on_change("value", lambda attr, old, new: self._arrange())
        self.order.on_change("value", lambda attr, old, new: self._sort())
        self.pick.on_change("value", lambda attr, old, new: self._pick(new))
        self.cell.on_change("value", lambda attr, old, new: self._type())
        self.population.on_change("value", lambda attr, old, new: self._type())
        for end in ("start", "end"):
            eye.time.on_change(end, self.later)
        eye.changed.append(self._show_choice)
        self.refresh(fresh=True)

    def refresh(self, fresh: bool = False) -> None:
        """Take up recordings that were closed since the last look."""
        self.store.refresh()
        if not self._names():
            self.note.text = missing(self.store.run, "spikes or variables", _HOW_TO_RECORD)
        if self.store.version == self._version and not fresh:
            return
        self._version = self.store.version
        self.eye.extend(self.store.ends)
        for panel in self._panels.values():
            if isinstance(panel, Raster | Strip):
                panel.refresh()
            elif isinstance(panel, Bands):
                panel.shown = self.store.presentations() or panel.shown
        names = self._names()
        if names != self.choice.options:
            known = set(self.choice.options)
            traces = [name for name in names if name.startswith("trace ")]
            shown = {*names} - {*traces[_FIRST_TRACES:]}
            new = [name for name in names if name in shown - known]
            self.choice.options = names
            populations = self.store.populations
            self.population.options = populations
            if populations and not self.population.value:
                chosen = self.eye.population in populations and self.eye.cell >= 0
                self.population.value = self.eye.population if chosen else populations[0]
                self.cell.value = self.eye.cell if chosen else None
            wanted = [name for name in names if name in {*self.choice.value, *new}]
            if wanted != self.choice.value:
                self.choice.value = wanted  # which draws
                return
        self.draw()

    def _names(self) -> list[str]:
        store = self.store
        shown = ["presentations"] if store.presentations() is not None else []
        names = [f"spikes {name}" for name in store.populations]
        traces = [f"trace {'.'.join(name)}" for name in store.variables]
        return [*shown, *names, *traces, *(["rates"] if names else [])]

    def _arrange(self) -> None:
        """Make the chosen panels and stack them in their order."""
        store, eye, cross = self.store, self.eye, self._cross
        wanted = list(self.choice.value)
        rasters = sum(name.startswith("spikes ") for name in wanted)
        height = max(90, _RASTERS_HEIGHT // max(rasters, 1))
        for name in wanted:
            kind, _, of = name.partition(" ")
            if name in self._panels:
                continue
            if kind == "spikes":
                panel: Any = Raster(store, of, eye, cross, height)
                panel.range.on_change("start", self.later)
                panel.range.on_change("end", self.later)
                panel.plot.on_event(Tap, partial(self._tap, panel))
                panel.plot.on_change("inner_height", self._resize)
            elif kind == "trace":
                population, _, variable = of.rpartition(".")
                panel = Trace(store, (population, variable), eye, cross, _TRACE_HEIGHT)
            elif kind == "rates":
                panel = Rates(eye, cross, 100)
            else:
                shown = store.presentations()
                assert shown is not None
                panel = Bands(shown, eye, cross)
            panel.plot.on_event(DoubleTap, lambda event: eye.look(*eye.whole))
            panel.plot.on_change("inner_width", self._resize)
            self._watch(panel.plot, partial(self._under, panel))
            self._panels[name] = panel
        for name in wanted:
            if name.startswith("spikes "):
                self._panels[name].plot.height = height
        if wanted and "strip" not in self._panels:
            self._panels["strip"] = Strip(store, eye)
        chosen = [self._panels[name].plot for name in ("strip", *wanted) if wanted]
        for plot in chosen:
            plot.xaxis.visible = False
        if chosen:
            chosen[-1].xaxis.visible = True
            chosen[-1].xaxis.axis_label = "time [s]"
        self._stack.children = chosen
        self.draw()

    # Drawing

    def later(self, attr: str, old: Any, new: Any) -> None:
        """Draw soon, once for both ends of a range that change one after the other."""
        document = self.layout.document
        if document is None:
            return
        self._looks += 1
        if not self._reading:
            self._reading = True
            unlocked: Any = without_document_lock(self._read_ahead)
            document.add_next_tick_callback(unlocked)

    async def _read_ahead(self) -> None:
        """Read what is in view while everything else goes on, and again if that has changed."""
        loop, looks, read = asyncio.get_running_loop(), -1, {}
        try:
            while looks != self._looks:
                looks = self._looks
                read = await loop.run_in_executor(_READER, self._read)
        finally:
            self._reading = False
        document = self.layout.document
        if document is not None:
            document.add_next_tick_callback(partial(self._draw_of, looks, read))

    def _draw_of(self, looks: int, read: dict[str, Any]) -> None:
        """Draw what was read if nothing else was asked for or drawn since."""
        if looks == self._looks:
            self.draw(read)

    def _read(self) -> dict[str, Any]:
        """What the panels in view need of the recordings, by name."""
        kinds = Raster | Trace
        shown = list(self.shown.items())
        return {name: panel.read() for name, panel in shown if isinstance(panel, kinds)}

    def _resize(self, attr: str, old: Any, new: int) -> None:
        """The browser tells the size of each panel; draw if that is not what was drawn for."""
        if attr == "inner_width":
            self.eye.columns = new
        if self._size() != self._drawn_for:
            self.later(attr, old, new)

    def _size(self) -> list[int]:
        rasters = [panel for panel in self.shown.values() if isinstance(panel, Raster)]
        return [self.eye.columns, *(panel.size[1] for panel in rasters)]

    @property
    def shown(self) -> dict[str, Any]:
        """The panels in view, by name."""
        return {name: self._panels[name] for name in self.choice.value}

    def draw(self, read: dict[str, Any] | None = None) -> None:
        """Draw what the window shows, of what was read of it; without that, read it now."""
        start, end = self.eye.window
        if end <= start or not self._panels:
            return
        self._looks += 1
        self._drawn_for = self._size()
        read = self._read() if read is None else read
        held = {}
        rates = None
        for name, panel in self.shown.items():
            if isinstance(panel, Raster):
                held[panel.population] = read[name]
            if isinstance(panel, Rates):
                rates = panel
            elif name in read:
                panel.draw(read[name])
            elif isinstance(panel, Bands):
                panel.draw()
        if rates is not None:
            rates.draw(held, self.store)
        notes = [
            f"<b>{html.escape(name)}</b> {panel.note}"
            for name, panel in self.shown.items()
            if panel.note
        ]
        unreadable = [f"{name}: {why}" for name, why in self.store.unreadable.items()]
        notes += [f"<b>unreadable</b> {html.escape(text)}" for text in unreadable]
        self.note.text = " &nbsp;·&nbsp; ".join(notes)
        self.in_view.tell(held, self.store)
        self._drawn()

    def _under(self, panel: Any, time: float, level: float) -> str:
        bands = self._panels.get("presentations")
        shown = bands.at(time) if isinstance(bands, Bands) else ""
        name = next(name for name, known in self._panels.items() if known is panel)
        where = f"{name.partition(' ')[2] or name}: {panel.under(time, level)}"
        return f"{where}; {shown}" if shown else where

    # The chosen cell

    def _tap(self, panel: Raster, event: Any) -> None:
        self.eye.choose(panel.population, panel.cell_at(event.y))

    def _type(self) -> None:
        if self.cell.value is not None and self.population.value:
            self.eye.choose(self.population.value, int(self.cell.value))

    def _show_choice(self) -> None:
        if self.eye.population in self.store.populations:
            self.population.value = self.eye.population
            self.cell.value = self.eye.cell if self.eye.cell >= 0 else None
        self.draw()

    def _pick(self, how: str) -> None:
        population = self.population.value
        if not how or not population:
            return
        _, i = self.store.spikes(population, self.eye.window)
        counts = np.bincount(i, minlength=max(self.store.cells(population), 1))
        self.eye.choose(population, cells.PICKS[how](counts, self._recorded(population)))
        self.pick.value = ""

    def _recorded(self, population: str) -> list[int]:
        """Cells of which a variable was recorded."""
        units = (self.store.units[("traces", *name)] for name in self.store.variables)
        of = zip(self.store.variables, units)
        return [int(cell) for name, (_, known) in of if name[0] == population for cell in known]

    def _sort(self) -> None:
        """Order the rows of every raster anew."""
        rasters = (panel for panel in self._panels.values() if isinstance(panel, Raster))
        for panel in rasters:
            spikes = self.store.spikes(panel.population, self.eye.window)
            number = max(self.store.cells(panel.population), 1)
            key = cells.ORDERS[self.order.value]
            panel.rank = key and cells.ranked(key(*spikes, number, self.store.presentations()))
        self.draw()
