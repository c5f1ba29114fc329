"""Spikes around something that comes again: presentations, wrong answers, spikes of a cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.models.widgets import Div, Slider
from bokeh.plotting import figure
from numpy.typing import NDArray

from bioplaus.plotting import COLOURS
from bioplaus.records import Windows
from bioplaus.viewer.controls import missing, select, when_changed
from bioplaus.viewer.view_state import Eye

__all__ = ["Aligned", "aligned_spikes"]

_MOST_EVENTS = 400
_BINS = 60
_DASHES = ("solid", "dashed", "dotted")
"""Of lines whose colour comes again."""
_EVENTS = ("presentations", "wrong answers", "spikes of the cell")
_CELL, _POPULATION = "the chosen cell", "the whole population"


def aligned_spikes(
    t: NDArray[np.float64], events: NDArray[np.float64], before: float, after: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times of spikes from each event [s], from ``-before`` to ``after``, and whose they are.

    t : (spikes,) ascending; events : (events,).  A spike near two events is there twice.
    """
    first = np.searchsorted(t, events - before, "left")
    last = np.searchsorted(t, events + after, "right")
    number = np.repeat(np.arange(len(events)), last - first)
    place = np.arange(len(number)) - np.repeat(
        np.cumsum(last - first) - (last - first), last - first
    )
    return t[np.repeat(first, last - first) + place] - events[number], number


