"""Spikes of a population over time, none of them ever lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CrosshairTool,
    HoverTool,
    LinearColorMapper,
    PanTool,
    Range1d,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from bioplaus.plotting import COLOURS
from bioplaus.records import Windows
from bioplaus.viewer.pixels import fold, in_window, nearest, pixel_counts
from bioplaus.viewer.view_state import Eye

__all__ = ["MOST_MARKS", "Raster", "time_figure"]

MOST_MARKS = 20_000
_BORDER = 3  # pixels above and below a frame
_RIM_CELLS = 0.01  # the outline of the frame covers its outermost pixels

# One scale for every view: fitted to the counts, it would show nothing where all are equal.
INK = [
    "#ffffff00",
    *(
        f"{COLOURS[0].lower()}{int(110 + 145 * np.log1p(n) / np.log(256)):02x}"
        for n in range(1, 256)
    ),
]


def time_figure(eye: Eye, height: int, cross: Span, label: str, **options: Any) -> Any:
    """A figure over the common time: wheel and drag move the time, a box zooms into it."""
    # The canvas, not WebGL: where there is no graphics card that is emulated, and slower.
    plot: Any = figure(
        height=height,
        x_range=eye.time,
        y_axis_label=label,
        tools="",
        toolbar_location=None,
        sizing_mode="stretch_width",
        lod_threshold=None,
        min_border_left=76,
        min_border_right=12,
        min_border_top=_BORDER,
        min_border_bottom=_BORDER,
        **options,
    )
    wheel = WheelZoomTool(dimensions="width")
    pan = PanTool(dimensions="width" if "y_range" not in options else "both")
    plot.add_tools(wheel, pan, BoxZoomTool(dimensions="width"), CrosshairTool(overlay=cross))
    plot.toolbar.active_scroll = wheel
    plot.xaxis.visible = False
    plot.yaxis.axis_label_text_font_size = "11px"
    plot.yaxis.ticker.desired_num_ticks = max(2, height // 40)
    return plot


class Raster:
    """Spikes of a population: each a bar where they are few, else counts in the frame's pixels."""

    def __init__(self, store: Windows, population: str, eye: Eye, cross: Span, height: int) -> None:
        self.store, self.population, self.eye = store, population, eye
        self.rank: NDArray[np.int64] | None = None  # row of each cell, where not in order
        self.note = ""
        self.range: Any = Range1d(start=-0.5, end=0.5, min_interval=1)
        self._cells = 0
        self.plot = time_figure(eye, height, cross, population, y_range=self.range)
        self.image = ColumnDataSource({name: [] for name in ("image", "x", "y", "w", "h")})
        self.marks = ColumnDataSource({"t": [], "row": [], "cell": []})
        self._chosen = Span(dimension="width", line_color=COLOURS[1], line_width=1, visible=False)
        self.plot.add_layout(self._chosen)
        # Bokeh draws its grid over the level that images have by default, and over spikes there.
        mapper: Any = LinearColorMapper(palette=INK, low=0, high=255)
        self.plot.image(
            "image", "x", "y", "w", "h", source=self.image, level="glyph", color_mapper=mapper
        )
        self._bars = self.plot.scatter(
            "t",
            "row",
            source=self.marks,
            marker="dash",
            angle=np.pi / 2,
            size=6,
            line_color=COLOURS[0],
            line_width=1.2,
        )
        tips = [("cell", "@cell"), ("time", "@t{0.0000} s")]
        self.plot.add_tools(HoverTool(renderers=[self._bars], tooltips=tips, limit=1))
        self.refresh()

    def refresh(self) -> None:
        """Take up cells that have fired for the first time."""
        cells = max(self.store.cells(self.population), 1)
        if cells != self._cells:
            self._cells = cells
            rim = max(_RIM_CELLS, 2 / self.plot.height) * cells
            low, high = -0.5 - rim, cells - 0.5 + rim
            self.range.update(start=low, end=high, bounds=(low, high))

    @property
    def cells(self) -> tuple[float, float]:
        """The rows in view."""
        return float(self.range.start), float(self.range.end)

    @property
    def size(self) -> tuple[int, int]:
        """Pixels inside the frame: what the browser has told, or will by all signs."""
        try:
            rows = int(self.plot.inner_height)
        except UnsetValueError:
            rows = self.plot.height - 2 * _BORDER
        return self.eye.columns, rows

    def read(self) -> Any:
        """What the window holds: spikes, and counts of more of them."""
        return self.store.view(self.population, self.eye.window, self.eye.columns)

    def draw(self, held: Any) -> None:
        """Draw what the window holds."""
        window, cells = self.eye.window, self.cells
        size = self.size
        (t, i), counted = held
        row = i if self.rank is None else self.rank[i]
        shown, rows = in_window(t, row, window, cells)
        few = not counted and len(shown) <= MOST_MARKS
        image: dict[str, list[Any]] = {name: [] for name in self.image.data}
        if few:
            self._bars.glyph.size = max(2.0, 0.8 * size[1] / (cells[1] - cells[0]))
        else:
            pixels = pixel_counts(shown, rows, window, cells, size)
            for part in counted:
                added = fold(part, window, cells, size)
                pixels = np.minimum(added + pixels, 255).astype(np.uint8)
            width, height = window[1] - window[0], cells[1] - cells[0]
            place = {"x": [window[0]], "y": [cells[0]], "w": [width], "h": [height]}
            image = {"image": [pixels], **place}
            shown, rows = shown[:0], rows[:0]
        kept = rows if self.rank is None else np.argsort(self.rank)[rows]
        self.marks.data = {"t": shown, "row": rows.astype(np.int32), "cell": kept.astype(np.int32)}
        self.image.data = image
        self._say(len(t) if few or not counted else -1, few)
        chosen = self.eye.population == self.population and self.eye.cell >= 0
        if chosen:
            self._chosen.location = self.row_of(self.eye.cell)
        self._chosen.visible = chosen

    def _say(self, spikes: int, few: bool) -> None:
        low, high = self.cells
        shown = max(0, min(self._cells, round(high + 0.5)) - max(0, round(low + 0.5)))
        number = f"{spikes:,} spikes" if spikes >= 0 else f"over {MOST_MARKS:,} spikes"
        how = "each drawn" if few else "pixels hold counts"
        self.note = f"{shown:,} of {self._cells:,} cells, {number} in view, {how}"

    def row_of(self, cell: int) -> int:
        """Where a cell is drawn."""
        return cell if self.rank is None or cell >= len(self.rank) else int(self.rank[cell])

    def cell_at(self, row: float) -> int:
        """The cell that is drawn in a row."""
        place = min(max(round(row), 0), self._cells - 1)
        return place if self.rank is None else int(np.flatnonzero(self.rank == place)[0])

    def under(self, time: float, row: float) -> str:
        """What lies under the pointer."""
        size, window, cells = self.size, self.eye.window, self.cells
        reach = 3 * (window[1] - window[0]) / size[0], 3 * (cells[1] - cells[0]) / size[1]
        t, i = self.store.spikes(self.population, (time - reach[0], time + reach[0]))
        rows = i if self.rank is None else self.rank[i]
        place = nearest(t, rows, (time, row), reach)
        if place is None:
            return f"cell {self.cell_at(row)}, {time:.4f} s"
        pixel = np.abs(t - t[place]) <= reach[0] / 6
        count = int(np.count_nonzero(pixel & (np.abs(rows - rows[place]) <= reach[1] / 6)))
        several = f" ({count} spikes in this pixel)" if count > 1 else ""
        return f"cell {i[place]}, spike at {t[place]:.4f} s{several}"
