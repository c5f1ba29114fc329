"""The web page: the list of runs, and tabs that show the chosen ones."""

from __future__ import annotations

import base64
import dataclasses
import html
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakValueDictionary

import bokeh
from bokeh.document import Document
from bokeh.events import DocumentReady, MouseMove
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, CustomJS, TabPanel, Tabs
from bokeh.models.widgets import Button, Div, TextInput

from bioplaus.records import RunReader, Windows
from bioplaus.viewer import export, hands
from bioplaus.viewer.activity import Activity
from bioplaus.viewer.aligned import Aligned
from bioplaus.viewer.learning import Learning
from bioplaus.viewer.list_table import RunList
from bioplaus.viewer.texts import Parameters, Texts
from bioplaus.viewer.tuning import Tuning
from bioplaus.viewer.view_state import TABS, Eye, View
from bioplaus.viewer.weights import Weights

__all__ = ["Page"]

_LOG = logging.getLogger(__name__)
REFRESH_MS = 1000
LIST_MS = 2000
_HIDDEN_EVERY = 8  # looks at the list while the page is not seen
_MOST_STACKED = 4  # runs whose tabs stand below each other

# Bokeh's own page also loads WebGL and MathJax, half of all its bytes, which nothing here needs.
_TEMPLATE = """
{% block preamble %}<meta name="referrer" content="no-referrer">{% endblock %}
{% block js_resources %}{% for part in ("bokeh", "bokeh-widgets", "bokeh-tables") %}
<script src="/static/js/{{ part }}.min.js?v={{ version }}"></script>
{% endfor %}{% endblock %}
"""

_stores: WeakValueDictionary[Path, Windows] = WeakValueDictionary()
"""What was read of each run, shared by all who look at it."""


def store_of(path: Path) -> Windows:
    """The recordings of a run, read once for all."""
    store = _stores.get(path)
    if store is None:
        _stores[path] = store = Windows(path)
    return store


