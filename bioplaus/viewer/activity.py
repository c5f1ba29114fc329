"""Raster and traces of a run, on one time axis, drawn anew for every zoom."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.events import RangesUpdate
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, Range1d, TabPanel
from bokeh.models.widgets import Div, Select
from bokeh.plotting import figure

from bioplaus.plotting import COLOURS, with_gaps, with_prefix
from bioplaus.records import RunReader, read_recording
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
        self._trace: Any = None
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
        if files == self._files:
            return
        self._files = files
        newest = read_recording(files[-1])
        names = sorted(newest.spikes)
        variables = [f"{population}.{variable}" for population, variable in sorted(newest.traces)]
        first = not self.population.options and not self.variable.options
        self.population.options, self.variable.options = list(names), list(variables)
        if first and names:
            t, _ = self.run.spikes(names[0])
            end = float(t[-1]) if len(t) else _FIRST_VIEW_S
            self.time.update(start=max(0.0, end - _FIRST_VIEW_S), end=end)
            self.population.value = names[0]
        elif names:
            self._take_spikes()
        if first and variables:
            self.variable.value = variables[0]
        elif variables:
            self._take_trace()

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

    def _take_spikes(self) -> None:
        t, i = self.run.spikes(self.population.value)
        order = np.argsort(t, kind="stable")
        self._spikes = (t[order], i[order])
        cells = int(i.max(initial=0)) + 1
        top = cells - 0.5
        self.cells.update(start=-0.5, end=top, reset_start=-0.5, reset_end=top)
        self.note.text = f"{len(t):,} spikes of {cells} cells"
        self.draw()

    def _take_trace(self) -> None:
        population, _, variable = self.variable.value.partition(".")
        record = self.run.trace(population, variable)
        values, unit = with_prefix(record.value, record.unit)
        self._trace = (*with_gaps(record.t, values), record.cells)
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
            t, values, cells = self._trace
            shown, lines = thin_out(t, values, window, _POINTS)
            self._lines.data = {
                "x": [shown] * len(lines),
                "y": list(lines),
                "colour": [COLOURS[k % len(COLOURS)] for k in range(len(lines))],
                "cell": [int(cell) for cell in cells],
            }
