"""What stands above the tabs: the runs that are shown, and the way to their new segments."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from bokeh.models.widgets import Button, Div

from bioplaus.records import Windows
from bioplaus.viewer.view_state import Eye

__all__ = ["Heading"]


class Heading:
    """The title, and a button for a run that goes on."""

    def __init__(self) -> None:
        self.title = Div(text="", sizing_mode="stretch_width")
        self.follow: Any = Button(label="", width=190, visible=False)
        self._seen = 0  # segments, when the view last followed

    def tell(self, states: Mapping[str, str], hints: Sequence[str]) -> None:
        """Name the runs with their states, and below them what else there is to say."""
        named = [f"<b>{html.escape(n)}</b> ({html.escape(how)})" for n, how in states.items()]
        text = "<br>".join([" &nbsp; ".join(named), *map(html.escape, hints)])
        if text != self.title.text:
            self.title.text = text

    def count(self, store: Windows | None, eye: Eye, runs: bool) -> None:
        """Say how many segments of a run that goes on have come since the view stood still."""
        self.follow.visible = runs and store is not None
        if store is None:
            return
        if eye.following:
            self._seen = store.files
        new = store.files - self._seen
        counted = f" ({new} new segment{'s' if new > 1 else ''})" if new > 0 else ""
        self.follow.disabled = eye.following
        self.follow.label = "following the run" if eye.following else f"follow{counted}"
