"""What a run says in words: parameters, script, output, log, environment, figures."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any

from bokeh.layouts import column, row
from bokeh.models.widgets import Div, TextInput

from bioplaus.records import RunReader, layout
from bioplaus.viewer.controls import select

__all__ = ["Parameters", "Texts"]

_STYLE = "white-space: pre-wrap; font-family: monospace; font-size: 12px; overflow-wrap: anywhere"


class Parameters:
    """Every parameter at the start with its unit, sought by name, and what was changed since."""

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self.filter: Any = TextInput(title="seek", placeholder="part of a name", width=220)
        self.table = Div(text="", sizing_mode="stretch_width")
        self.layout = column(self.filter, self.table, sizing_mode="stretch_width")
        self.filter.on_change("value_input", lambda attr, old, new: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Read them again."""
        wanted = (self.filter.value_input or "").lower()
        changed = {name: f"{v} from segment {s}" for s, _, name, v in self.run.changes}
        rows = [
            f"<tr><td>{html.escape(name)}</td><td><b>{html.escape(str(value))}</b></td>"
            f"<td>{html.escape(changed.get(name, ''))}</td></tr>"
            for name, value in self.run.parameters.items()
            if wanted in name.lower()
        ]
        head = "<tr><th>parameter</th><th>at the start</th><th>changed</th></tr>"
        style = "border-spacing: 14px 2px; text-align: left"
        self.table.text = f"<table style='{style}'>{head}{''.join(rows)}</table>"


class Texts:
    """One of the texts that a run keeps, its end first to be seen."""

    def __init__(self, run: RunReader) -> None:
        self.run = run
        self.which: Any = select("text", [], 220)
        self.more: Any = select("lines", ["1000", "10000", "all"], 90)
        self.more.value = "1000"
        self.note = Div(text="")
        self.body = Div(text="", sizing_mode="stretch_width")
        self.layout = column(row(self.which, self.more, self.note), self.body)
        self.layout.sizing_mode = "stretch_width"
        self._shown: Any = None
        self.which.on_change("value", lambda attr, old, new: self.refresh())
        self.more.on_change("value", lambda attr, old, new: self.refresh())
        self.refresh()

    def files(self) -> dict[str, Path]:
        """What can be shown, by name: nothing else of the run is."""
        path = self.run.path
        found = {"log": path / layout.LOG, "output": path / layout.OUTPUT}
        found |= {"environment": path / layout.ENVIRONMENT, "config": path / layout.CONFIG}
        for folder, kinds in ((layout.SOURCE, ("*.py",)), (layout.FIGURES, ("*.png",))):
            for kind in kinds:
                found |= {f"{folder}/{f.name}": f for f in sorted((path / folder).rglob(kind))}
        return {name: file for name, file in found.items() if file.is_file()}

    def refresh(self) -> None:
        """Read it again, if it has changed."""
        files = self.files()
        self.which.options = list(files)
        if self.which.value not in files:
            self.which.value = next(iter(files), "")
        if not files:
            self.body.text = "This run has no texts yet."
            return
        file = files[self.which.value]
        status = file.stat()
        key = (file, status.st_mtime_ns, status.st_size, self.more.value)
        if key == self._shown:
            return
        self._shown = key
        if file.suffix == ".png":
            data = base64.b64encode(file.read_bytes()).decode()
            name = html.escape(file.stem.replace("-", " "))
            style = "max-width: 100%; background: white"
            self.body.text = (
                f"<img style='{style}' alt='{name}' src='data:image/png;base64,{data}'>"
            )
            self.note.text = ""
            return
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".json":
            text = json.dumps(json.loads(text), indent=2)
        lines = text.splitlines()
        most = len(lines) if self.more.value == "all" else int(self.more.value)
        end_first = file.name in (layout.LOG, layout.OUTPUT)
        shown = lines[-most:] if end_first else lines[:most]
        left = len(lines) - len(shown)
        self.note.text = (
            f"the {'last' if end_first else 'first'} {len(shown):,} lines" if left else ""
        )
        self.body.text = f"<div style='{_STYLE}'>{html.escape(chr(10).join(shown))}</div>"
