"""Learning curves of the chosen runs over each other, and what makes the runs differ."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models.widgets import Div, RadioButtonGroup

from bioplaus.records import RunReader
from bioplaus.viewer.catalogue import main_metric, plain
from bioplaus.viewer.controls import WRAP, missing, select, when_changed
from bioplaus.viewer.curves import Curves, colour_of

__all__ = ["Learning", "differences"]

_CLOCKS = {"epoch": "epoch", "simulated time": "simulated_time_s", "segment": "segment"}
_SCALES = ("linear", "logarithmic")
_PANELS = ("over each other", "a panel a run", "a panel a metric")
_MOST_PANELS, _ACROSS = 12, 3


class Learning:
    """One curve a run, with a mark where a parameter was changed; over each other, or small.

    Small figures of runs have the same limits, so that they can be compared; those of metrics
    have the same clock.

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
        self.panels: Any = RadioButtonGroup(labels=list(_PANELS), active=0)
        self.figures: list[Curves] = []
        self._place = column(sizing_mode="stretch_width")
        chosen = (self.metric, self.clock, self.scale, self.together, self.panels)
        controls = row(*chosen, styles=WRAP)
        self.layout = column(controls, self._place, self.table, sizing_mode="stretch_width")
        when_changed((self.metric, self.clock), self.draw)
        when_changed((self.scale, self.together, self.panels), self._redraw, "active")
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
        new, self.metric.options = names != self.metric.options, names
        if self.metric.value not in names:
            self.metric.value = self._wanted if self._wanted in names else main_metric(names)
        if new and self.panels.active == 2:
            self._redraw()
        else:
            self.draw()

    def turn(self) -> str:
        """From curves over each other to small figures and back; returns what is shown now."""
        self.panels.active = (self.panels.active + 1) % len(_PANELS)
        return _PANELS[self.panels.active]

    def _redraw(self) -> None:
        """Figures of the chosen scale and kind."""
        places = {name: k for k, name in enumerate(self.runs)}
        logarithmic = self.scale.active == 1
        if self.panels.active == 0:
            self.figures = [Curves(places, "", logarithmic)]
        else:
            of_runs = self.panels.active == 1
            wanted = list(self.runs) if of_runs else list(self.metric.options)
            self.figures = []
            for name in wanted[:_MOST_PANELS]:
                limits: dict[str, Any] = {}
                if self.figures:
                    first = self.figures[0].plot
                    limits = {"x_range": first.x_range}
                    limits |= {"y_range": first.y_range} if of_runs else {}
                shown = {name: places[name]} if of_runs else places
                metric, title = ("", name) if of_runs else (name, name.replace("_", " "))
                self.figures.append(Curves(shown, metric, logarithmic, title, limits))
        plots = [each.plot for each in self.figures]
        rows = [plots[n : n + _ACROSS] for n in range(0, len(plots), _ACROSS)]
        left = len(wanted) - len(plots) if self.panels.active else 0
        told = [Div(text=f"the first {len(plots)} of {len(wanted)}")] if left else []
        whole: Any = {"sizing_mode": "stretch_width"}
        self._place.children = [*told, *(row(*each, **whole) for each in rows)]
        self.draw()

    def draw(self) -> None:
        """Draw over the chosen clock."""
        clock = _CLOCKS[self.clock.value]
        if not self.metric.value:
            return
        unit = " [s]" if clock == "simulated_time_s" else ""
        for each in self.figures:
            metric = each.metric or self.metric.value
            shown = self._curves(metric, clock)
            marks = self._marks(metric, clock, each.sources)
            each.put(shown, marks, f"{self.clock.value}{unit}", metric.replace("_", " "))
        self._tell()

    def _curves(self, metric: str, clock: str) -> dict[str, tuple[Any, ...]]:
        """By run: x, y, and the ends of a band around it."""
        curves = {}
        for name, metrics in self._metrics.items():
            if metric in metrics and clock in metrics:
                known = ~np.isnan(metrics[metric])
                curves[name] = (metrics[clock][known], metrics[metric][known])
        if self.together.active == 1:
            return self._means(curves)
        return {name: (x, y, y, y) for name, (x, y) in curves.items()}

    def _means(self, curves: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, ...]]:
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

    def _marks(
        self, metric: str, clock: str, shown: Collection[str]
    ) -> list[tuple[float, float, str, str]]:
        """Where parameters were changed, at the height of the curve before."""
        marks = []
        for k, (name, run) in enumerate(self.runs.items()):
            metrics = self._metrics.get(name, {})
            if name not in shown or metric not in metrics or clock not in metrics:
                continue
            for segment, time, parameter, value in run.changes:
                before = np.flatnonzero(metrics["segment"] < segment)
                row = int(before[-1]) if len(before) else 0
                if row < len(metrics[metric]):
                    what = f"{name}: {parameter} = {value} from segment {segment} ({time:.4g} s)"
                    at = metrics[clock][row], metrics[metric][row]
                    marks.append((*at, what, colour_of(k)))
        return marks

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
