"""Raster and traces of a run, on one time axis, drawn anew for every zoom."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from bokeh.events import RangesUpdate
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, Range1d, TabPanel
from bokeh.models.widgets import Div, Select
from bokeh.plotting import figure

from bioplaus.plotting import COLOURS, with_gaps, with_prefix
from bioplaus.records import RunReader, recorded_groups
from bioplaus.records.recording import TraceRecord
from bioplaus.viewer.rasterise import raster_image, thin_out

__all__ = ["Activity"]

_PIXELS = (1100, 320)
_POINTS = 3000
_FIRST_VIEW_S = 1.0


class Activity:
    """Spikes of one population and traces of one variable.

    ``refresh`` looks for newly closed recording files.
    """

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self._files: list[Any] = []
        self._spikes: tuple[Any, Any] = (np.empty(0), np.empty(0, dtype=np.int64))
        self._trace: TraceRecord | None = None
        self._curves: Any = None
        self.population: Any = Select(title="spikes of", options=[], width=220)
        self.variable: Any = Select(title="traces of", options=[], width=220)
        self.note = Div(text="nothing recorded yet")
        self.time: Any = Range1d(start=0.0, end=_FIRST_VIEW_S)
        self.cells: Any = Range1d(start=-0.5, end=0.5)
        self._image = ColumnDataSource(
            {name: [] for name in ("image", "x", "y", "width", "height")}
        )
        self._lines = ColumnDataSource({"x": [], "y": [], "colour": [], "cell": []})
        self.raster, self.traces = self._figures()
        self.population.on_change("value", lambda attr, old, new: self._take_spikes())
        self.variable.on_change("value", lambda attr, old, new: self._take_trace())
        self.refresh()

    def panel(self) -> TabPanel:
        """The tab."""
        choice = row(self.population, self.variable, self.note)
        body = column(choice, self.raster, self.traces, sizing_mode="stretch_width")
        return TabPanel(child=body, title="activity")

    def refresh(self) -> None:
        """Take up recordings that were closed since the last look."""
        files = self.run.recording_files()
        if files == self._files or not files:
            return
        known = len(self._files) if files[: len(self._files)] == self._files else 0
        self._files = files
        groups = {name for path in files[known:] for name in recorded_groups(path)}
        populations = {name[1] for name in groups if name[0] == "spikes"}
        variables = {f"{name[1]}.{name[2]}" for name in groups if name[0] == "traces"}
        for choice, fresh, take in (
            (self.population, populations, self._take_spikes),
            (self.variable, variables, self._take_trace),
        ):
            choice.options = sorted({*choice.options, *fresh})
            if choice.value in fresh:  # not every segment records everything
                take(known)
            elif choice.options and not choice.value:
                choice.value = choice.options[0]
        if not known:
            self._look_at_the_end()

    def _look_at_the_end(self) -> None:
        """Show the last second, or what there is of it."""
        t, _ = self._spikes
        times = np.concatenate([t, np.empty(0) if self._trace is None else self._trace.t])
        if len(times):
            end = float(times.max())
            start = float(times[times >= end - _FIRST_VIEW_S].min())
            self.time.update(start=start, end=max(end, start + 1e-3))
            self.draw()

    def _figures(self) -> tuple[Any, Any]:
        tools = "xpan,xwheel_zoom,box_zoom,reset,save"
        options: Any = {"tools": tools, "active_scroll": "xwheel_zoom", "x_range": self.time}
        options |= {"sizing_mode": "stretch_width", "output_backend": "webgl"}
        labels: Any = {"x_axis_label": "time [s]", "y_axis_label": "cell"}
        raster = figure(height=_PIXELS[1], y_range=self.cells, **labels, **options)
        raster.image_rgba(image="image", x="x", y="y", dw="width", dh="height", source=self._image)
        traces = figure(height=240, x_axis_label="time [s]", **options)
        traces.multi_line("x", "y", line_color="colour", source=self._lines, line_width=1.2)
        for plot in (raster, traces):
            plot.on_event(RangesUpdate, lambda event: self.draw())
        return raster, traces

    def _take_spikes(self, known: int = 0) -> None:
        """Read the spikes of all files but the first ``known``, which are here already."""
        t, i = self.run.spikes(self.population.value, after=known)
        order = np.argsort(t, kind="stable")
        t, i = t[order], i[order]
        if known:
            t, i = np.concatenate([self._spikes[0], t]), np.concatenate([self._spikes[1], i])
        self._spikes = (t, i)
        cells = int(i.max(initial=0)) + 1
        top = cells - 0.5
        if self.cells.reset_end != top:
            self.cells.update(start=-0.5, end=top, reset_start=-0.5, reset_end=top)
        self.note.text = f"{len(t):,} spikes of {cells} cells"
        self.draw()

    def _take_trace(self, known: int = 0) -> None:
        population, _, variable = self.variable.value.partition(".")
        record = self.run.trace(population, variable, after=known)
        if known and self._trace is not None:
            before = self._trace
            t = np.concatenate([before.t, record.t])
            value = np.concatenate([before.value, record.value], axis=1)
            record = dataclasses.replace(record, t=t, value=value)
        self._trace = record
        values, unit = with_prefix(record.value, record.unit)
        self._curves = with_gaps(record.t, values)
        self.traces.yaxis.axis_label = f"{variable} [{unit}]" if unit else variable
        self.draw()

    def draw(self) -> None:
        """Draw what the present window shows."""
        window = (float(self.time.start), float(self.time.end))
        low, high = float(self.cells.start), float(self.cells.end)
        if window[1] <= window[0] or high <= low:
            return
        image = raster_image(*self._spikes, window, (low, high), _PIXELS)
        self._image.data = {
            "image": [image],
            "x": [window[0]],
            "y": [low],
            "width": [window[1] - window[0]],
            "height": [high - low],
        }
        if self._trace is not None:
            t, values = self._curves
            shown, lines = thin_out(t, values, window, _POINTS)
            self._lines.data = {
                "x": [shown] * len(lines),
                "y": list(lines),
                "colour": [COLOURS[k % len(COLOURS)] for k in range(len(lines))],
                "cell": [int(cell) for cell in self._trace.cells],
            }
