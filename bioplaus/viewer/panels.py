"""What stands beside the spikes over the same time: variables, rates, presentations, the run."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Range1d, RangeTool
from bokeh.models.annotations import Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from bioplaus.plotting import COLOURS, GREY, with_gaps, with_prefix
from bioplaus.records import Presentations, Windows
from bioplaus.records.recording import TraceRecord
from bioplaus.viewer import raster
from bioplaus.viewer.pixels import thin_out
from bioplaus.viewer.raster import time_figure
from bioplaus.viewer.view_state import Eye

__all__ = ["Bands", "Rates", "Strip", "Trace"]

_MOST_BANDS = 400
_MOST_LABELS = 60
_LINES = 5  # of cells, where none is chosen
_BINS = 400


class Trace:
    """A recorded variable: of the chosen cell, or of the first few where that has none."""

    def __init__(
        self, store: Windows, name: tuple[str, str], eye: Eye, cross: Span, height: int
    ) -> None:
        self.store, self.name, self.eye = store, name, eye
        self.note = ""
        self._unit = ""
        self.plot = time_figure(eye, height, cross, ".".join(name))
        self.lines = ColumnDataSource({"x": [], "y": [], "colour": [], "cell": []})
        self._ticks = ColumnDataSource({"x": []})
        drawn = self.plot.multi_line(
            "x", "y", line_color="colour", source=self.lines, line_width=1.2
        )
        self.plot.vspan(x="x", source=self._ticks, line_color=COLOURS[1], line_alpha=0.35)
        self.level = ColumnDataSource({"x": [], "y": []})
        self.plot.line("x", "y", source=self.level, line_color=GREY, line_dash="dashed")
        tips = [("cell", "@cell"), ("time", "$data_x{0.0000} s"), ("value", "$data_y")]
        self.plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips, limit=1))

    def read(self) -> tuple[TraceRecord, NDArray[np.float64]]:
        """The variable in the window, and the spikes of the chosen cell."""
        name, window, columns = self.name, self.eye.window, self.eye.columns
        mine = self._of_the_chosen()
        cells = [self.eye.cell] if mine else list(self._recorded[:_LINES])
        record, spikes = self.store.trace(*name, window, cells, columns), np.empty(0)
        fires = mine and name[0] in self.store.populations
        if fires and self.store.expected(name[0], window) <= 10 * raster.MOST_MARKS:
            times, i = self.store.spikes(name[0], window)
            spikes = times[i == self.eye.cell]
        return record, spikes

    @property
    def _recorded(self) -> NDArray[np.int64]:
        return self.store.units[("traces", *self.name)][1]

    def _of_the_chosen(self) -> bool:
        return self.eye.population == self.name[0] and self.eye.cell in self._recorded

    def draw(self, read: tuple[TraceRecord, NDArray[np.float64]]) -> None:
        """Draw what was read of the window."""
        record, spikes = read
        window, columns, mine = self.eye.window, self.eye.columns, self._of_the_chosen()
        values, self._unit = with_prefix(record.value, record.unit, self._unit)
        unit = self._unit
        level = with_prefix(np.array([record.threshold]), record.unit, self._unit)[0][0]
        known = np.isfinite(level)
        self.level.data = {"x": [*window] if known else [], "y": [level] * 2 if known else []}
        t, values = with_gaps(record.t, values)
        shown, lines = thin_out(t, values, window, 2 * columns)
        colours = [COLOURS[k % len(COLOURS)] for k in range(len(lines))]
        self.lines.data = {
            "x": [shown] * len(lines),
            "y": list(lines.astype(np.float32)),
            "colour": colours,
            "cell": [int(cell) for cell in record.cells],
        }
        self._ticks.data = {"x": spikes if len(spikes) <= _MOST_BANDS else []}
        self.plot.yaxis.axis_label = f"{self.name[1]} [{unit}]" if unit else self.name[1]
        which = f"cell {self.eye.cell}" if mine else f"cells {', '.join(map(str, record.cells))}"
        self.note = f"{self.name[0]} {which} of {len(self._recorded)} recorded"
        if known:
            self.note += f", fires above {level:.4g} {unit}"

    def under(self, time: float, level: float) -> str:
        """What lies under the pointer."""
        return f"{time:.4f} s, {level:.4g} {self._unit}"


class Rates:
    """Mean rate of every population in the window."""

    def __init__(self, eye: Eye, cross: Span, height: int) -> None:
        self.eye, self.note = eye, ""
        self.plot = time_figure(eye, height, cross, "rate [Hz]")
        self._lines = ColumnDataSource({"x": [], "y": [], "colour": [], "name": []})
        drawn = self.plot.multi_line(
            "x", "y", line_color="colour", source=self._lines, line_width=1.2, legend_field="name"
        )
        self.plot.legend.update(orientation="horizontal", label_text_font_size="10px", padding=2)
        tips = [("", "@name"), ("time", "$data_x{0.000} s"), ("rate", "$data_y{0.0} Hz")]
        self.plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips, limit=1))

    def draw(self, held: dict[str, Any], store: Windows) -> None:
        """Draw from what the rasters hold of the window, by population."""
        start, end = self.eye.window
        width = max(5e-3, (end - start) / _BINS)
        edges = start + width * np.arange(int((end - start) / width) + 2)  # the last beyond the end
        data: dict[str, list[Any]] = {"x": [], "y": [], "colour": [], "name": []}
        for k, (name, ((t, _), counted)) in enumerate(held.items()):
            if counted:
                x, y = store.rate(name)
                middles = (x[:-1] + x[1:]) / 2
                kept = (middles >= start) & (middles <= end)
                x, y = middles[kept], y[kept]
            else:
                y = np.diff(np.searchsorted(t, edges)) / width
                x = (edges[:-1] + edges[1:]) / 2
            data["x"].append(x)
            data["y"].append((y / max(store.cells(name), 1)).astype(np.float32))
            data["colour"].append(COLOURS[k % len(COLOURS)])
            data["name"].append(name)
        self._lines.data = data
        self.note = f"bins of {width * 1e3:.3g} ms"

    def under(self, time: float, level: float) -> str:
        """What lies under the pointer."""
        return f"{time:.4f} s, {level:.4g} Hz"


class Bands:
    """What was shown when: labels, wrong answers hatched, learning underlined."""

    def __init__(self, shown: Presentations, eye: Eye, cross: Span) -> None:
        self.shown, self.eye, self.note = shown, eye, ""
        self.plot = time_figure(eye, 44, cross, "shown", y_range=Range1d(start=0, end=1))
        self.plot.yaxis.major_tick_line_color = self.plot.yaxis.minor_tick_line_color = None
        self.plot.yaxis.major_label_text_font_size = "0px"
        self.plot.grid.visible = False
        names = ("left", "right", "colour", "text", "middle", "what", "ground")
        self.bands = ColumnDataSource({name: [] for name in names})
        self.errors = ColumnDataSource({"left": [], "right": []})
        drawn = self.plot.quad(
            left="left",
            right="right",
            bottom=0.18,
            top=1,
            source=self.bands,
            fill_color="colour",
            fill_alpha=0.25,
            line_color="colour",
        )
        # One hatch for all of them: Bokeh makes a canvas for each hatch that is a column's.
        self.plot.quad(
            left="left",
            right="right",
            bottom=0.18,
            top=1,
            source=self.errors,
            fill_color=None,
            line_color=None,
            hatch_pattern="/",
            hatch_color=COLOURS[1],
            hatch_alpha=0.8,
        )
        self.plot.quad(
            left="left", right="right", bottom=0, top=0.14, source=self.bands, color="ground"
        )
        self.plot.text(
            "middle",
            0.55,
            "text",
            source=self.bands,
            text_align="center",
            text_baseline="middle",
            text_font_size="11px",
        )
        self.plot.add_tools(HoverTool(renderers=[drawn], tooltips="@what", limit=1))

    def draw(self) -> None:
        """Draw those in view, as far as they are not too many."""
        shown, (start, end) = self.shown, self.eye.window
        inside = np.flatnonzero((shown.stop >= start) & (shown.start <= end))
        self.note = f"{len(inside):,} of {len(shown.start):,} presentations in view"
        if len(inside) > _MOST_BANDS:
            self.note += ": zoom in to see them"
            inside = inside[:0]
        labels = shown.label[inside]
        texts = ["" if label < 0 else str(label) for label in labels]
        learning = shown.learning[inside]
        left, right = np.maximum(shown.start[inside], start), np.minimum(shown.stop[inside], end)
        wrong = shown.wrong[inside]
        self.errors.data = {"left": left[wrong], "right": right[wrong]}
        self.bands.data = {
            "left": left,
            "right": right,
            "middle": (left + right) / 2,
            "colour": [COLOURS[n % len(COLOURS)] if n >= 0 else GREY for n in labels],
            "text": texts if len(inside) <= _MOST_LABELS else [""] * len(texts),
            "what": [self.tell(n) for n in inside],
            "ground": ["#404040" if on > 0 else "#00000000" for on in learning],
        }

    def tell(self, number: int) -> str:
        """A presentation in words."""
        shown = self.shown
        text = f"presentation {number + 1} of {len(shown.start)}"
        if shown.label[number] >= 0:
            text += f", label {shown.label[number]}"
        if shown.response[number] >= 0:
            text += f", answered {shown.response[number]}"
        if shown.wrong[number]:
            text += " (error)"
        return text + {1: ", learning", 0: ", not learning"}.get(int(shown.learning[number]), "")

    def at(self, time: float) -> str:
        """What was shown at a time; empty where nothing was."""
        number = int(np.searchsorted(self.shown.start, time, "right")) - 1
        return self.tell(number) if number >= 0 and time <= self.shown.stop[number] else ""

    def under(self, time: float, level: float) -> str:
        """What lies under the pointer."""
        return f"{time:.4f} s"


class Strip:
    """The whole run, with the window as a box to be dragged."""

    def __init__(self, store: Windows, eye: Eye) -> None:
        self.store, self.eye = store, eye
        self.range: Any = Range1d(start=0, end=1)
        self.plot: Any = figure(
            height=62,
            x_range=self.range,
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_width",
            x_axis_label="",
            y_axis_label="whole run",
            min_border_left=76,
            min_border_right=12,
            min_border_top=2,
            min_border_bottom=2,
        )
        self.plot.yaxis.axis_label_text_font_size = "11px"
        ticker: Any = self.plot.yaxis.ticker
        ticker.desired_num_ticks = 2
        self._lines = ColumnDataSource({"x": [], "y": [], "colour": []})
        self.plot.multi_line("x", "y", source=self._lines, line_color="colour")
        tool: Any = RangeTool(x_range=eye.time)
        tool.overlay.update(fill_alpha=0.25, fill_color=COLOURS[1])
        self.plot.add_tools(tool)
        self.refresh()

    def refresh(self) -> None:
        """Take up new segments."""
        self.range.update(start=self.eye.whole[0], end=self.eye.whole[1])
        curves = [self.store.rate(population) for population in self.store.populations]
        self._lines.data = {
            "x": [(edges[:-1] + edges[1:]) / 2 for edges, _ in curves],
            "y": [rates for _, rates in curves],
            "colour": [COLOURS[k % len(COLOURS)] for k in range(len(curves))],
        }
