"""What the spikes in view say of each population and of the chosen cell, in words and intervals."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from bokeh.layouts import row
from bokeh.models import ColumnDataSource
from bokeh.models.widgets import Div
from bokeh.plotting import figure
from numpy.typing import NDArray

from bioplaus.plotting import COLOURS
from bioplaus.records import Windows
from bioplaus.viewer import statistics
from bioplaus.viewer.view_state import Eye

__all__ = ["InView"]

_COUNTED = 2_000_000  # more spikes in view are not read for their statistics


class InView:
    """A line for each population, and the intervals of the chosen cell."""

    def __init__(self, eye: Eye) -> None:
        self.eye = eye
        self.said = Div(text="", sizing_mode="stretch_width")
        self.intervals = ColumnDataSource({"left": [], "right": [], "top": []})
        self.layout = row(self.said, sizing_mode="stretch_width")

    def tell(self, held: dict[str, Any], store: Windows) -> None:
        """Say it of what each raster holds of the window."""
        start, end = self.eye.window
        lines = []
        chosen = np.empty(0)
        for name, ((t, i), counted) in held.items():
            shown = html.escape(name)
            if counted or len(t) > _COUNTED:
                lines.append(f"<b>{shown}</b> too many spikes in view to be counted cell by cell")
                continue
            text = statistics.of_population(t, i, max(store.cells(name), 1), (start, end))
            lines.append(f"<b>{shown}</b> {text}")
            if name == self.eye.population and self.eye.cell >= 0:
                chosen = t[i == self.eye.cell]
                text = statistics.of_cell(chosen, end - start)
                lines.insert(0, f"<b>{shown} {self.eye.cell}</b> {text}")
        self.said.text = "in view: " + "<br>".join(lines) if lines else ""
        self._draw(*statistics.interval_histogram(chosen))

    def _draw(self, edges: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        self.intervals.data = {"left": edges[:-1], "right": edges[1:], "top": counts}
        if counts.any() and len(self.layout.children) == 1:  # made when there is something to show
            self.layout.children = [self.said, self._histogram()]
        for plot in self.layout.children[1:]:
            plot.visible = bool(counts.any())

    def _histogram(self) -> Any:
        plot: Any = figure(
            width=300,
            height=110,
            x_axis_type="log",
            x_axis_label="interval [ms]",
            tools="",
            toolbar_location=None,
        )
        names = {"left": "left", "right": "right", "top": "top"}
        plot.quad(**names, bottom=0, source=self.intervals, color=COLOURS[0])
        plot.yaxis.ticker.desired_num_ticks = 2
        return plot
