"""Raster and traces of a run, on one time axis, drawn anew for every zoom."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.layouts import column, row
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    HoverTool,
    LinearColorMapper,
    Range1d,
    TabPanel,
)
from bokeh.models.annotations import Span
from bokeh.models.widgets import Div, Select
from bokeh.plotting import figure

from bioplaus.plotting import COLOURS, with_gaps, with_prefix
from bioplaus.records import RunReader, recorded_groups
from bioplaus.records.recording import TraceRecord
from bioplaus.viewer.pixels import in_window, pixel_counts, thin_out

__all__ = ["Activity"]

_GUESSED_SIZE = (1100, 280)  # of the frame, until the browser has told
_MOST_MARKS = 20_000
_LINES = 100  # cells whose traces are drawn; thousands of lines would stop the browser
_FIRST_VIEW_S = 1.0
_SHORTEST_VIEW_S = 1e-3

# The outline of the frame covers its outermost pixels: what is shown ends before it.
_RIM_TIME, _RIM_CELLS = 0.003, 0.01

# One scale for every view: fitted to the counts, it would show nothing where all are equal.
_INK = [
    "#ffffff00",
    *(
        f"{COLOURS[0].lower()}{int(110 + 145 * np.log1p(n) / np.log(256)):02x}"
        for n in range(1, 256)
    ),
]


class Activity:
    """Spikes of one population and traces of one variable.

    ``refresh`` looks for newly closed recording files.
    """

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self._files: list[Any] = []
        self._spikes: tuple[Any, Any] = (np.empty(0), np.empty(0, dtype=np.int64))
        self._cells = 1
        self._trace: TraceRecord | None = None
        self._curves: Any = None
        self._waiting = False
        self.population: Any = Select(title="spikes of", options=[], width=220)
        self.variable: Any = Select(title="traces of", options=[], width=220)
        self.note = Div(text="nothing recorded yet")
        self.time: Any = Range1d(start=0.0, end=_FIRST_VIEW_S, min_interval=_SHORTEST_VIEW_S)
        self.cells: Any = Range1d(start=-0.5, end=0.5, min_interval=1)
        self._image = ColumnDataSource(
            {name: [] for name in ("image", "x", "y", "width", "height")}
        )
        self._marks = ColumnDataSource({"t": [], "i": []})
        self._lines = ColumnDataSource({"x": [], "y": [], "colour": [], "cell": []})
        self.raster, self.traces = self._figures()
        self.population.on_change("value", lambda attr, old, new: self._take_spikes())
        self.variable.on_change("value", lambda attr, old, new: self._take_trace())
        # Not the event RangesUpdate: it waits until the wheel has rested, comes only at the end of
        # a drag, and never for a range that a program sets.
        for model in (self.time, self.cells):
            model.on_change("start", self._later)
            model.on_change("end", self._later)
        self.raster.on_change("inner_width", self._later)
        self.raster.on_change("inner_height", self._later)
        self.refresh()

    def panels(self) -> list[TabPanel]:
        """The tab."""
        choice = row(self.population, self.variable, self.note)
        body = column(choice, self.raster, self.traces, sizing_mode="stretch_width")
        return [TabPanel(child=body, title="activity")]

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

    def _ends(self) -> tuple[float, float]:
        """First and last time of what is chosen."""
        times = [series for series in (self._spikes[0], self._trace_times()) if len(series)]
        if not times:
            return 0.0, _FIRST_VIEW_S
        return float(min(t.min() for t in times)), float(max(t.max() for t in times))

    def _trace_times(self) -> Any:
        return np.empty(0) if self._trace is None else self._trace.t

    def _look_at_the_end(self) -> None:
        """Show the last second, or what there is of it."""
        first, end = self._ends()
        start = max(first, end - _FIRST_VIEW_S)
        rim = max(_RIM_TIME * (end - start), _SHORTEST_VIEW_S)
        self.time.update(start=start - rim, end=end + rim)
        self.draw()

    def _set_bounds(self) -> None:
        """No view leaves what was recorded."""
        first, end = self._ends()
        rim = max(_RIM_TIME * (end - first), _SHORTEST_VIEW_S)
        self.time.update(bounds=(first - rim, end + rim))
        self.time.update(reset_start=first - rim, reset_end=end + rim)

    def _figures(self) -> tuple[Any, Any]:
        # The canvas, not WebGL: where there is no graphics card that is emulated, and slower.
        options: Any = {"tools": "xpan,xwheel_zoom,box_zoom,reset", "x_range": self.time}
        options |= {"active_scroll": "xwheel_zoom", "sizing_mode": "stretch_width"}
        options |= {"lod_threshold": None, "min_border_left": 70, "x_axis_label": "time [s]"}
        raster = figure(height=320, y_range=self.cells, y_axis_label="cell", **options)
        # Bokeh draws its grid over the level that images have by default, and over spikes there.
        ink: Any = {"color_mapper": LinearColorMapper(palette=_INK, low=0, high=255)}
        place = ("image", "x", "y", "width", "height")
        raster.image(*place, source=self._image, level="glyph", **ink)
        self._dashes = raster.scatter(
            "t",
            "i",
            source=self._marks,
            marker="dash",
            angle=np.pi / 2,
            size=6,
            line_color=COLOURS[0],
            line_width=1.2,
        )
        tips = [("cell", "@i"), ("time", "@t{0.0000} s")]
        raster.add_tools(HoverTool(renderers=[self._dashes], tooltips=tips, limit=1))
        traces = figure(height=240, visible=False, **options)
        drawn = traces.multi_line("x", "y", line_color="colour", source=self._lines, line_width=1.2)
        tips = [("cell", "@cell"), ("time", "$data_x{0.0000} s"), ("value", "$data_y")]
        traces.add_tools(HoverTool(renderers=[drawn], tooltips=tips, limit=1))
        line = Span(dimension="height", line_dash="dotted")
        for plot in (raster, traces):
            plot.add_tools(CrosshairTool(overlay=line))
        return raster, traces

    def _later(self, attr: str, old: Any, new: Any) -> None:
        """Draw at the next tick, once for both ends of a range that change one after the other."""
        document = self.raster.document
        if document is not None and not self._waiting:
            self._waiting = True
            document.add_next_tick_callback(self._now)

    def _now(self) -> None:
        self._waiting = False
        self.draw()

    def _take_spikes(self, known: int = 0) -> None:
        """Read the spikes of all files but the first ``known``, which are here already."""
        t, i = self.run.spikes(self.population.value, after=known)
        order = np.argsort(t, kind="stable")
        t, i = t[order], i[order]
        if known:
            t, i = np.concatenate([self._spikes[0], t]), np.concatenate([self._spikes[1], i])
        self._spikes = (t, i)
        cells = int(i.max(initial=0)) + 1
        if cells != self._cells or not known:
            self._cells = cells
            rim = max(_RIM_CELLS, 2 / _GUESSED_SIZE[1]) * cells
            low, high = -0.5 - rim, cells - 0.5 + rim
            self.cells.update(
                start=low, end=high, bounds=(low, high), reset_start=low, reset_end=high
            )
        self._set_bounds()
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
        self.traces.visible = True
        self.traces.yaxis.axis_label = f"{variable} [{unit}]" if unit else variable
        self._set_bounds()
        self.draw()

    def draw(self) -> None:
        """Draw what the present window shows."""
        window = (float(self.time.start), float(self.time.end))
        low, high = float(self.cells.start), float(self.cells.end)
        if window[1] <= window[0] or high <= low:
            return
        try:
            size = (int(self.raster.inner_width), int(self.raster.inner_height))
        except UnsetValueError:
            size = _GUESSED_SIZE
        if len(self._spikes[0]):
            self._draw_spikes(window, (low, high), size)
        if self._trace is not None:
            self._draw_traces(window, size[0])

    def _draw_spikes(
        self, window: tuple[float, float], cells: tuple[float, float], size: tuple[int, int]
    ) -> None:
        """Each as a mark where they are few, else counts in pixels."""
        t, i = in_window(*self._spikes, window, cells)
        few = len(t) <= _MOST_MARKS
        how = "each is drawn" if few else "pixels hold counts"
        whole = f"{len(self._spikes[0]):,} spikes of {self._cells:,} cells"
        self.note.text = f"{whole}; {len(t):,} in view, {how}"
        image: dict[str, list[Any]] = {name: [] for name in self._image.data}
        if few:
            self._dashes.glyph.size = max(2.0, 0.8 * size[1] / (cells[1] - cells[0]))
        else:
            image = {
                "image": [pixel_counts(t, i, window, cells, size)],
                "x": [window[0]],
                "y": [cells[0]],
                "width": [window[1] - window[0]],
                "height": [cells[1] - cells[0]],
            }
            t, i = t[:0], i[:0]
        self._marks.data = {"t": t, "i": i.astype(np.int32)}
        self._image.data = image

    def _draw_traces(self, window: tuple[float, float], columns: int) -> None:
        assert self._trace is not None
        t, values = self._curves
        shown, lines = thin_out(t, values[:_LINES], window, 2 * columns)
        self._lines.data = {
            "x": [shown] * len(lines),
            "y": list(lines),
            "colour": [COLOURS[k % len(COLOURS)] for k in range(len(lines))],
            "cell": [int(cell) for cell in self._trace.cells[:_LINES]],
        }
