"""Everything about one run, in tabs."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Callable
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

_LOG = logging.getLogger(__name__)

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

    def panels(self) -> list[TabPanel]:
        """The tab."""
        body = column(row(self.metric, self.final), self.curve, sizing_mode="stretch_width")
        return [TabPanel(child=body, title="learning")]

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
        """Its tabs."""
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

_PARTS: dict[str, Callable[[RunReader], Any]] = {
    "learning": Learning,
    "activity": Activity,
    "weights": Weights,
    "tuning": Tuning,
    "texts": Texts,
}


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
        self._title = Div(text="")
        self._faults: dict[str, str] = {}
        self.parts: dict[str, Any] = {}
        panels: list[TabPanel] = []
        for name, make in _PARTS.items():
            try:
                self.parts[name] = make(run)
                panels += self.parts[name].panels()
            except Exception as error:  # the other tabs are shown
                self._fault(name, error)
                panels.append(TabPanel(child=Div(text=html.escape(str(error))), title=name))
        self.tabs = Tabs(tabs=list(panels))
        self.tabs.sizing_mode = "stretch_width"
        self.layout = column(self._title, self.tabs, sizing_mode="stretch_width")
        # Two runs share the width, however wide their contents would like to be.
        self.layout.styles = {"min-width": "0", "flex": "1 1 0"}
        for part in (self.tabs, *(panel.child for panel in panels)):
            part.styles = {"min-width": "0", "max-width": "100%", "overflow-x": "auto"}
        self._show_title()

    def refresh(self) -> None:
        """Take up what has changed on disk."""
        for name, part in self.parts.items():
            try:
                part.refresh()
                self._faults.pop(name, None)
            except Exception as error:
                self._fault(name, error)
        self._show_title()

    def _fault(self, name: str, error: Exception) -> None:
        if self._faults.get(name) != str(error):
            _LOG.warning("%s of %s", name, self.run.path, exc_info=error)
        self._faults[name] = str(error)

    def _show_title(self) -> None:
        name = html.escape(str(self.run.path.name))
        try:
            status = self.run.status
        except (OSError, ValueError) as error:
            status = str(error)
        lines = [f"{tab}: {fault}" for tab, fault in self._faults.items()]
        lines += [f"{file} cannot be read: {why}" for file, why in self.run.unreadable.items()]
        told = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
        self._title.text = f"<h3>{name} <small>({html.escape(status)})</small></h3>{told}"


def _preformatted(text: str) -> str:
    return f"<div style='{_TEXT_STYLE}'>{html.escape(text)}</div>"
