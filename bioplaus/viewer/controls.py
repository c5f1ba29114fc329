"""What the tabs' controls have in common."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bokeh.models.widgets import Select

from bioplaus.records import RunReader

__all__ = ["WRAP", "missing", "select", "when_changed"]

WRAP = {"flex-wrap": "wrap"}
"""The style of a row that breaks where the window is narrow."""


def select(title: str, options: Sequence[str], width: int) -> Any:
    """A choice of one among several, the first of them at the beginning."""
    chosen: Any = list(options)
    return Select(title=title, options=chosen, value=chosen[0] if chosen else "", width=width)


def missing(run: RunReader, what: str, how: str = "") -> str:
    """Why there is nothing to see of a run, and how there would be."""
    if run.status == "running":
        return f"no {what} yet; they come with the segments"
    return f"no {what} in this run" + (f"; {html.escape(how)}" if how else "")


def when_changed(widgets: Iterable[Any], call: Callable[[], Any], what: str = "value") -> None:
    """Call when a property of one of several widgets has changed."""
    for widget in widgets:
        widget.on_change(what, lambda attr, old, new: call())
