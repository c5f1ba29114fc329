"""A Matplotlib backend that keeps the figures a script shows; no window opens.

``keep`` is what is done with the figures that are open: a function of all of them and whether
they stay open, set while a script runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["FigureCanvas", "FigureManager", "keep_open_figures"]

keep: Callable[[Figure], None] | None = None


class FigureManager(FigureManagerBase):
    """Manages a figure without a window."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """``plt.show()``: keep the open figures and close them.

        A figure that is shown without waiting (``block=False``, ``plt.pause``) is being drawn
        still: it stays open and is kept when the script shows it for good, or ends.
        """
        if block is not False:
            keep_open_figures()

    def show(self) -> None:
        """``figure.show()`` does not wait either."""


class FigureCanvas(FigureCanvasAgg):
    """Draws into memory."""

    manager_class = FigureManager
    drawing = False

    def draw(self) -> None:
        """Draw; what the figure lays out meanwhile is no change by the script."""
        self.drawing = True
        try:
            super().draw()
        finally:
            self.drawing = False

    def start_event_loop(self, timeout: float = 0) -> None:
        """``plt.pause``: nobody is looking, so nothing is waited for."""


def keep_open_figures() -> None:
    """Keep all open figures, and close them."""
    managers: list[Any] = Gcf.get_all_fig_managers()
    for manager in managers:
        if keep is not None:
            keep(manager.canvas.figure)
    Gcf.destroy_all()
