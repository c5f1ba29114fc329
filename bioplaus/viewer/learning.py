"""Learning curves of the chosen runs over each other, and what makes the runs differ."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, HoverTool, LinearScale, LogScale
from bokeh.models.widgets import Div, RadioButtonGroup
from bokeh.plotting import figure

from bioplaus.plotting import COLOURS
from bioplaus.records import RunReader
from bioplaus.viewer.catalogue import main_metric, plain
from bioplaus.viewer.controls import WRAP, missing, select, when_changed

__all__ = ["Learning", "differences"]

_CLOCKS = {"epoch": "epoch", "simulated time": "simulated_time_s", "segment": "segment"}
_SCALES = ("linear", "logarithmic")
_DASHES = ("solid", "dashed", "dotted", "dotdash", "dashdot")


class Learning:
    """One curve a run, with a mark where a parameter was changed.

    Parameters
    ----------
    runs
        Name to run, in the order of their colours.
    metric
        What to look at first; empty for the metric of validation.
    """

    def __init__(self, runs: dict[str, RunReader], metric: str = "") -> None:
        self.runs = runs
        self.unreadable: dict[str, str] = {}
        self._metrics: dict[str, dict[str, Any]] = {}
        self._stamps: Any = None
        self.metric: Any = select("metric", [], 240)
        self.clock: Any = select("over", [*_CLOCKS], 140)
        self.scale: Any = RadioButtonGroup(labels=list(_SCALES), active=0)
        self.together: Any = RadioButtonGroup(labels=["each run", "mean of equal runs"], active=0)
        self.table = Div(text="", sizing_mode="stretch_width")
        self._wanted = metric
        self._drawn: dict[str, ColumnDataSource] = {}
        self.marks = ColumnDataSource({"x": [], "y": [], "what": [], "colour": []})
        self._place = column(sizing_mode="stretch_width")
        controls = row(self.metric, self.clock, self.scale, self.together, styles=WRAP)
        self.layout = column(controls, self._place, self.table, sizing_mode="stretch_width")
        when_changed((self.metric, self.clock), self.draw)
        when_changed((self.scale, self.together), self._redraw, "active")
        self._redraw()
        self.refresh()

    def refresh(self) -> None:
        """Take up new segments and changes."""
        stamps = [_stamp(run) for run in self.runs.values()]
        if stamps == self._stamps:
            return
        self._stamps = stamps
        self._metrics, self.unreadable = {}, {}
        for name, run in self.runs.items():
            try:
                self._metrics[name] = run.metrics
            except (OSError, ValueError) as error:
                self.unreadable[name] = str(error)
        names = list(dict.fromkeys(n for metrics in self._metrics.values() for n in metrics))
        names = [name for name in names if name not in _CLOCKS.values()]
        if not names:
            self._tell()
            self.table.text += (
                missing(next(iter(self.runs.values())), "figures") if self.runs else ""
            )
            return
        self.metric.options = names
        if self.metric.value not in names:
            self.metric.value = self._wanted if self._wanted in names else main_metric(names)
        self.draw()

    def _redraw(self) -> None:
        """A figure of the chosen scale; Bokeh fixes it when a figure is made."""
        logarithmic = self.scale.active == 1
        plot: Any = figure(
            height=360,
            y_axis_type="log" if logarithmic else "linear",
            tools="pan,wheel_zoom,box_zoom,reset",
            sizing_mode="stretch_width",
        )
        assert isinstance(plot.y_scale, LogScale if logarithmic else LinearScale)
        self.plot = plot
        self._drawn = {}
        for k, name in enumerate(self.runs):
            source = ColumnDataSource({"x": [], "y": [], "low": [], "high": []})
            look: Any = {"color": COLOURS[k % len(COLOURS)], "source": source}
            dash = _DASHES[(k // len(COLOURS)) % len(_DASHES)]
            line = plot.line("x", "y", **look, line_width=2, line_dash=dash, legend_label=name)
            dots = plot.scatter("x", "y", **look, size=5)
            plot.varea("x", "low", "high", fill_alpha=0.2, fill_color=look["color"], source=source)
            tips = [("run", name), ("at", "@x"), ("value", "@y")]
            plot.add_tools(HoverTool(renderers=[dots, line], tooltips=tips, limit=1))
            self._drawn[name] = source
        marks = plot.scatter(
            "x", "y", source=self.marks, marker="inverted_triangle", size=12, color="colour"
        )
        plot.vspan(x="x", source=self.marks, line_color="colour", line_dash="dotted")
        plot.add_tools(HoverTool(renderers=[marks], tooltips="@what"))
        if self.runs:
            # Above the frame, where it lies over no curve.
            plot.add_layout(plot.legend[0], "above")
            plot.legend.update(click_policy="hide", ncols=4, border_line_color=None, padding=2)
            plot.legend.visible = len(self.runs) > 1
        self._place.children = [plot]
        self.draw()

    def draw(self) -> None:
        """Draw the chosen metric over the chosen clock."""
        metric, clock = self.metric.value, _CLOCKS[self.clock.value]
        if not metric:
            return
        self.plot.yaxis.axis_label = metric.replace("_", " ")
        unit = " [s]" if clock == "simulated_time_s" else ""
        self.plot.xaxis.axis_label = f"{self.clock.value}{unit}"
        curves = {}
        for name, metrics in self._metrics.items():
            if metric in metrics and clock in metrics:
                known = ~np.isnan(metrics[metric])
                curves[name] = (metrics[clock][known], metrics[metric][known])
        drawn = self._means(curves) if self.together.active == 1 else {}
        for name, source in self._drawn.items():
            x, y = curves.get(name, (np.empty(0), np.empty(0)))
            low, high = y, y
            if self.together.active == 1:
                empty = np.empty(0)
                x, y, low, high = drawn.get(name, (empty, empty, empty, empty))
            data = {"x": x, "y": y, "low": low, "high": high}
            _put(source, data)
        self._mark(metric, clock)
        self._tell()

    def _means(self, curves: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any, Any, Any]]:
        """Mean and deviation over runs that differ in their seed only, under the first of them."""
        groups: dict[str, list[str]] = {}
        for name in curves:
            config = self.runs[name].config
            same = sorted(f"{k}={plain(str(v))}" for k, v in config["parameters"].items())
            groups.setdefault(f"{config['experiment']} {same}", []).append(name)
        found = {}
        for names in groups.values():
            length = min(len(curves[name][0]) for name in names)
            values = np.array([curves[name][1][:length] for name in names])
            mean, spread = values.mean(axis=0), values.std(axis=0, ddof=len(names) > 1)
            found[names[0]] = (curves[names[0]][0][:length], mean, mean - spread, mean + spread)
        return found

    def _mark(self, metric: str, clock: str) -> None:
        """Where parameters were changed, at the height of the curve before."""
        marks: dict[str, list[Any]] = {"x": [], "y": [], "what": [], "colour": []}
        for k, (name, metrics) in enumerate(self._metrics.items()):
            if metric not in metrics or clock not in metrics:
                continue
            for segment, time, parameter, value in self.runs[name].changes:
                before = np.flatnonzero(metrics["segment"] < segment)
                row = int(before[-1]) if len(before) else 0
                if row >= len(metrics[metric]):
                    continue
                marks["x"].append(metrics[clock][row])
                marks["y"].append(metrics[metric][row])
                what = f"{name}: {parameter} = {value} from segment {segment} ({time:.4g} s)"
                marks["what"].append(what)
                marks["colour"].append(COLOURS[k % len(COLOURS)])
        self.marks.data = marks

    def _tell(self) -> None:
        """Final figures, and the parameters that differ."""
        names = list(self.runs)
        finals = {name: _summary(run) for name, run in self.runs.items()}
        metrics = list(dict.fromkeys(key for final in finals.values() for key in final))
        lines = [("final figures", names)] if metrics else []
        lines += [
            (m, [f"{finals[n][m]:.5g}" if m in finals[n] else "" for n in names]) for m in metrics
        ]
        if len(names) > 1:
            lines.append(("parameters that differ", names))
            lines += list(differences(self.runs).items())
        lines += [(name, [reason]) for name, reason in self.unreadable.items()]
        self.table.text = _html(lines)


def differences(runs: dict[str, RunReader]) -> dict[str, list[str]]:
    """Parameters that are not the same quantity in all runs: name to one text for each run."""
    own = []
    for run in runs.values():
        values = {"experiment": run.config["experiment"], "seed": run.config["seed"]}
        values |= run.parameters
        values |= {f"{name} from segment {s}": value for s, _, name, value in run.changes}
        own.append({name: str(value) for name, value in values.items()})
    names = dict.fromkeys(name for values in own for name in values)
    table = {name: [values.get(name, "not there") for values in own] for name in names}
    return {name: texts for name, texts in table.items() if len({plain(t) for t in texts}) > 1}


def _summary(run: RunReader) -> dict[str, float]:
    try:
        found = run.summary.get("metrics", {})
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, int | float)}


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


def _stamp(run: RunReader) -> list[Any]:
    found: list[Any] = []
    for name in ("metrics.csv", "changes.csv", "summary.json", "state.json"):
        try:
            status = (run.path / name).stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return found


def _html(lines: Sequence[tuple[str, Sequence[str]]]) -> str:
    """A table; a line whose cells repeat the runs' names is a heading."""
    rows = []
    for name, values in lines:
        kind = "th" if name in ("final figures", "parameters that differ") else "td"
        cells = "".join(f"<{kind}>{html.escape(str(value))}</{kind}>" for value in values)
        rows.append(f"<tr><{kind} style='text-align:left'>{html.escape(name)}</{kind}>{cells}</tr>")
    style = "border-spacing: 14px 2px; text-align: left"
    return f"<table style='{style}'>{''.join(rows)}</table>" if rows else ""
