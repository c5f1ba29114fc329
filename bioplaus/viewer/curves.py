"""One figure of learning curves: of several runs over each other, or one of many small ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, LinearScale, LogScale
from bokeh.plotting import figure

from bioplaus.plotting import COLOURS

__all__ = ["Curves", "colour_of"]

_DASHES = ("solid", "dashed", "dotted", "dotdash", "dashdot")
_SMALL, _LARGE = 190, 360  # pixels high


def colour_of(number: int) -> str:
    """The colour of a run by its place among the chosen ones."""
    return COLOURS[number % len(COLOURS)]


class Curves:
    """Curves of one metric, and marks where parameters were changed.

    Parameters
    ----------
    runs
        Names and places among the chosen runs; colour and dash follow from these.
    metric
        What is shown; empty for the metric that is chosen for all.
    logarithmic
        Whether the metric's axis is; Bokeh fixes it when a figure is made.
    title
        Of a small figure; without one the figure is large and has a legend.
    limits
        Ranges that are shared with other figures, by ``x_range`` and ``y_range``.
    """

    def __init__(
        self,
        runs: Mapping[str, int],
        metric: str,
        logarithmic: bool,
        title: str = "",
        limits: Mapping[str, Any] | None = None,
    ) -> None:
        self.metric = metric
        plot: Any = figure(
            height=_SMALL if title else _LARGE,
            title=title or None,
            y_axis_type="log" if logarithmic else "linear",
            tools="pan,wheel_zoom,box_zoom,reset",
            toolbar_location=None if title else "right",
            sizing_mode="stretch_width",
            **(limits or {}),
        )
        assert isinstance(plot.y_scale, LogScale if logarithmic else LinearScale)
        self.plot = plot
        self.sources: dict[str, ColumnDataSource] = {}
        for name, k in runs.items():
            source = ColumnDataSource({"x": [], "y": [], "low": [], "high": []})
            look: Any = {"color": colour_of(k), "source": source}
            dash = _DASHES[(k // len(COLOURS)) % len(_DASHES)]
            line = plot.line("x", "y", **look, line_width=2, line_dash=dash, legend_label=name)
            dots = plot.scatter("x", "y", **look, size=3 if title else 5)
            plot.varea("x", "low", "high", fill_alpha=0.2, fill_color=look["color"], source=source)
            tips = [("run", name), ("at", "@x"), ("value", "@y")]
            plot.add_tools(HoverTool(renderers=[dots, line], tooltips=tips, limit=1))
            self.sources[name] = source
        self.marks = ColumnDataSource({"x": [], "y": [], "what": [], "colour": []})
        marks = plot.scatter(
            "x", "y", source=self.marks, marker="inverted_triangle", size=12, color="colour"
        )
        plot.vspan(x="x", source=self.marks, line_color="colour", line_dash="dotted")
        plot.add_tools(HoverTool(renderers=[marks], tooltips="@what"))
        if runs:
            # Above the frame, where it lies over no curve.
            plot.add_layout(plot.legend[0], "above")
            plot.legend.update(click_policy="hide", ncols=4, border_line_color=None, padding=2)
            plot.legend.visible = len(runs) > 1 and not title

    def put(
        self,
        curves: Mapping[str, Sequence[Any]],
        marks: Sequence[tuple[float, float, str, str]],
        across: str,
        upwards: str,
    ) -> None:
        """Draw curves by run, each x, y, low and high, and marks: x, y, what, colour."""
        self.plot.xaxis.axis_label, self.plot.yaxis.axis_label = across, upwards
        nothing = (np.empty(0),) * 4
        for name, source in self.sources.items():
            _put(source, dict(zip(("x", "y", "low", "high"), curves.get(name, nothing))))
        names = ("x", "y", "what", "colour")
        self.marks.data = {name: [mark[n] for mark in marks] for n, name in enumerate(names)}


def _put(source: ColumnDataSource, data: dict[str, Any]) -> None:
    """New rows are appended; what is there already is not sent again."""
    old = source.data
    known = len(old["x"])
    if (
        known
        and known <= len(data["x"])
        and all(np.array_equal(old[name], values[:known]) for name, values in data.items())
    ):
        if known < len(data["x"]):
            source.stream({name: values[known:] for name, values in data.items()})
        return
    source.data = data
