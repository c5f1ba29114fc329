"""Arrays that a run has kept with names for their dimensions: as curves or as an image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LinearColorMapper
from bokeh.models.annotations import ColorBar
from bokeh.models.widgets import Div, Slider
from bokeh.plotting import figure
from numpy.typing import NDArray

from bioplaus.plotting import COLOURS, with_prefix
from bioplaus.records import Windows, read_recording
from bioplaus.records.arrays import ArrayRecord, Axis
from bioplaus.viewer.controls import WRAP, missing, select, when_changed
from bioplaus.viewer.pixels import thin_out

__all__ = ["Arrays", "positions"]

_FEW = 12  # entries of an axis that are drawn as curves
_POINTS = 4000
_SIDE = 1000  # rows or columns of an image
_LABELS = 10
_WAYS = ("curves", "image")


def positions(axis: Axis) -> tuple[NDArray[np.float64], dict[float, str]]:
    """Where the entries of an axis stand, equally far apart, and what is written there.

    Numbers in equal steps stand at their place and need no words; all else is numbered.
    """
    values = axis.values
    if values.dtype.kind in "iuf" and np.isfinite(values).all():
        steps = np.diff(values)
        if not len(steps) or (steps[0] != 0 and np.allclose(steps, steps[0], rtol=1e-6)):
            return values.astype(np.float64), {}
    shown = np.unique(np.linspace(0, len(values) - 1, min(_LABELS, len(values))).astype(int))
    return np.arange(len(values), dtype=np.float64), {float(n): _text(values[n]) for n in shown}


class Arrays:
    """One array after one segment; of more than two dimensions, at one place along the others."""

    def __init__(self, store: Windows) -> None:
        self.store = store
        self._version, self._known = -1, 0
        self.array: Any = select("array", [], 200)
        self.segment: Any = Slider(title="look", start=0, end=1, value=0, step=1, width=240)
        self.way: Any = select("as", [*_WAYS], 110)
        self.others: list[Any] = []
        self._controls = row(self.array, self.segment, self.way, styles=WRAP)
        self.note = Div(text="", sizing_mode="stretch_width")
        self._place = column(sizing_mode="stretch_width")
        body = (self._controls, self.note, self._place)
        self.layout = column(*body, sizing_mode="stretch_width")
        self.curves = ColumnDataSource({"x": [], "y": [], "colour": [], "name": []})
        self.image = ColumnDataSource({"image": [], "x": [], "y": [], "w": [], "h": []})
        self.plot: Any = None
        when_changed((self.array,), self._turn)
        when_changed((self.segment, self.way), self.draw)
        self.refresh()

    def refresh(self) -> None:
        """Take up recordings that were closed since the last look; follows the newest."""
        self.store.refresh()
        names = sorted(self.store.arrays)
        if not names:
            how = "a page keeps them by run.put(name, array, unit, axis=...)"
            self.note.text = missing(self.store.run, "arrays", how)
        elif self.store.version != self._version:
            self._version = self.store.version
            self.array.options = names
            if self.array.value not in names:
                self.array.value = names[0]  # which draws
            else:
                self._turn(anew=False)

    def _turn(self, anew: bool = True) -> None:
        """Another array, or more segments of this one."""
        files = self._files()
        if not files:
            return
        follows = anew or self.segment.value >= self._known - 1
        self._known = len(files)
        self.segment.update(end=max(1, len(files) - 1), disabled=len(files) == 1)
        record = self._record()
        if anew and record is not None:
            lengths = list(zip(record.axes, record.value.shape))
            self.others = [
                Slider(title=f"{name} no.", start=0, end=max(1, n - 1), value=0, step=1, width=150)
                for name, n in lengths[:-2]
            ]
            self._controls.children = [self.array, self.segment, self.way, *self.others]
            when_changed(self.others, self.draw)
            few = len(lengths) == 1 or min(n for _, n in lengths[-2:] or [("", 0)]) <= _FEW
            self.way.value = _WAYS[0 if few else 1]
        if follows and self.segment.value != len(files) - 1:
            self.segment.value = len(files) - 1  # which draws
        else:
            self.draw()

    def _files(self) -> list[Path]:
        return self.store.arrays.get(self.array.value, [])

    def _record(self) -> ArrayRecord | None:
        file = self._files()[min(int(self.segment.value), len(self._files()) - 1)]
        name = self.array.value
        try:
            return read_recording(file, f"arrays/{name}").arrays.get(name)
        except (OSError, RuntimeError, KeyError):
            return None

    def draw(self) -> None:
        """Draw the chosen array after the chosen segment."""
        files = self._files()
        if not files:
            return
        file = files[min(int(self.segment.value), len(files) - 1)]
        record = self._record()
        if record is None:
            self.note.text = f"segment {int(file.stem)} cannot be read"
            return
        size = " x ".join(f"{name} {n}" for name, n in zip(record.axes, record.value.shape))
        self.note.text = f"{size or 'one number'} after segment {int(file.stem)}"
        if not record.value.size:
            self.note.text += "; there are no numbers to draw"
            self._place.children = []
            return
        shown, axes = self._cut(record)
        if np.iscomplexobj(shown):
            shown, self.note.text = np.abs(shown), f"{self.note.text}, magnitude"
        values, unit = with_prefix(shown.astype(np.float64), record.unit)
        self.note.text += f", {_range(values, unit)}"
        name = f"{self.array.value} [{unit}]" if unit not in ("", "1") else self.array.value
        if not axes:
            self._place.children = []
        elif len(axes) == 1 or self.way.value == _WAYS[0]:
            self._draw_curves(values, axes, name)
        else:
            self._draw_image(values, axes, name)

    def _cut(self, record: ArrayRecord) -> tuple[NDArray[Any], list[tuple[str, Axis]]]:
        """The last two dimensions, at the chosen places along the others."""
        axes, value = list(record.axes.items()), record.value
        for (name, axis), other in zip(axes[:-2], self.others):
            at = min(int(other.value), len(axis.values) - 1)
            value = value[at]
            self.note.text += f", {name} = {_text(axis.values[at])} {axis.unit}".rstrip()
        return value, axes[-2:]

    def _draw_curves(
        self, values: NDArray[np.float64], axes: list[tuple[str, Axis]], name: str
    ) -> None:
        """A curve for each entry of the shorter axis, over the longer one."""
        if len(axes) == 2 and values.shape[0] >= values.shape[1]:
            axes, values = axes[::-1], values.T
        rows = np.atleast_2d(values)
        x, labels = positions(axes[-1][1])
        kept = np.linspace(0, len(rows) - 1, min(_FEW, len(rows))).astype(int)
        if len(kept) < len(rows):
            self.note.text += f"; {len(kept)} of {len(rows)} curves"
        order = np.argsort(x)
        ends = (float(x[order[0]]), float(x[order[-1]]))
        t, lines = thin_out(x[order], rows[kept][:, order], ends, _POINTS)
        named = [f"{axes[0][0]} {_text(axes[0][1].values[n])} {axes[0][1].unit}" for n in kept]
        self.curves.data = {
            "x": [t] * len(lines),
            "y": list(lines),
            "colour": [COLOURS[k % len(COLOURS)] for k in range(len(lines))],
            "name": [text.strip() for text in named] if len(axes) == 2 else [name],
        }
        plot = self._figure(_label(*axes[-1]), labels, name)
        look: Any = {"line_color": "colour", "line_width": 1.6, "legend_field": "name"}
        drawn = plot.multi_line("x", "y", source=self.curves, **look)
        plot.add_layout(plot.legend[0], "above")
        plot.legend.update(orientation="horizontal", padding=2, border_line_color=None)
        plot.legend.visible = len(axes) == 2
        tips = [("", "@name"), (axes[-1][0], "$data_x"), (name, "$data_y")]
        plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips, limit=1))

    def _draw_image(
        self, values: NDArray[np.float64], axes: list[tuple[str, Axis]], name: str
    ) -> None:
        """Rows from below, each entry of an axis as wide as its step."""
        step = [-(-n // _SIDE) for n in values.shape]
        if max(step) > 1:
            self.note.text += f"; every {step[0]}-th row and {step[1]}-th column"
        (y, up), (x, along) = (positions(axis) for _, axis in axes)
        values, y, x = values[:: step[0], :: step[1]], y[:: step[0]], x[:: step[1]]
        if y[0] > y[-1]:
            values, y = values[::-1], y[::-1]
        if x[0] > x[-1]:
            values, x = values[:, ::-1], x[::-1]
        (left, width), (bottom, height) = _extent(x), _extent(y)
        place = {"x": [left], "y": [bottom], "w": [width], "h": [height]}
        self.image.data = {"image": [values], **place}
        plot = self._figure(_label(*axes[1]), along, _label(*axes[0]))
        _write(plot.yaxis, up)
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        mapper: Any = LinearColorMapper(
            palette="Viridis256", low=low, high=high, nan_color="#ffffff00"
        )
        plot.image("image", "x", "y", "w", "h", source=self.image, color_mapper=mapper)
        plot.add_layout(ColorBar(color_mapper=mapper, width=10), "right")
        plot.x_range.range_padding = plot.y_range.range_padding = 0
        tips = [(axes[0][0], "$y"), (axes[1][0], "$x"), (name, "@image")]
        plot.add_tools(HoverTool(tooltips=tips))

    def _figure(self, across: str, labels: dict[float, str], upwards: str) -> Any:
        self.plot = plot = figure(
            height=400,
            x_axis_label=across,
            y_axis_label=upwards,
            tools="pan,wheel_zoom,box_zoom,reset",
            sizing_mode="stretch_width",
        )
        _write(plot.xaxis, labels)
        self._place.children = [plot]
        return plot


def _extent(places: NDArray[np.float64]) -> tuple[float, float]:
    """Where the first entry begins, and how wide all of them are."""
    step = (places[-1] - places[0]) / (len(places) - 1) if len(places) > 1 else 1.0
    return float(places[0] - step / 2), float(step * len(places))


def _write(axes: Any, labels: dict[float, str]) -> None:
    if labels:
        axes.ticker = FixedTicker(ticks=list(labels))
        axes.major_label_overrides = labels


def _label(name: str, axis: Axis) -> str:
    return f"{name} [{axis.unit}]" if axis.unit not in ("", "1") else name


def _text(value: Any) -> str:
    return f"{value:.4g}" if np.issubdtype(type(value), np.floating) else str(value)


def _range(values: NDArray[np.float64], unit: str) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "no finite number"
    ends = f"{known.min():.4g}" if known.size == 1 else f"{known.min():.4g} to {known.max():.4g}"
    lost = values.size - known.size
    text = f"{ends} {unit if unit != '1' else ''}".strip()
    return f"{text}; {lost:,} not finite" if lost else text
