"""One look for all figures: column width, colours for every eye, light and dark grounds.

The ground is transparent.  Text, axes and colours have middle luminance, so that they keep a
contrast of at least 3 against white and against black; the colours follow the palette of Okabe
and Ito (2008), darkened where it was made for white or for black alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

__all__ = ["COLOURS", "GREY", "entitle", "figure", "style"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B5659A", "#A67C00")
"""Blue, vermilion, green, purple, ochre."""

GREY = "#767676"
"""Text, axes, and whatever is not the point of a figure."""

_WIDTH = {"column": 3.35, "page": 7.0}
"""Inches: 85 mm and 178 mm."""

_SETTINGS: Any = {
    "axes.edgecolor": GREY,
    "axes.grid": False,
    "axes.labelcolor": GREY,
    "axes.labelsize": 8,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": GREY,
    "axes.titlesize": 8,
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "font.size": 8,
    "image.cmap": "viridis",
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.labelcolor": GREY,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "savefig.dpi": 200,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "bioplaus",
    "text.color": GREY,
    "xtick.color": GREY,
    "xtick.labelsize": 7,
    "ytick.color": GREY,
    "ytick.labelsize": 7,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in this look inside the ``with`` block; the settings outside stay as they are."""
    with mpl.rc_context(_SETTINGS):
        yield


class StyledFigure(Figure):
    """A figure whose axes and files have this look, wherever they are made."""

    def add_subplot(self, *args: Any, **options: Any) -> Any:
        """Add axes in this look."""
        with style():
            return super().add_subplot(*args, **options)

    def savefig(self, *args: Any, **options: Any) -> None:
        """Write the figure at this look's resolution."""
        with style():
            super().savefig(*args, **options)


def figure(
    width: Literal["column", "page"] = "column", height: float | None = None
) -> StyledFigure:
    """An empty figure as wide as a paper's column (85 mm) or page (178 mm).

    It belongs to nobody but the caller (pyplot does not know it): it needs no closing and may be
    made in any thread.  ``figure().subplots()`` gives the axes.

    Parameters
    ----------
    height
        Inches; by default 0.7 of a column, 0.35 of a page.

    Raises
    ------
    ValueError
        For another width.
    """
    if width not in _WIDTH:
        raise ValueError(f"width = {width!r}; accepted: 'column' or 'page'")
    inches = _WIDTH[width]
    with style():
        return StyledFigure(
            figsize=(inches, height or (0.7 if width == "column" else 0.35) * inches)
        )


def entitle(figure: Figure, text: str) -> None:
    """Say above a figure what it shows; a title that it has already stays."""
    if not figure.get_suptitle():
        figure.suptitle(text, x=0.01, ha="left", fontsize=8, color=GREY)
