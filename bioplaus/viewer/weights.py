"""Weights of a run: an image, a histogram and fields after each segment, and paths over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper
from bokeh.models.annotations import ColorBar
from bokeh.models.widgets import Div, Slider
from bokeh.palettes import RdBu, interp_palette
from bokeh.plotting import figure
from numpy.typing import NDArray

from bioplaus.plotting import COLOURS
from bioplaus.records import Windows, read_recording
from bioplaus.records.weights import WeightRecord
from bioplaus.viewer.controls import missing, select, when_changed

__all__ = ["Weights", "fields", "tiled"]

_COLOURS = interp_palette(RdBu[11], 64)
_FIELDS = 64
_PATHS = 20
_MOST_POINTS = 200
_QUANTILES = (0.05, 0.5, 0.95)
_SEGMENTS = 16
_WAYS = ("image", "receptive fields", "image of each segment")


def fields(image: NDArray[np.floating], first: int = 0) -> NDArray[np.floating] | None:
    """Receptive fields of up to 64 postsynaptic cells, as :func:`tiled`.

    image : (pre, post), pre a square number, or the result is None.
    """
    side = math.isqrt(image.shape[0])
    if side * side != image.shape[0] or side < 2:
        return None
    return tiled([field.reshape(side, side) for field in image[:, first : first + _FIELDS].T])


def tiled(images: Sequence[NDArray[np.floating]]) -> NDArray[np.floating]:
    """Images of one size side by side in about a square, the first at the upper left, upright.

    Returns (rows, columns) from below, with NaN between them.
    """
    rows, columns = images[0].shape
    across = math.ceil(math.sqrt(len(images)))
    down = -(-len(images) // across)
    found = np.full((down * (rows + 1), across * (columns + 1)), np.nan)
    for n, image in enumerate(images):
        top, left = (n // across) * (rows + 1), (n % across) * (columns + 1)
        found[top : top + rows, left : left + columns] = image
    return found[::-1]


class Weights:
    """One projection after one segment; both can be chosen, and another segment taken from it."""

    def __init__(self, store: Windows, segment: int = -1) -> None:
        self.store = store
        self._wanted = segment
        self._version, self._known = -1, 0
        self._records: dict[Any, WeightRecord | None] = {}
        self.projection: Any = select("projection", [], 240)
        self.segment: Any = Slider(title="look", start=0, end=1, value=0, step=1, width=280)
        self.way: Any = select("as", [*_WAYS], 150)
        self.against: Any = select("less segment", ["", "first"], 110)
        self.cells: Any = Slider(title="from cell", start=0, end=1, value=0, step=1, width=160)
        self.note = Div(text="")
        self._mapper: Any = LinearColorMapper(
            palette=_COLOURS, low=-1, high=1, nan_color="#ffffff00"
        )
        self.image = ColumnDataSource({"image": [], "width": [], "height": []})
        self.bars = ColumnDataSource({"left": [], "right": [], "top": []})
        self.paths = ColumnDataSource({"x": [], "y": [], "colour": [], "width": [], "name": []})
        self.plots = self._figures()
        controls = row(self.projection, self.segment, self.way, self.against, self.cells)
        self.layout = column(controls, self.note, row(*self.plots), sizing_mode="stretch_width")
        when_changed((self.projection, self.segment, self.way, self.against, self.cells), self.draw)
        self.refresh()

    def refresh(self) -> None:
        """Take up recordings that were closed since the last look; follows the newest."""
        self.store.refresh()
        if not self.store.weights:
            self.note.text = missing(self.store.run, "weights that learn")
            return
        if self.store.version == self._version:
            return
        first = self._version < 0
        self._version = self.store.version
        names = sorted(self.store.weights)
        if self.projection.value not in names:
            self.projection.update(options=names, value=names[0])
        self.projection.options = names
        files = self._files()
        followed = first or self.segment.value >= self._known - 1
        self._known = len(files)
        self.segment.update(end=max(1, len(files) - 1), disabled=len(files) == 1)
        if first and self._wanted >= 0:
            numbers = [int(file.stem) for file in files]
            self.segment.value = numbers.index(self._wanted) if self._wanted in numbers else 0
        elif followed:
            self.segment.value = len(files) - 1
        self.draw()

    @property
    def number(self) -> int:
        """The segment after which the weights are shown."""
        files = self._files()
        return int(files[min(int(self.segment.value), len(files) - 1)].stem) if files else -1

    def _files(self) -> list[Any]:
        return self.store.weights.get(self.projection.value, [])

    def _record(self, file: Any) -> WeightRecord | None:
        name = self.projection.value
        key = (file, name)
        if key not in self._records:
            try:
                self._records[key] = read_recording(file, f"weights/{name}").weights.get(name)
            except (OSError, RuntimeError, KeyError):  # told by the store
                self._records[key] = None
        return self._records[key]

    def _figures(self) -> tuple[Any, Any, Any]:
        matrix: Any = figure(width=440, height=380, tools="wheel_zoom,pan,reset")
        place: Any = {"x": 0, "y": 0, "dw": "width", "dh": "height"}
        matrix.image("image", **place, source=self.image, color_mapper=self._mapper)
        matrix.add_tools(HoverTool(tooltips=[("post", "$x{0}"), ("pre", "$y{0}"), ("", "@image")]))
        matrix.add_layout(ColorBar(color_mapper=self._mapper, width=10), "right")
        matrix.x_range.range_padding = matrix.y_range.range_padding = 0
        histogram: Any = figure(width=330, height=380, y_axis_label="synapses", tools="")
        histogram.quad(
            left="left", right="right", top="top", bottom=0, source=self.bars, color=COLOURS[0]
        )
        paths: Any = figure(
            width=420, height=380, x_axis_label="segment", tools="wheel_zoom,pan,reset"
        )
        drawn = paths.multi_line(
            "x", "y", line_color="colour", line_width="width", line_alpha=0.8, source=self.paths
        )
        paths.add_tools(
            HoverTool(renderers=[drawn], tooltips=[("", "@name"), ("", "$data_y")], limit=1)
        )
        for plot in (matrix, histogram, paths):
            plot.toolbar_location = None
        return matrix, histogram, paths

    def draw(self) -> None:
        """Draw the chosen projection after the chosen segment."""
        files = self._files()
        if not files:
            return
        file = files[min(int(self.segment.value), len(files) - 1)]
        record = self._record(file)
        if record is None:
            self.note.text = f"segment {int(file.stem)} cannot be read"
            return
        image = np.atleast_2d(np.asarray(record.image, float))
        synapses, size = int(record.counts.sum()), " x ".join(str(n) for n in record.shape)
        whole = synapses == math.prod(record.shape)
        what = f"{size} synapses" if whole else f"{synapses:,} synapses between {size} cells"
        what += f" after segment {int(file.stem)}"
        first = self._record(files[0]) if self.against.value else None
        if first is not None and first.image.shape == record.image.shape:
            image = image - first.image
            what += f" less those after segment {int(files[0].stem)}"
        if record.shape != image.shape:
            what += f", drawn as means over blocks: {image.shape[0]} x {image.shape[1]}"
        self.cells.update(end=max(1, image.shape[1] - 1), visible=self.way.value == _WAYS[1])
        if self.way.value == _WAYS[2]:
            self._draw_segments(files, record)
        else:
            self._draw_image(image, record, what)
        edges = record.edges
        self.bars.data = {"left": edges[:-1], "right": edges[1:], "top": record.counts}
        weight = f"weight [{record.unit}]" if record.unit not in ("", "1") else "weight"
        self.plots[1].xaxis.axis_label = self.plots[2].yaxis.axis_label = weight
        self._draw_paths(files)

    def _draw_image(self, image: NDArray[np.floating], record: WeightRecord, what: str) -> None:
        if self.way.value == _WAYS[0]:
            self._show(image, ("post", "pre"), what, record.shape)
            return
        start, drawn = int(self.cells.value), fields(image, int(self.cells.value))
        if drawn is None:
            what += f"; {image.shape[0]} presynaptic cells are no square, so no fields"
            self._show(image, ("post", "pre"), what, record.shape)
        else:
            side = math.isqrt(image.shape[0])
            shown = min(_FIELDS, image.shape[1] - start)
            what += f"; fields {side} x {side} of cells {start} to {start + shown - 1}"
            self._show(drawn, ("", ""), what)

    def _show(
        self,
        image: NDArray[np.floating],
        labels: tuple[str, str],
        what: str,
        extent: tuple[int, ...] = (),
    ) -> None:
        """Draw (rows, columns) from below with zero in the middle of the colours."""
        largest = float(np.nanmax(np.abs(image), initial=0.0)) or 1.0
        self._mapper.update(low=-largest, high=largest)
        self.plots[0].xaxis.axis_label, self.plots[0].yaxis.axis_label = labels
        down, across = extent or image.shape
        self.image.data = {"image": [image], "width": [across], "height": [down]}
        self.note.text = what

    def _draw_segments(self, files: list[Any], record: WeightRecord) -> None:
        """The matrix after up to 16 segments, equally far apart, with one scale."""
        kept = np.unique(np.linspace(0, len(files) - 1, min(_SEGMENTS, len(files))).astype(int))
        found = [(int(files[n].stem), self._record(files[n])) for n in kept]
        shape = record.image.shape
        same = [(n, each) for n, each in found if each is not None and each.image.shape == shape]
        images = [np.asarray(each.image, float) for _, each in same]
        numbers = ", ".join(str(n) for n, _ in same)
        what = f"after segments {numbers}, from the upper left"
        if self.against.value:
            images, what = [image - images[0] for image in images], f"{what}, less the first"
        # From below, as the one matrix is drawn.
        self._show(tiled([image[::-1] for image in images]), ("", ""), what)

    def _draw_paths(self, files: list[Any]) -> None:
        """Quantiles and mean of all synapses, and some of them, over the segments."""
        step = -(-len(files) // _MOST_POINTS)
        records = [(int(file.stem), self._record(file)) for file in files[::step]]
        known = [(number, record) for number, record in records if record is not None]
        known = [
            (n, record) for n, record in known if record.image.shape == known[0][1].image.shape
        ]
        if not known:
            return
        x = np.array([number for number, _ in known])
        images = np.array([record.image.ravel() for _, record in known])
        images = images[:, ~np.isnan(images[0])]  # where there are synapses
        chosen = np.linspace(0, images.shape[1] - 1, min(_PATHS, images.shape[1])).astype(int)
        curves = [images[:, n] for n in chosen]
        looks = [("#999999", 0.8, "a synapse")] * len(curves)
        for share in _QUANTILES:
            curves.append(np.array([_quantile(record, share) for _, record in known]))
            looks.append((COLOURS[0], 1.6, f"{share:.0%}"))
        curves.append(np.array([_mean(record) for _, record in known]))
        looks.append((COLOURS[1], 2.4, "mean"))
        self.paths.data = {
            "x": [x] * len(curves),
            "y": curves,
            "colour": [colour for colour, _, _ in looks],
            "width": [width for _, width, _ in looks],
            "name": [name for _, _, name in looks],
        }


def _quantile(record: WeightRecord, share: float) -> float:
    """From the histogram, which counts every synapse."""
    below = np.append(0, np.cumsum(record.counts))
    return float(np.interp(share * below[-1], below, record.edges))


def _mean(record: WeightRecord) -> float:
    middles = (record.edges[:-1] + record.edges[1:]) / 2
    return float(np.average(middles, weights=np.maximum(record.counts, 1e-300)))
