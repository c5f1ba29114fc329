"""Everything about one run, in tabs."""

from __future__ import annotations

import html
import json
from typing import Any

from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, HoverTool, TabPanel, Tabs
from bokeh.models.widgets import Div, Select
from bokeh.plotting import figure

from bioplaus.plotting import COLOURS
from bioplaus.records import RunReader
from bioplaus.viewer.activity import Activity
from bioplaus.viewer.runs import main_metric
from bioplaus.viewer.tuning import Tuning
from bioplaus.viewer.weights import Weights

__all__ = ["RunPage"]

_TEXT_STYLE = "white-space: pre-wrap; font-family: monospace; font-size: 12px"


class Learning:
    """The learning curve, live."""

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self.metric = Select(title="metric", options=[], width=260)
        self.final = Div(text="")
        self._points = ColumnDataSource({"epoch": [], "value": []})
        self.curve = figure(
            height=360,
            x_axis_label="epoch",
            tools="pan,wheel_zoom,reset,save",
            sizing_mode="stretch_width",
        )
        self.curve.line("epoch", "value", source=self._points, color=COLOURS[0], line_width=2)
        self.curve.scatter("epoch", "value", source=self._points, color=COLOURS[0], size=6)
        self.curve.add_tools(HoverTool(tooltips=[("epoch", "@epoch"), ("value", "@value")]))
        self.metric.on_change("value", lambda attr, old, new: self._draw())
        self.refresh()

    def panel(self) -> TabPanel:
        """The tab."""
        body = column(row(self.metric, self.final), self.curve, sizing_mode="stretch_width")
        return TabPanel(child=body, title="learning")

    def refresh(self) -> None:
        """Take up new segments."""
        metrics = self.run.metrics
        names = [name for name in metrics if name not in ("segment", "epoch")]
        if not names:
            return
        self.metric.options = list(names)
        if self.metric.value not in names:
            self.metric.value = main_metric(metrics)
        self._draw()
        figures = self.run.summary.get("metrics", {})
        lines = [f"<b>{name}</b> = {value:.5g}<br>" for name, value in figures.items()]
        self.final.text = "".join(lines)

    def _draw(self) -> None:
        metrics = self.run.metrics
        if self.metric.value in metrics:
            values = metrics[self.metric.value]
            if len(values) != len(self._points.data["value"]) or self._label() != self.metric.value:
                self.curve.yaxis.axis_label = self.metric.value.replace("_", " ")
                self._points.data = {"epoch": metrics["epoch"], "value": values}

    def _label(self) -> str:
        return str(self.curve.yaxis.axis_label or "").replace(" ", "_")


class Texts:
    """Parameters, environment and log."""

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self.parameters, self.environment, self.log = (
            Div(sizing_mode="stretch_width") for _ in range(3)
        )
        self.refresh()

    def panels(self) -> list[TabPanel]:
        """The three tabs."""
        titled = zip((self.parameters, self.environment, self.log), _TEXT_TITLES)
        return [TabPanel(child=child, title=title) for child, title in titled]

    def refresh(self) -> None:
        """Read them again."""
        rows = "".join(
            f"<tr><td>{name}</td><td><b>{html.escape(str(value))}</b></td></tr>"
            for name, value in self.run.parameters.items()
        )
        self.parameters.text = f"<table>{rows}</table>"
        self.environment.text = _preformatted(json.dumps(self.run.environment, indent=2))
        self.log.text = _preformatted(self.run.log[-20_000:])


_TEXT_TITLES = ("parameters", "environment", "log")


class RunPage:
    """The tabs of one run.

    Parameters
    ----------
    run
        Its directory.

    Raises
    ------
    NotARun
        When there is no run (any more).
    """

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self.learning, self.activity = Learning(run), Activity(run)
        self.weights, self.tuning = Weights(run), Tuning(run)
        self.texts = Texts(run)
        self._title = Div(text="")
        parts: list[Any] = [self.learning, self.activity, self.weights, self.tuning]
        panels = [part.panel() for part in parts] + self.texts.panels()
        self.tabs = Tabs(tabs=list(panels))
        self.tabs.sizing_mode = "stretch_width"
        self.layout = column(self._title, self.tabs, sizing_mode="stretch_width")
        # Two runs share the width, however wide their contents would like to be.
        self.layout.styles = {"min-width": "0", "flex": "1 1 0"}
        for part in (self.tabs, *(panel.child for panel in panels)):
            part.styles = {"min-width": "0", "max-width": "100%", "overflow-x": "auto"}
        self._parts: list[Any] = [*parts, self.texts]
        self._show_title()

    def refresh(self) -> None:
        """Take up what has changed on disk."""
        for part in self._parts:
            part.refresh()
        self._show_title()

    def _show_title(self) -> None:
        name = html.escape(str(self.run.path.name))
        self._title.text = f"<h3>{name} <small>({self.run.status})</small></h3>"


def _preformatted(text: str) -> str:
    return f"<div style='{_TEXT_STYLE}'>{html.escape(text)}</div>"
