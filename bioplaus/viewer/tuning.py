"""Sliders for the parameters that a running experiment takes between segments."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

from bokeh.layouts import column
from bokeh.models import TabPanel
from bokeh.models.widgets import Div, Slider, TextInput

from bioplaus import registry
from bioplaus.records import RunReader
from bioplaus.records.inbox import request_change

__all__ = ["Tuning"]

_NOTHING = "Nothing can be changed here; a script says after its first segment what can."
_NUMBER = re.compile(
    r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\*?\s*((?:[a-zA-Z/].*?)?)\s*"
)
"""A number and a unit, such as ``5 ms``, ``2.5`` or ``0.1 / ms``; a second number is no unit."""


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
        self.sliders: dict[str, Slider | TextInput] = {}
        self._body = column(self.state, self.changes)
        self.refresh()

    def panels(self) -> list[TabPanel]:
        """The tab."""
        return [TabPanel(child=self._body, title="tuning")]

    def refresh(self) -> None:
        """Say whether the run listens, and what it has taken."""
        running = self.run.status == "running"
        self._take_up_offers()
        for slider in self.sliders.values():
            slider.disabled = not running
        if not self.sliders:
            self.state.text = _NOTHING
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

    def _take_up_offers(self) -> None:
        """Add sliders for what can be changed; a script says so after its first segment."""
        new = [offer for offer in _offers(self.run) if offer.name not in self.sliders]
        if new:
            self.sliders |= {offer.name: self._control(offer) for offer in new}
            names = self.sliders
            titled = [part for name in names for part in (self.titles[name], self.sliders[name])]
            self._body.children = [self.state, *titled, self.changes]

    def _control(self, offer: _Offer) -> Slider | TextInput:
        """A slider for one number with its unit, a line for a list of several or for a word."""
        value = str(self._present(offer))
        if _NUMBER.fullmatch(value):
            return self._slider(offer)
        line = TextInput(value=value, width=420, name=offer.name)
        name = offer.name.replace("_", " ")
        title = self.titles[offer.name] = Div(text=f"{name} = {value}")

        def ask(attr: str, old: str, new: str) -> None:
            title.text = f"{name} = {new}"
            request_change(self.run.path, offer.name, new)
            self.state.text = f"asked for {title.text}; the next segment will have it"

        line.on_change("value", ask)
        return line

    def _slider(self, offer: _Offer) -> Slider:
        value, unit = _split(self._present(offer))
        low, high = _split(offer.low), _split(offer.high)
        logarithmic = value > 0 and not offer.whole
        if logarithmic:
            # A factor of a hundred either way, as far as the parameter's range allows.
            least = max(value / 100, low[0]) if low[1] == unit and low[0] > 0 else value / 100
            most = min(100 * value, high[0]) if high[1] == unit and high[0] > 0 else 100 * value
            ends = (math.log10(least), math.log10(most))
            slider = Slider(start=ends[0], end=ends[1], value=math.log10(value), step=0.01)
        elif offer.whole:
            slider = Slider(start=min(value, 0), end=max(10, 4 * value), value=value, step=1)
        elif value < 0:
            slider = Slider(start=3 * value, end=-value, value=value, step=-value / 1000)
        else:
            most = high[0] if high[0] > 0 and high[1] == unit else 1.0
            slider = Slider(start=0.0, end=most, value=0.0, step=most / 1000)
        # A slider's own title and value would show the exponent.
        slider.update(title=None, show_value=False, tooltips=False, width=420, name=offer.name)
        title = self.titles[offer.name] = Div(text=_title(offer.name, value, unit))

        def ask(attr: str, old: float, new: float) -> None:
            # Four digits are what a slider can be set to.
            number = float(f"{10**new if logarithmic else new:.4g}")
            title.text = _title(offer.name, number, unit)
            asked = f"{round(number)}" if offer.whole else f"{number!r} {unit}".strip()
            request_change(self.run.path, offer.name, asked)
            self.state.text = f"asked for {title.text}; the next segment will have it"

        slider.on_change("value_throttled", ask)
        return slider

    def _present(self, offer: _Offer) -> Any:
        """The value in force: the last change, else the start."""
        changed = [value for _, _, parameter, value in self.run.changes if parameter == offer.name]
        return changed[-1] if changed else offer.start


@dataclasses.dataclass(frozen=True)
class _Offer:
    """Something that can be changed: its value at the start and its range, as text with unit."""

    name: str
    start: str
    low: Any = None
    high: Any = None
    whole: bool = False


def _offers(run: RunReader) -> list[_Offer]:
    if run.config.get("kind") == "script":
        return [
            _Offer(name, text, whole=text.lstrip("-").isdigit())
            for name, text in run.tunable.items()
        ]
    source = run.config["source"]
    try:
        entry = registry.find(source if source.endswith(".py") else run.config["experiment"])
        parameters = registry.load(entry).Settings
    except (LookupError, ImportError, OSError):  # a run of an experiment that is not here
        return []
    return [
        _Offer(f.name, run.parameters[f.name], f.metadata["low"], f.metadata["high"])
        for f in dataclasses.fields(parameters)
        if f.metadata.get("tunable")
    ]


def _split(text: Any) -> tuple[float, str]:
    match = _NUMBER.fullmatch(str(text))
    return (float(match.group(1)), match.group(2)) if match else (0.0, "")


def _title(name: str, number: float, unit: str) -> str:
    return f"{name.replace('_', ' ')} = {number:.4g} {unit}".strip()
