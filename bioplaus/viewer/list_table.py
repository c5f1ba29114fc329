"""The list of runs: filter, grouping, order, columns, and which are chosen."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import AllIndices, ColumnDataSource
from bokeh.models.widgets import (
    DataTable,
    Div,
    MultiChoice,
    StringFormatter,
    TableColumn,
    TextInput,
)

from bioplaus.viewer import catalogue
from bioplaus.viewer.catalogue import Row
from bioplaus.viewer.controls import select, when_changed

__all__ = ["RunList"]

_SHOWN = ("run", "state", "epoch", "latest", "seed", "started")
_MOST_DIFFERING = 6
_HEIGHT, _ROW_HEIGHT = 240, 23
_WIDTHS = {"run": 300, "state": 110, "latest": 190, "started": 110}
_FINISHED_EVERY = 10  # looks between two at runs that have ended


class RunList:
    """A table of runs.

    Parameters
    ----------
    roots
        Folders that are looked at.
    choose
        Called when other runs are chosen.
    """

    def __init__(self, roots: Sequence[Path], choose: Callable[[], None]) -> None:
        self.roots, self._choose = list(roots), choose
        self.chosen: list[Path] = []
        self._rows: dict[Path, Row] = {}
        self._lines: list[tuple[str, list[Row], Row | None]] = []
        self._folded: set[str] = set()
        self._looks = 0
        self._filling = False
        self.filter: Any = TextInput(
            title="filter", placeholder="words, state:finished, lr>0.01, tau<5ms", width=300
        )
        self.group: Any = select("group by", [*catalogue.GROUPS], 140)
        self.sort: Any = select("sort by", ["newest first"], 170)
        self.sort.value = "newest first"
        self.columns: Any = MultiChoice(
            title="columns (empty: what differs)", options=[], sizing_mode="stretch_width"
        )
        self.source = ColumnDataSource({"line": [], **{name: [] for name in _SHOWN}})
        self.table: Any = DataTable(
            source=self.source,
            columns=[],
            height=_HEIGHT,
            index_position=None,
            sortable=False,
            selectable=True,
            sizing_mode="stretch_width",
            row_height=_ROW_HEIGHT,
            reorderable=False,
        )
        self.hint = Div(text="", sizing_mode="stretch_width")
        controls = row(self.filter, self.group, self.sort, self.columns)
        controls.sizing_mode = "stretch_width"
        self.layout = column(controls, self.table, self.hint, sizing_mode="stretch_width")
        self.filter.on_change("value_input", lambda attr, old, new: self.fill())
        when_changed((self.group, self.sort, self.columns), self.fill)
        self.source.selected.on_change("indices", lambda attr, old, new: self._select())
        self.refresh()
        self.fill()

    def refresh(self) -> None:
        """Look for runs, and read those that have changed; what is gone stays, and says so."""
        known = self._rows
        found = catalogue.find_runs(self.roots)
        every = self._looks % _FINISHED_EVERY == 0
        self._looks += 1
        rows = {}
        for path in found:
            old = known.get(path)
            settled = old is not None and old.state in ("finished", "failed")
            rows[path] = old if settled and not every and old else catalogue.read_row(path)
        rows |= {path: catalogue.vanished(row) for path, row in known.items() if path not in rows}
        if rows != known or list(rows) != list(known):
            self._rows = rows
            self.fill()

    def named(self, names: Sequence[str]) -> list[Path]:
        """The listed runs of these names."""
        by_name = {row.name: path for path, row in self._rows.items()}
        return [by_name[name] for name in names if name in by_name]

    def name(self, path: Path) -> str:
        """What the list calls a run."""
        return self._rows[path].name if path in self._rows else catalogue.short_name(path)

    def state(self, path: Path) -> str:
        """What the list says of a run."""
        return self._rows[path].state if path in self._rows else "gone"

    def set_chosen(self, paths: Sequence[Path]) -> None:
        """Choose runs, as a click does."""
        if list(paths) != self.chosen:
            self.chosen = list(paths)
            self.fill()
            self._choose()

    def fill(self) -> None:
        """Show what the filter leaves, in groups and in order."""
        wanted = self.filter.value_input or self.filter.value or ""
        rows = [row for row in self._rows.values() if catalogue.matches(row, wanted)]
        by = self.sort.value
        if by != "newest first":
            name, _, falling = by.partition(" (largest")
            known = [row for row in rows if catalogue.sort_key(row, name)[0] < 2]
            known.sort(key=lambda row: catalogue.sort_key(row, name), reverse=bool(falling))
            rows = known + [row for row in rows if catalogue.sort_key(row, name)[0] == 2]
        self._offer(rows)
        self._lines = catalogue.table(rows, self.group.value, self._folded)
        extra = list(self.columns.value) or catalogue.differing(rows)[:_MOST_DIFFERING]
        names = [*_SHOWN[:4], *extra, *_SHOWN[4:]]
        cells = [self._cells(line, names) for line in self._lines]
        data = {name: [line[name] for line in cells] for name in names}
        data["line"] = [str(members[0].path) for _, members, _ in self._lines]
        self._filling = True
        self._show(data, names)
        self._mark()
        self._filling = False
        self.table.height = min(_HEIGHT, 34 + _ROW_HEIGHT * max(len(self._lines), 1))
        self._tell()

    def _show(self, data: dict[str, list[Any]], names: list[str]) -> None:
        """Give the table what has changed: whole new data would lose clicks."""
        old = self.source.data
        if [c.field for c in self.table.columns] != names:
            plain = StringFormatter()
            self.table.columns = [
                TableColumn(
                    field=n, title=n.replace("_", " "), formatter=plain, width=_WIDTHS.get(n, 80)
                )
                for n in names
            ]
        if data.keys() == old.keys() and data["line"] == old["line"]:
            patches = {
                name: [
                    (n, v) for n, (v, before) in enumerate(zip(values, old[name])) if v != before
                ]
                for name, values in data.items()
            }
            changed: Any = {name: cells for name, cells in patches.items() if cells}
            if changed:
                self.source.patch(changed)
            return
        self.source.data = data
        # The grid draws itself again when its view changes, not when only the data do.
        self.table.view.filter = AllIndices()

    def _offer(self, rows: Sequence[Row]) -> None:
        """What can be sorted by and shown in a column."""
        names = sorted(
            {name for row in rows for name in row.values} - {"state", "experiment", "seed"}
        )
        if names != self.columns.options:
            self.columns.options = names
            each = [
                o
                for n in ("run", "state", "started", "seed", *names)
                for o in (n, f"{n} (largest first)")
            ]
            self.sort.options = ["newest first", *each]

    def _cells(
        self, line: tuple[str, list[Row], Row | None], names: Sequence[str]
    ) -> dict[str, str]:
        heading, members, one = line
        if one is None:
            return _summary(heading, members, names, heading in self._folded)
        started = time.strftime("%m-%d %H:%M", time.localtime(one.started)) if one.started else ""
        known = {
            "run": one.name if not self.group.value else f"   {one.name}",
            "state": one.state,
            "epoch": _number(one.values.get("epoch")),
            "latest": f"{one.metric.replace('_', ' ')} {one.latest:.4g}" if one.metric else "",
            "started": started,
        }
        return {name: known.get(name, _number(one.values.get(name, "-"))) for name in names}

    def _tell(self) -> None:
        """Say how many runs are listed, and what can be done next."""
        listed = {row.path: row for _, members, _ in self._lines for row in members}
        running = sum(row.state == "running" for row in listed.values())
        wanted = self.filter.value_input or self.filter.value
        counted = f"{len(listed)} run{'s' if len(listed) > 1 else ''}"
        counted += f", {running} running" if running else ""
        if listed and self.chosen:
            text = f"{counted}, {len(self.chosen)} chosen."
        elif listed:
            text = f"{counted}. Choose one; Ctrl and Shift choose more."
        elif self._rows:
            text = f"No run matches {wanted!r}."
        else:
            folders = ", ".join(str(root) for root in self.roots)
            text = f"No runs below {folders} yet: bioplaus run erbp-images --quick makes one."
        self.hint.text = html.escape(text)

    # Choosing

    def _mark(self) -> None:
        places = [
            n
            for n, (_, _, one) in enumerate(self._lines)
            if one is not None and one.path in self.chosen
        ]
        if list(self.source.selected.indices) != places:
            before, self._filling = self._filling, True
            self.source.selected.indices = places
            self._filling = before

    def _select(self) -> None:
        """A click: a heading folds its group, rows are chosen in the order of the list."""
        if self._filling:
            return
        lines = [self._lines[n] for n in self.source.selected.indices if n < len(self._lines)]
        headings = {heading for heading, _, one in lines if one is None}
        if headings:
            self._folded ^= headings
            self.fill()
            return
        paths = [one.path for _, _, one in lines if one is not None]
        listed = {one.path for _, _, one in self._lines if one is not None}
        if not paths or set(paths) == listed & set(self.chosen):
            return  # no click, but the browser's answer to other rows
        kept = [path for path in self.chosen if path in paths]
        self.chosen = kept + [path for path in paths if path not in kept]
        self._choose()
        self._tell()


def _summary(
    heading: str, members: list[Row], names: Sequence[str], folded: bool
) -> dict[str, str]:
    """A heading: how many runs, and mean and deviation of their latest metric."""
    cells = dict.fromkeys(names, "")
    cells["run"] = f"{'▸' if folded else '▾'} {heading} ({len(members)})"
    states = sorted({row.state.partition(":")[0] for row in members})
    counts = (f"{sum(row.state.startswith(state) for row in members)} {state}" for state in states)
    cells["state"] = ", ".join(counts)
    latest = np.array([row.latest for row in members if not np.isnan(row.latest)])
    metric = members[0].metric.replace("_", " ")
    if len(latest) and all(row.metric == members[0].metric for row in members):
        deviation = f" ± {latest.std(ddof=1):.2g}" if len(latest) > 1 else ""
        cells["latest"] = f"{metric} {latest.mean():.4g}{deviation}"
    for name in names:
        if name in members[0].parameters and name not in ("seed",):
            values = {catalogue.plain(row.parameters.get(name, "")) for row in members}
            cells[name] = members[0].parameters[name] if len(values) == 1 else ""
    return cells


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
