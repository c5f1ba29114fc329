"""Weights of a run after each segment: an image and a histogram."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, LinearColorMapper, TabPanel
from bokeh.models.annotations import ColorBar
from bokeh.models.widgets import Div, Select, Slider
from bokeh.palettes import RdBu, interp_palette
from bokeh.plotting import figure

from bioplaus.plotting import COLOURS
from bioplaus.records import RunReader, read_recording, recorded_groups

__all__ = ["Weights"]

_COLOURS = interp_palette(RdBu[11], 64)


class Weights:
    """One projection at one segment; both can be chosen."""

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self._files: list[Any] = []  # those that have weights
        self._seen: set[Any] = set()
        self.projection = Select(title="projection", options=[], width=260)
        self.segment = Slider(title="look", start=0, end=1, value=0, step=1, width=320)
        self.note = Div(text="no weights recorded yet")
        self._mapper = LinearColorMapper(palette=_COLOURS, low=-1, high=1)
        self._image = ColumnDataSource({"image": [], "width": [], "height": []})
        self._bars = ColumnDataSource({"left": [], "right": [], "top": []})
        self.matrix, self.histogram = self._figures()
        self.projection.on_change("value", lambda attr, old, new: self.draw())
        self.segment.on_change("value", lambda attr, old, new: self.draw())
        self.refresh()

    def panels(self) -> list[TabPanel]:
        """The tab."""
        choice = row(self.projection, self.segment, self.note)
        body = column(choice, row(self.matrix, self.histogram))
        return [TabPanel(child=body, title="weights")]

    def refresh(self) -> None:
        """Take up recordings that were closed since the last look; follows the newest."""
        new = [file for file in self.run.recording_files() if file not in self._seen]
        if not new:
            return
        self._seen.update(new)
        followed = not self._files or self.segment.value >= len(self._files) - 1
        # Not every segment looks at every projection.
        names = {str(name) for name in self.projection.options}
        for file in new:
            found = {name[1] for name in recorded_groups(file) if name[0] == "weights"}
            names |= found
            self._files += [file] if found else []
        if not names:
            return
        files = self._files
        options: list[Any] = sorted(names)
        self.projection.options = options
        self.segment.update(end=max(1, len(files) - 1), disabled=len(files) == 1)
        if followed:
            self.segment.value = len(files) - 1
        if self.projection.value not in names:
            self.projection.value = sorted(names)[0]
        self.draw()

    def _figures(self) -> tuple[Any, Any]:
        matrix: Any = figure(
            width=520, height=380, x_axis_label="post", y_axis_label="pre", tools="save"
        )
        place = {"x": 0, "y": 0, "dw": "width", "dh": "height"}
        matrix.image("image", **place, source=self._image, color_mapper=self._mapper)
        matrix.add_layout(ColorBar(color_mapper=self._mapper), "right")
        histogram = figure(width=460, height=380, y_axis_label="synapses", tools="save")
        histogram.quad(
            left="left", right="right", top="top", bottom=0, source=self._bars, color=COLOURS[0]
        )
        return matrix, histogram

    def draw(self) -> None:
        """Draw the chosen projection after the chosen segment."""
        if not self._files or not self.projection.value:
            return
        file = self._files[min(int(self.segment.value), len(self._files) - 1)]
        name = self.projection.value
        record = read_recording(file, f"weights/{name}").weights.get(name)
        if record is None:
            return
        largest = float(np.abs(record.image).max(initial=0.0)) or 1.0
        self._mapper.update(low=-largest, high=largest)
        shape = record.shape if len(record.shape) == 2 else (1, *record.shape)
        self._image.data = {"image": [record.image], "width": [shape[1]], "height": [shape[0]]}
        self._bars.data = {
            "left": record.edges[:-1],
            "right": record.edges[1:],
            "top": record.counts,
        }
        self.histogram.xaxis.axis_label = f"weight [{record.unit}]"
        size = " x ".join(str(n) for n in record.shape)
        self.note.text = f"{size} synapses after segment {int(file.stem)}"
