"""Sliders for the parameters that a running experiment takes between segments."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

from bokeh.layouts import column
from bokeh.models import TabPanel
from bokeh.models.widgets import Div, Slider

from bioplaus import registry
from bioplaus.records import RunReader
from bioplaus.records.inbox import request_change

__all__ = ["Tuning"]

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\*?\s*(.*?)\s*")


class Tuning:
    """One slider for each tunable parameter; logarithmic where the value is positive.

    Moving a slider drops a request into the run's inbox.  The run takes it at its next segment,
    and only what it logs as changed is shown as changed.
    """

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self.state = Div(text="")
        self.changes = Div(text="")
        self._answered = 0
        self.titles: dict[str, Div] = {}
        self.sliders = {field.name: self._slider(field) for field in _tunable(run)}
        self.refresh()

    def panels(self) -> list[TabPanel]:
        """The tab."""
        titled = [part for name in self.sliders for part in (self.titles[name], self.sliders[name])]
        body = column(self.state, *titled, self.changes)
        return [TabPanel(child=body, title="tuning")]

    def refresh(self) -> None:
        """Say whether the run listens, and what it has taken."""
        running = self.run.status == "running"
        for slider in self.sliders.values():
            slider.disabled = not running
        if not self.sliders:
            self.state.text = "This experiment has no tunable parameters."
        elif not running:
            self.state.text = "The run is not running, so nothing can be changed."
        elif len(self.run.changes) > self._answered or not self.state.text.startswith("asked"):
            self._answered = len(self.run.changes)
            self.state.text = "Changes are applied at the next segment and kept in the record."
        rows = [
            f"<li>{name} = {value} from segment {segment} ({time:.4g} s simulated)</li>"
            for segment, time, name, value in self.run.changes
        ]
        self.changes.text = f"<b>changes so far</b><ul>{''.join(rows)}</ul>" if rows else ""

    def _slider(self, field: dataclasses.Field[Any]) -> Slider:
        value, unit = _split(self._present(field.name))
        low, high = (_split(field.metadata.get(end)) for end in ("low", "high"))
        if value > 0:
            # A factor of a hundred either way, as far as the parameter's range allows.
            least = max(value / 100, low[0]) if low[1] == unit and low[0] > 0 else value / 100
            most = min(100 * value, high[0]) if high[1] == unit and high[0] > 0 else 100 * value
            ends = (math.log10(least), math.log10(most))
            slider = Slider(start=ends[0], end=ends[1], value=math.log10(value), step=0.01)
        else:
            most = high[0] if high[0] > 0 and high[1] == unit else 1.0
            slider = Slider(start=0.0, end=most, value=0.0, step=most / 1000)
        logarithmic = value > 0
        # A slider's own title and value would show the exponent.
        slider.update(title=None, show_value=False, tooltips=False, width=420, name=field.name)
        title = self.titles[field.name] = Div(text=_title(field.name, value, unit))

        def ask(attr: str, old: float, new: float) -> None:
            # Four digits are what a slider can be set to.
            number = float(f"{10**new if logarithmic else new:.4g}")
            title.text = _title(field.name, number, unit)
            request_change(self.run.path, field.name, f"{number!r} {unit}".strip())
            self.state.text = f"asked for {title.text}; the next segment will have it"

        slider.on_change("value_throttled", ask)
        return slider

    def _present(self, name: str) -> Any:
        """The value in force: the last change, else the start."""
        changed = [value for _, _, parameter, value in self.run.changes if parameter == name]
        return changed[-1] if changed else self.run.parameters[name]


def _tunable(run: RunReader) -> list[dataclasses.Field[Any]]:
    source = run.config["source"]
    try:
        entry = registry.find(source if source.endswith(".py") else run.config["experiment"])
        parameters = registry.load(entry).Parameters
    except (LookupError, ImportError, OSError):  # a run of an experiment that is not here
        return []
    return [field for field in dataclasses.fields(parameters) if field.metadata.get("tunable")]


def _split(text: Any) -> tuple[float, str]:
    match = _NUMBER.fullmatch(str(text))
    return (float(match.group(1)), match.group(2)) if match else (0.0, "")


def _title(name: str, number: float, unit: str) -> str:
    return f"{name.replace('_', ' ')} = {number:.4g} {unit}".strip()
