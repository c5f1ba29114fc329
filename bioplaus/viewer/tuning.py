"""Sliders and fields for the parameters that a running experiment takes between segments."""

from __future__ import annotations

import dataclasses
import html
import math
from typing import Any

from bokeh.layouts import column, row
from bokeh.models.widgets import Button, Div, Slider, TextInput

from bioplaus import registry
from bioplaus.quantity import number_and_unit
from bioplaus.records import RunReader
from bioplaus.records.inbox import request_change
from bioplaus.viewer.controls import WRAP
from bioplaus.viewer.learning import Learning

__all__ = ["Tuning"]


@dataclasses.dataclass(frozen=True)
class Offer:
    """Something that can be changed: its value at the start and its range, as text with unit."""

    name: str
    start: str
    low: Any = None
    high: Any = None
    whole: bool = False


class Tuning:
    """A slider and a field for each tunable parameter, and the curve with what was changed.

    Moving a slider or typing a value drops a request into the run's inbox.  The run takes it at
    its next segment, and only what it logs as changed is shown as changed.

    Parameters
    ----------
    run
        The run.
    allowed
        Whether anything may be asked for.
    """

    def __init__(self, run: RunReader, allowed: bool = True) -> None:
        self.run, self._allowed = run, allowed
        self.state = Div(text="", sizing_mode="stretch_width")
        self.changes = Div(text="", sizing_mode="stretch_width")
        self.controls: dict[str, Control] = {}
        self.learning = Learning({run.path.name: run})
        self._controls = column(sizing_mode="stretch_width")
        left = column(self.state, self._controls, self.changes, width=530)
        self.learning.layout.styles = {"flex": "1 1 400px", "min-width": "0"}
        self.layout = row(left, self.learning.layout, sizing_mode="stretch_width", styles=WRAP)
        self.refresh()

    def refresh(self) -> None:
        """Say whether the run listens, and what it has taken."""
        self.learning.refresh()
        new = [offer for offer in _offers(self.run) if offer.name not in self.controls]
        if new:
            self.controls |= {
                offer.name: Control(offer, self._present(offer), self) for offer in new
            }
            self._controls.children = [control.layout for control in self.controls.values()]
        listens = self.run.status == "running" and self._allowed
        changes = self.run.changes
        log = self.run.log
        for name, control in self.controls.items():
            control.listen(listens)
            control.answer([c for c in changes if c[2] == name], _refusal(log, name))
        if not self.controls:
            awaited = self.run.config.get("kind") == "script" and self.run.status == "running"
            self.state.text = (
                "The script says after its first segment what can be changed."
                if awaited
                else "Nothing can be changed in this run."
            )
        elif not self._allowed:
            self.state.text = "This page was started to look only."
        elif not listens:
            self.state.text = "The run is not running, so nothing can be changed."
        else:
            self.state.text = "Changes are applied at the next segment and kept in the record."
        rows = [
            f"<li>{html.escape(f'{name} = {value}')} from segment {segment} ({time:.4g} s)</li>"
            for segment, time, name, value in changes
        ]
        self.changes.text = f"<b>changes so far</b><ul>{''.join(rows)}</ul>" if rows else ""

    def _present(self, offer: Offer) -> str:
        """The value in force: the last change, else the start."""
        changed = [value for _, _, parameter, value in self.run.changes if parameter == offer.name]
        return str(changed[-1] if changed else offer.start)


class Control:
    """A parameter's field, its slider where it is one number, and a button back to its start."""

    def __init__(self, offer: Offer, value: str, tuning: Tuning) -> None:
        self.offer, self._tuning = offer, tuning
        self.asked = ""
        self._answered = len([c for c in tuning.run.changes if c[2] == offer.name])
        self._log = len(tuning.run.log)
        self.said = Div(text="", sizing_mode="stretch_width")
        name = offer.name.replace("_", " ")
        self.field: Any = TextInput(title=name, value=value, width=130, name=offer.name)
        self.reset: Any = Button(label="start value", width=80, name=f"reset {offer.name}")
        self._number, self._unit = _split(value)
        self.slider = _slider(offer, self._number, self._unit) if number_and_unit(value) else None
        self.logarithmic = self.slider is not None and self.slider.name == "logarithmic"
        widgets = [self.field, *([self.slider] if self.slider else []), self.reset]
        self.layout = column(row(*widgets, styles={"align-items": "end"}), self.said)
        self.field.on_change("value", lambda attr, old, new: self.ask(new))
        self.reset.on_click(lambda: self.ask(str(offer.start)))
        if self.slider is not None:
            self.slider.update(name=offer.name)
            self.slider.on_change("value_throttled", lambda attr, old, new: self._slide(new))

    def _slide(self, place: float) -> None:
        # Four digits are what a slider can be set to.
        number = float(f"{10**place if self.logarithmic else place:.4g}")
        self.ask(f"{round(number)}" if self.offer.whole else f"{number!r} {self._unit}".strip())

    def ask(self, value: str) -> None:
        """Ask the run for a value."""
        if value == self.asked or not value.strip():
            return
        self.asked = value
        self._log = len(self._tuning.run.log)
        request_change(self._tuning.run.path, self.offer.name, value)
        self.said.text = f"asked for {html.escape(value)}"
        self.field.value = value
        number, unit = _split(value)
        if self.slider is not None and unit == self._unit and number > 0:
            self.slider.value = math.log10(number) if self.logarithmic else number

    def listen(self, listens: bool) -> None:
        """Be movable only while the run runs."""
        for widget in (self.field, self.reset, *([self.slider] if self.slider else [])):
            widget.disabled = not listens

    def answer(self, changes: list[Any], refusal: tuple[int, str]) -> None:
        """Say what the run has made of it."""
        if len(changes) > self._answered:
            self._answered = len(changes)
            segment, _, _, value = changes[-1]
            self.said.text = f"{html.escape(value)} taken in segment {segment}"
        elif refusal[0] >= self._log and refusal[1]:
            self.said.text = f"refused: {html.escape(refusal[1])}"


def _slider(offer: Offer, value: float, unit: str) -> Slider:
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
    slider.update(title=None, show_value=False, tooltips=False, width=220)
    slider.name = "logarithmic" if logarithmic else "linear"
    return slider


def _refusal(log: str, name: str) -> tuple[int, str]:
    """Where the log last refused a change of a parameter, and why."""
    place = log.rfind(f"refused to change {name} ")
    return place, log[place:].partition("\n")[0].partition(": ")[2] if place >= 0 else ""


def _offers(run: RunReader) -> list[Offer]:
    if run.config.get("kind") == "script":
        return [
            Offer(name, text, whole=text.lstrip("-").isdigit())
            for name, text in run.tunable.items()
        ]
    source = run.config["source"]
    try:
        entry = registry.find(source if source.endswith(".py") else run.config["experiment"])
        parameters = registry.load(entry).Settings
    except (LookupError, ImportError, OSError):  # a run of an experiment that is not here
        return []
    return [
        Offer(f.name, run.parameters[f.name], f.metadata["low"], f.metadata["high"])
        for f in dataclasses.fields(parameters)
        if f.metadata.get("tunable")
    ]


def _split(text: Any) -> tuple[float, str]:
    return number_and_unit(str(text)) or (0.0, "")
