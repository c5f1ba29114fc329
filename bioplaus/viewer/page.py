"""The web page: the list of runs, and tabs that show the chosen ones."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import bokeh
from bokeh.document import Document
from bokeh.events import DocumentReady, MouseMove
from bokeh.layouts import column, row
from bokeh.models import ColumnDataSource, CustomJS, TabPanel, Tabs
from bokeh.models.widgets import Button, Div, TextInput

from bioplaus.records import Windows
from bioplaus.viewer import export, hands
from bioplaus.viewer.contents import MOST_STACKED, Contents, store_of
from bioplaus.viewer.heading import Heading
from bioplaus.viewer.list_table import RunList
from bioplaus.viewer.view_state import TABS, Eye, View

__all__ = ["Page"]

REFRESH_MS = 1000
LIST_MS = 2000
_HIDDEN_EVERY = 8  # looks at the list while the page is not seen

# Bokeh's own page also loads WebGL and MathJax, half of all its bytes, which nothing here needs.
_TEMPLATE = """
{% block preamble %}<meta name="referrer" content="no-referrer">{% endblock %}
{% block js_resources %}{% for part in ("bokeh", "bokeh-widgets", "bokeh-tables") %}
<script src="/static/js/{{ part }}.min.js?v={{ version }}"></script>
{% endfor %}{% endblock %}
"""


class Page:
    """One visitor's view of the runs below some folders.

    It reads run directories, and writes nothing but requests into their inboxes.
    """

    def __init__(
        self, roots: Sequence[Path], view: View | None = None, tuning: bool = True
    ) -> None:
        self.view, self.eye = view or View(), Eye()
        self.runs: list[Path] = []
        self._watched: list[Any] = []
        self._held: Windows | None = None  # of the first run, or it would be read for each who asks
        self._drawn, self._looks, self._visible, self._restoring = 0, 0, True, False
        self.inbox = ColumnDataSource({"kind": [""], "text": [""], "n": [0]})
        self.outbox = ColumnDataSource({"drawn": [0], "address": [""], "push": [0], "said": [""]})
        self.go: Any = TextInput(title="go to", placeholder="103, 12.5s, e, #412", width=150)
        self.figure: Any = Button(label="this view: figure, table", width=170)
        self.pointer = Div(text="", sizing_mode="stretch_width")
        self.heading = Heading()
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
        self.contents = Contents(self.list.name, tuning, self._watch, self._answer)
        follow, title = self.heading.follow, self.heading.title
        bar = row(self.go, self.figure, follow, self.pointer, sizing_mode="stretch_width")
        bar.styles = {"align-items": "end"}
        body = (self.list.layout, bar, title, self.exported, self.tabs)
        self.layout = column(*body, sizing_mode="stretch_width", styles={"padding": "6px 10px"})
        self.layout.tags = [self.inbox, self.outbox]
        self.tabs.on_change("active", lambda attr, old, new: self._turn())
        self.inbox.on_change("data", lambda attr, old, new: self._hear())
        self.go.on_change("value", lambda attr, old, new: self._go(new))
        self.figure.on_click(self._export)
        follow.on_click(lambda: self._say(self.press("End")))
        self.restore(self.view)

    def attach(self, document: Document) -> None:
        """Put the page into a Bokeh document and keep it up to date."""
        document.title = "bioplaus"
        document.template = _TEMPLATE  # text extends the page of Bokeh
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
        self.contents.parts = {}
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
        self.contents.faults = {}
        if TABS[self.tabs.active] not in self.contents.parts and self.runs:
            self._build()
        self.refresh()

    def _build(self) -> None:
        # Bokeh shows new children of a column, but no new child of a tab.
        place, tab = self.tabs.tabs[self.tabs.active].child, TABS[self.tabs.active]
        place.children = self.contents.layout(tab, self.runs, self.view, self.eye)

    def refresh(self) -> None:
        """Take up what has changed in the runs that are shown."""
        tab = TABS[self.tabs.active]
        if not self._visible:
            return
        if None in self.contents.parts.get(tab, {}).values():  # a new run may still lack files
            self._build()
        self.contents.refresh(tab)
        self._show_heading()

    def _show_heading(self) -> None:
        hints = [f"{tab}: {fault}" for tab, fault in self.contents.faults.items()]
        if len(self.runs) > MOST_STACKED and TABS[self.tabs.active] != "learning":
            hints.insert(0, f"this tab shows the first {MOST_STACKED}")
        states = {self.list.name(path): self.list.state(path) for path in self.runs}
        self.heading.tell(states, hints)
        goes_on = bool(self.runs) and self.list.state(self.runs[0]) == "running"
        self.heading.count(self._held, self.eye, goes_on)

    def _look_at_list(self) -> None:
        self._looks += 1
        if self._visible or self._looks % _HIDDEN_EVERY == 0:
            self.list.refresh()

    # Hands

    def _store(self) -> Windows | None:
        """Of the first run, which keys move over."""
        if not self.runs:
            return None
        found: Windows | None = self.contents.guarded("activity", partial(store_of, self.runs[0]))
        return found

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
        if key in "12345678":
            self.tabs.active = int(key) - 1
            return TABS[int(key) - 1]
        if key == "l":
            self.list.layout.visible = not self.list.layout.visible
            return "list" if self.list.layout.visible else "list folded"
        if key == "c":
            self.tabs.active = 0
            return f"{len(self.runs)} runs over each other"
        if key == "m":
            learning = self.contents.first("learning")
            return learning.turn() if learning is not None else "look at the learning curves first"
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
        activity = self.contents.first("activity")
        if activity is None:
            self._say("look at the activity of a run first")
            return
        shown = list(activity.shown.values())
        self.exported.text = export.offer(activity.store, shown, self.eye.window)
        self.exported.visible = True

    # The address

    def _say(self, text: str) -> None:
        self._answer(said=text)

    def _answer(self, said: str = "", push: bool = False) -> None:
        """Tell the browser where it looks, after what it shows."""
        if self._restoring:  # on the way to an address there are none to go back to
            return
        start, end = self.eye.window
        timed = self.eye.whole[1] > self.eye.whole[0] and "activity" in self.contents.parts
        weights, learning = self.contents.first("weights"), self.contents.first("learning")
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