class Page:
    """One visitor's view of the runs below some folders.

    It reads run directories, and writes nothing but requests into their inboxes.
    """

    def __init__(
        self, roots: Sequence[Path], view: View | None = None, tuning: bool = True
    ) -> None:
        self.view, self._tuning = view or View(), tuning
        self.eye = Eye()
        self.runs: list[Path] = []
        self.parts: dict[str, dict[Path | None, Any]] = {}
        self._faults: dict[str, str] = {}
        self._watched: list[Any] = []
        self._held: Windows | None = None  # of the first run, or it would be read for each who asks
        self._drawn, self._looks, self._visible, self._restoring = 0, 0, True, False
        self.inbox = ColumnDataSource({"kind": [""], "text": [""], "n": [0]})
        self.outbox = ColumnDataSource({"drawn": [0], "address": [""], "push": [0], "said": [""]})
        self.go: Any = TextInput(title="go to", placeholder="103, 12.5s, e, #412", width=150)
        self.figure: Any = Button(label="this view: figure, table", width=170)
        self.pointer = Div(text="", sizing_mode="stretch_width")
        self.title = Div(text="", sizing_mode="stretch_width")
        self.exported = Div(text="", visible=False, sizing_mode="stretch_width")
        self.tabs: Any = Tabs(
            tabs=[
                TabPanel(child=column(Div(), sizing_mode="stretch_width"), title=name)
                for name in TABS
            ],
            active=TABS.index(self.view.tab),
        )
        self.tabs.sizing_mode = "stretch_width"
        self.list = RunList(roots, self._choose)
        bar = row(self.go, self.figure, self.pointer, sizing_mode="stretch_width")
        bar.styles = {"align-items": "end"}
        body = (self.list.layout, bar, self.title, self.exported, self.tabs)
        self.layout = column(*body, sizing_mode="stretch_width", styles={"padding": "6px 10px"})
        self.layout.tags = [self.inbox, self.outbox]
        self.tabs.on_change("active", lambda attr, old, new: self._turn())
        self.inbox.on_change("data", lambda attr, old, new: self._hear())
        self.go.on_change("value", lambda attr, old, new: self._go(new))
        self.figure.on_click(self._export)
        self.restore(self.view)

    def attach(self, document: Document) -> None:
        """Put the page into a Bokeh document and keep it up to date."""
        document.title = "bioplaus"
        document.template = _TEMPLATE  # type: ignore[assignment]  # text extends the page of Bokeh
        document.template_variables["version"] = bokeh.__version__
        document.add_root(self.layout)
        code = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
        args = {"inbox": self.inbox, "outbox": self.outbox, "help": hands.HELP}
        document.js_on_event(DocumentReady, CustomJS(args=args, code=code))
        document.js_on_event("connection_lost", CustomJS(code="window.bioplausLost?.()"))
        document.add_periodic_callback(self._look_at_list, LIST_MS)
        document.add_periodic_callback(self.refresh, REFRESH_MS)

    def restore(self, view: View) -> None:
        """Look where an address says."""
        self._restoring = True
        self.view = view
        self.list.group.value, self.list.filter.value = view.group, view.filter
        self.list.filter.value_input = view.filter
        missing = [name for name in view.run if not self.list.named([name])]
        self.list.set_chosen(self.list.named(view.run))
        store = self._store()
        if view.t0 is not None and view.t1 is not None and store is not None:
            self.eye.extend(store.ends)
            self.eye.look(view.t0, view.t1)
        if view.cell >= 0:
            self.eye.choose(view.pop, view.cell)
        self.tabs.active = TABS.index(view.tab)
        self._show()
        self._restoring = False
        gone = f"{', '.join(missing)} is not there (any more); the list has what is"
        self._answer(said=gone if missing else "")

    # What is shown

    def _choose(self) -> None:
        """Show the chosen runs."""
        self.runs = list(self.list.chosen)
        self.parts = {}
        self._watched = []
        self.exported.visible = False
        self._look_again()
        for panel in self.tabs.tabs:
            panel.child.children = [Div()]
        if not self._restoring:
            self._turn()

    def _look_again(self) -> None:
        """A new eye, which looks where the old one did if something was recorded there."""
        old, self.eye = self.eye, Eye()
        self._held = store = self._store()
        if store is None:
            return
        (first, last), (start, end) = store.ends, old.window
        self.eye.extend(store.ends)
        if old.seen and not old.following and start < last and end > first:
            self.eye.look(start, end)
        if old.population in store.populations:
            self.eye.choose(old.population, old.cell)

    def _turn(self) -> None:
        """Another tab, or other runs."""
        if not self._restoring:
            self._show()
            self._answer(push=True)

    def _show(self) -> None:
        """Show the active tab, made when it is first looked at."""
        self._faults = {}
        if TABS[self.tabs.active] not in self.parts and self.runs:
            self._build()
        self.refresh()

    def _build(self) -> None:
        tab = TABS[self.tabs.active]
        self.parts[tab] = self._make(tab)
        # Bokeh shows new children of a column, but no new child of a tab.
        place = self.tabs.tabs[self.tabs.active].child
        place.children = [self._framed(path, part) for path, part in self.parts[tab].items()]

    def _make(self, tab: str) -> dict[Path | None, Any]:
        if tab == "learning":
            return {None: self._try(tab, self._learning)}
        many = self.runs[:_MOST_STACKED]
        return {path: self._try(tab, partial(self._part, tab, path)) for path in many}

    def _learning(self) -> Learning:
        names = [self.list.name(path) for path in self.runs]
        runs = {name: RunReader(path) for name, path in zip(names, self.runs)}
        return Learning(runs, self.view.metric)

    def _part(self, tab: str, path: Path) -> Any:
        if tab == "activity":
            return Activity(store_of(path), self.eye, self._watch, self._answer)
        if tab == "aligned":
            return Aligned(store_of(path), self.eye)
        if tab == "weights":
            return Weights(store_of(path), self.view.seg)
        if tab == "tuning":
            return Tuning(RunReader(path), self._tuning)
        return {"parameters": Parameters, "text": Texts}[tab](RunReader(path))

    def _try(self, tab: str, make: Any) -> Any:
        """A part, or what is wrong with it: a fault in one never empties another."""
        try:
            return make()
        except Exception as error:
            self._fault(tab, error)
            return None

    def _framed(self, path: Path | None, part: Any) -> Any:
        content = Div(text="nothing can be shown") if part is None else part.layout
        if path is None or len(self.runs) == 1:
            return content
        name = Div(text=f"<h3 style='margin:4px 0'>{html.escape(self.list.name(path))}</h3>")
        return column(name, content, sizing_mode="stretch_width")

    def refresh(self) -> None:
        """Take up what has changed in the runs that are shown."""
        tab = TABS[self.tabs.active]
        if not self._visible:
            return
        if None in self.parts.get(tab, {}).values():  # a run that has only begun may lack files
            self._build()
        for part in filter(None, self.parts.get(tab, {}).values()):
            try:
                part.refresh()
            except Exception as error:
                self._fault(tab, error)
            else:
                self._faults.pop(tab, None)
        self._show_title()

    def _fault(self, tab: str, error: Exception) -> None:
        if self._faults.get(tab) != str(error):
            _LOG.warning("%s", tab, exc_info=error)
        self._faults[tab] = " ".join(str(error).split())

    def _show_title(self) -> None:
        named = [f"<b>{html.escape(self.list.name(path))}</b>" for path in self.runs]
        states = [html.escape(self.list.state(path)) for path in self.runs]
        title = " &nbsp; ".join(f"{name} ({state})" for name, state in zip(named, states))
        if len(self.runs) > _MOST_STACKED and TABS[self.tabs.active] != "learning":
            title += f"<br>this tab shows the first {_MOST_STACKED}"
        faults = [f"<br>{tab}: {html.escape(fault)}" for tab, fault in self._faults.items()]
        text = title + "".join(faults)
        if text != self.title.text:
            self.title.text = text

    def _look_at_list(self) -> None:
        self._looks += 1
        if self._visible or self._looks % _HIDDEN_EVERY == 0:
            self.list.refresh()

    # Hands

    def _store(self) -> Windows | None:
        """Of the first run, which keys move over."""
        return self._try("activity", partial(store_of, self.runs[0])) if self.runs else None

    def _watch(self, plot: Any, under: Any) -> None:
        """Tell what lies under the pointer in a panel."""
        code = "window.bioplausPointer?.(number, cb_obj.x, cb_obj.y)"
        plot.js_on_event(MouseMove, CustomJS(args={"number": len(self._watched)}, code=code))
        self._watched.append(under)

    def _hear(self) -> None:
        """What the browser says."""
        kind, text = self.inbox.data["kind"][0], self.inbox.data["text"][0]
        if kind == "pointer":
            number, x, y = text.split()
            if int(number) < len(self._watched) and "NaN" not in text:
                said = self._watched[int(number)](float(x), float(y))
                self.pointer.text = html.escape(said)
        elif kind == "key":
            self._say(self.press(text))
        elif kind == "go":
            self._go(text)
        elif kind == "visible":
            self._visible = text == "visible"
        elif kind == "address":
            self.restore(View.parse(parse_qs(text.removeprefix("?"))))

    def press(self, key: str) -> str:
        """Do what a key does; returns what it did."""
        if key in "1234567":
            self.tabs.active = int(key) - 1
            return TABS[int(key) - 1]
        if key == "l":
            self.list.layout.visible = not self.list.layout.visible
            return "list" if self.list.layout.visible else "list folded"
        if key == "c":
            self.tabs.active = 0
            return f"{len(self.runs)} runs over each other"
        if key == "x":
            self._export()
            return "figure and table of this view"
        store = self._store()
        return (
            hands.Hands(store, self.eye).press(key) if store is not None else "choose a run first"
        )

    def _go(self, text: str) -> None:
        store = self._store()
        if text.strip() and store is not None:
            self._say(hands.Hands(store, self.eye).go(text))

    def _export(self) -> None:
        """The present activity as a figure and as the lines that draw it."""
        activity = next((p for p in self.parts.get("activity", {}).values() if p is not None), None)
        if activity is None:
            self._say("look at the activity of a run first")
            return
        view = activity.store, list(activity.shown.values()), self.eye.window
        lines, rows = export.python_lines(*view), export.rows(*view)
        links = [
            _link(f"{activity.store.run.path.name}.{kind}", mime, export.draw(lines, kind))
            for kind, mime in (("svg", "image/svg+xml"), ("pdf", "application/pdf"))
        ]
        if rows:
            table = "\n".join([*rows, ""]).encode()
            links.append(_link(f"{activity.store.run.path.name}.csv", "text/csv", table))
        else:
            links.append(f"no csv, of more than {export.MOST_ROWS:,} rows (`bioplaus export`)")
        self.exported.text = f"figure: {', '.join(links)}, drawn by<pre>{html.escape(lines)}</pre>"
        self.exported.visible = True

    # The address

    def _say(self, text: str) -> None:
        self._answer(said=text)

    def _answer(self, said: str = "", push: bool = False) -> None:
        """Tell the browser where it looks, after what it shows."""
        if self._restoring:  # on the way to an address there are none to go back to
            return
        start, end = self.eye.window
        timed = self.eye.whole[1] > self.eye.whole[0] and bool(self.parts.get("activity"))
        weights = next(iter(self.parts.get("weights", {}).values()), None)
        learning = self.parts.get("learning", {}).get(None)
        self.view = dataclasses.replace(
            self.view,
            run=tuple(self.list.name(path) for path in self.runs),
            tab=TABS[self.tabs.active],
            t0=start if timed else self.view.t0,
            t1=end if timed else self.view.t1,
            pop=self.eye.population,
            cell=self.eye.cell,
            seg=weights.number if weights is not None else self.view.seg,
            metric=learning.metric.value if learning is not None else self.view.metric,
            filter=self.list.filter.value_input or "",
            group=self.list.group.value,
        )
        self._drawn += 1
        address = self.view.address()
        self.outbox.data = {
            "drawn": [self._drawn],
            "address": [address],
            "push": [int(push)],
            "said": [said],
        }


def _link(name: str, mime: str, content: bytes) -> str:
    """A file to be saved, in the page itself."""
    data, kind = base64.b64encode(content).decode(), name.rpartition(".")[2]
    return f"<a download='{html.escape(name)}' href='data:{mime};base64,{data}'>{kind}</a>"
