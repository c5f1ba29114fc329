"""The web page: the list of runs above, the chosen one or two below."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import AllIndices, ColumnDataSource
from bokeh.models.widgets import (
    DataTable,
    Div,
    NumberFormatter,
    ScientificFormatter,
    StringFormatter,
    TableColumn,
    TextInput,
)

from bioplaus.records import NotARun, RunReader
from bioplaus.viewer.run_page import RunPage
from bioplaus.viewer.runs import COLUMNS, find_runs
from bioplaus.viewer.runs import row as list_row

__all__ = ["Page"]

REFRESH_MS = 1000
_LIST_MS = 4000  # redrawing the list swallows a click that falls into it
_HINT = ("Choose a run.", "Hold Ctrl and choose another run to see both side by side.")


class Page:
    """One visitor's view of the runs below some folders.

    It reads run directories, and writes nothing but requests into their inboxes.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = list(roots)
        self.filter = TextInput(title="filter", placeholder="part of a name or state", width=260)
        self.source = ColumnDataSource({name: [] for name in ("path", *COLUMNS)})
        self.hint = Div(text="")
        self._error = ""
        self.below = row(Div(), sizing_mode="stretch_width")
        self.pages: dict[str, RunPage] = {}
        self.table = self._table()
        self.filter.on_change("value_input", lambda attr, old, new: self.refresh())
        self.source.selected.on_change("indices", lambda attr, old, new: self._choose())
        self.refresh()

    def attach(self, document: Document) -> None:
        """Put the page into a Bokeh document and keep it up to date."""
        document.title = "bioplaus"
        above = row(self.filter, self.hint)
        document.add_root(column(above, self.table, self.below, sizing_mode="stretch_width"))
        document.add_periodic_callback(self.refresh, _LIST_MS)
        document.add_periodic_callback(self.refresh_runs, REFRESH_MS)

    def _table(self) -> DataTable:
        plain = StringFormatter()
        number = ScientificFormatter(precision=4, power_limit_low=-3, nan_format="")
        formats: dict[str, Any] = {"latest": number, "test_error": number}
        formats["epoch"] = NumberFormatter(format="0.00")
        widths = {"run": 420, "experiment": 160, "metric": 140}
        columns = [
            TableColumn(
                field=name,
                title=name.replace("_", " "),
                formatter=formats.get(name, plain),
                width=widths.get(name, 80),
            )
            for name in COLUMNS
        ]
        return DataTable(
            source=self.source,
            columns=columns,
            height=200,
            index_position=None,
            sortable=True,
            selectable=True,
            sizing_mode="stretch_width",
        )

    def refresh(self) -> None:
        """Read the list again and keep the choice."""
        chosen = self._chosen()
        wanted = self.filter.value_input.lower() if self.filter.value_input else ""
        rows = [list_row(path) for path in find_runs(self.roots)]
        rows = [r for r in rows if wanted in f"{r['run']} {r['experiment']} {r['status']}".lower()]
        data = {name: [r[name] for r in rows] for name in ("path", *COLUMNS)}
        if repr(data) != repr(dict(self.source.data)):  # repr: nan equals itself
            self.source.data = data
            # The grid draws itself again when its view changes, not when only the data do.
            self.table.view.filter = AllIndices()
            self.source.selected.indices = [n for n, r in enumerate(rows) if r["path"] in chosen]
        self._advise(len(rows))

    def _advise(self, rows: int) -> None:
        """Say what can be done next, for as long as it has not been done."""
        text = self._error
        if not text and not rows:
            folders = ", ".join(str(root) for root in self.roots)
            sought = self.filter.value_input
            text = f"No run matches {sought!r}." if sought else f"No runs below {folders} yet."
        if not text and len(self.pages) < 2:
            text = _HINT[len(self.pages)] if rows > len(self.pages) else ""
        self.hint.text = html.escape(text)

    def refresh_runs(self) -> None:
        """Take up what has changed in the runs that are shown."""
        for page in self.pages.values():
            page.refresh()

    def _chosen(self) -> list[str]:
        names = list(self.source.data["path"])
        return [names[n] for n in self.source.selected.indices if n < len(names)]

    def _choose(self) -> None:
        """Show the chosen runs, at most two."""
        chosen = self._chosen()[-2:]
        if chosen == list(self.pages):
            return
        before = next((page.tabs.active for page in self.pages.values()), 0)
        pages = {}
        self._error = ""
        for name in chosen:
            try:
                pages[name] = self.pages.get(name) or RunPage(RunReader(name, tolerant=True))
                if name not in self.pages:
                    pages[name].tabs.active = before  # the next run shows the same side
            except (NotARun, OSError, ValueError) as error:
                self._error = str(error)
        self.pages = pages
        self._advise(len(self.source.data["path"]))
        self.below.children = [page.layout for page in pages.values()] or [Div()]