class Aligned:
    """Rows of spikes around events in the time in view, grouped by label, with the mean rate."""

    def __init__(self, store: Windows, eye: Eye) -> None:
        self.store, self.eye = store, eye
        self._drawn: Any = None
        self._unheard = 0
        self.events: Any = select("around", [*_EVENTS], 170)
        self.events.value = _EVENTS[0]
        self.population: Any = select("spikes of", [], 150)
        self.which: Any = select("cells", [_CELL, _POPULATION], 170)
        self.which.value = _POPULATION
        self.before: Any = Slider(
            title="before [ms]", start=0, end=500, value=20, step=5, width=180
        )
        self.after: Any = Slider(
            title="after [ms]", start=5, end=1000, value=100, step=5, width=180
        )
        self.note = Div(text="", sizing_mode="stretch_width")
        self.spikes = ColumnDataSource({"t": [], "row": [], "colour": [], "label": [], "at": []})
        self.rates = ColumnDataSource({"x": [], "y": [], "colour": [], "dash": [], "label": []})
        options: Any = {"sizing_mode": "stretch_width", "tools": "", "toolbar_location": None}
        options |= {"min_border_left": 76}
        self.rate_plot: Any = figure(height=170, y_axis_label="rate [Hz]", **options)
        look: Any = {"line_color": "colour", "line_dash": "dash", "line_width": 1.6}
        lines = self.rate_plot.multi_line("x", "y", source=self.rates, legend_field="label", **look)
        self.rate_plot.add_layout(
            self.rate_plot.legend[0], "above"
        )  # not beside: axes stay aligned
        self.rate_plot.legend.update(
            orientation="horizontal", label_text_font_size="10px", padding=2, border_line_color=None
        )
        tips = [("label", "@label"), ("rate", "$data_y{0.0} Hz")]
        self.rate_plot.add_tools(HoverTool(renderers=[lines], tooltips=tips, limit=1))
        self.plot: Any = figure(
            height=380,
            x_range=self.rate_plot.x_range,
            x_axis_label="time from the event [ms]",
            y_axis_label="event",
            **options,
        )
        look = {"marker": "dash", "angle": np.pi / 2, "size": 5, "line_color": "colour"}
        drawn = self.plot.scatter("t", "row", source=self.spikes, **look)
        tips = [("label", "@label"), ("event at", "@at{0.000} s"), ("spike", "@t{0.0} ms")]
        self.plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips, limit=1))
        for plot in (self.plot, self.rate_plot):
            plot.vspan(x=[0], line_color="#888888", line_dash="dashed")
        controls = row(self.events, self.population, self.which, self.before, self.after)
        body = (controls, self.note, self.rate_plot, self.plot)
        self.layout = column(*body, sizing_mode="stretch_width")
        when_changed((self.events, self.population, self.which), self.draw)
        when_changed((self.before, self.after), self.draw, "value_throttled")
        eye.changed.append(self.draw)
        self.refresh()

    def refresh(self) -> None:
        """Take up new segments, and another window."""
        self.store.refresh()
        if not self.store.populations:
            self.note.text = missing(self.store.run, "spikes", "--record hidden records some")
        elif (self.store.version, self.eye.window) != self._drawn:
            self._drawn = (self.store.version, self.eye.window)
            self.eye.extend(self.store.ends)
            self.population.options = self.store.populations
            if not self.population.value:
                self.population.value = self.eye.population or self.store.populations[-1]
            self.draw()

    def _found(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Events in view of which spikes were recorded, and their labels, -1 for none."""
        start, end = self.eye.window
        self._unheard = 0
        if self.events.value == _EVENTS[2]:
            if self.eye.population not in self.store.populations:
                return np.empty(0), np.empty(0, np.int64)
            t, i = self.store.spikes(self.eye.population, (start, end))
            mine = t[i == self.eye.cell]
            return mine, np.full(len(mine), -1)
        shown = self.store.presentations()
        if shown is None:
            return np.empty(0), np.empty(0, np.int64)
        wanted = (shown.start >= start) & (shown.start <= end)
        if self.events.value == _EVENTS[1]:
            wanted &= shown.wrong
        heard = wanted & (shown.recorded == 1)
        self._unheard = int(wanted.sum() - heard.sum())
        return shown.start[heard], shown.label[heard]

    def draw(self) -> None:
        """Draw what lies around the events in view."""
        if not self.population.value:
            return
        events, labels = self._found()
        in_view = len(events)
        events, labels = events[:_MOST_EVENTS], labels[:_MOST_EVENTS]
        order = np.argsort(labels, kind="stable")
        events, labels = events[order], labels[order]
        before, after = self.before.value * 1e-3, self.after.value * 1e-3
        cells = max(self.store.cells(self.population.value), 1)
        t, number = np.empty(0), np.empty(0, np.int64)
        if in_view:
            window = (events.min() - before, events.max() + after)
            times, i = self.store.spikes(self.population.value, window)
            if self.which.value == _CELL:
                times, cells = times[i == self.eye.cell], 1
            t, number = aligned_spikes(times, events, before, after)
        who = f"cell {self.eye.cell} of " if self.which.value == _CELL else f"{cells} cells of "
        shown = (
            f"the first {len(events):,} of {in_view:,}" if in_view > len(events) else f"{in_view:,}"
        )
        around = f"{self.population.value} around {shown} {self.events.value} in view"
        self.note.text = f"{who}{around}, {len(t):,} spikes" if in_view else f"none: {around}"
        if self._unheard:
            self.note.text += f"; {self._unheard:,} more were not recorded to their end"
        self._draw_rates(t, number, labels, cells, (before, after))
        kept = np.linspace(0, len(t) - 1, min(len(t), 20_000)).astype(int)
        t, number = t[kept], number[kept]
        if len(kept) == 20_000:
            self.note.text += "; rows show 20,000 of them, the rate all"
        self.spikes.data = {
            "t": t * 1e3,
            "row": number,
            "colour": [COLOURS[max(labels[n], 0) % len(COLOURS)] for n in number],
            "label": labels[number],
            "at": events[number],
        }

    def _draw_rates(
        self, t: Any, number: Any, labels: Any, cells: int, around: tuple[float, float]
    ) -> None:
        edges = np.linspace(-around[0], around[1], _BINS + 1)
        data: dict[str, list[Any]] = {"x": [], "y": [], "colour": [], "dash": [], "label": []}
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            counts = np.histogram(t[np.isin(number, rows)], edges)[0]
            data["x"].append((edges[:-1] + edges[1:]) / 2 * 1e3)
            data["y"].append(counts / (np.diff(edges) * len(rows) * cells))
            again, which = divmod(max(int(label), 0), len(COLOURS))
            data["colour"].append(COLOURS[which])
            data["dash"].append(_DASHES[again % len(_DASHES)])
            data["label"].append(str(label) if label >= 0 else "none")
        self.rates.data = data
