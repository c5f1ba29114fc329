"""How well it learns, over time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter, MaxNLocator

from bioplaus.plotting.appearance import GREY, style

__all__ = ["error_curves", "learning_curve"]


class _Decimal(LogFormatter):
    """The same ticks as numbers (0.01, where Matplotlib writes 1e-02)."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def learning_curve(
    ax: Axes,
    epochs: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    label: str = "",
    spread: npt.ArrayLike | None = None,
    colour: str | None = None,
    name: str = "validation error",
    chance: float | None = None,
    published: float | None = None,
    logarithmic: bool = False,
) -> Axes:
    """Draw a metric over epochs; call it again on the same axes to compare.

    Parameters
    ----------
    epochs, values
        (point,) each; the metric in the unit that ``name`` says.
    label
        What the legend calls this curve.
    spread
        (point,) half the height of a band around the curve, for example a standard deviation.
    name
        The metric, for the axis.
    chance, published
        Levels drawn as thin lines.
    logarithmic
        Whether the metric's axis is logarithmic.
    """
    x, y = np.asarray(epochs, dtype=float), np.asarray(values, dtype=float)
    with style():
        marker = "o" if len(x) <= 40 else None
        (line,) = ax.plot(x, y, marker=marker, label=label or None, color=colour)
        if spread is not None:
            half = np.asarray(spread, dtype=float)
            ax.fill_between(x, y - half, y + half, color=line.get_color(), alpha=0.25, lw=0)
        for level, word, dashes in ((chance, "chance", ":"), (published, "published", "--")):
            if level is not None:
                ax.axhline(level, color=GREY, lw=0.8, ls=dashes, label=word)
        if logarithmic:
            ax.set_yscale("log", nonpositive="mask")  # a zero is a gap, no line to the edge
            ax.yaxis.set_major_formatter(_Decimal())
            ax.yaxis.set_minor_formatter(_Decimal(labelOnlyBase=False))
        else:
            ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]), auto=True)  # later curves widen both
        ax.set_xlim(left=min(0.0, ax.dataLim.x0), auto=True)
        ax.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=bool(np.ptp(x) >= 2)))
        ax.set_xlabel("epoch")
        ax.set_ylabel(name)
        _name_curves(ax)
    return ax


def error_curves(
    ax: Axes, metrics: Mapping[str, npt.ArrayLike], samples: str = "training images"
) -> Axes:
    """Draw validation error and, where it is measured, the training error met while learning, in
    percent, over passes.

    Parameters
    ----------
    metrics
        ``epoch``, ``validation_error`` and maybe ``training_error``, (point,) each; errors as
        fractions.
    samples
        What a pass goes over.
    """
    for name, label in (("validation", "validation"), ("training", "training (while learning)")):
        if f"{name}_error" in metrics:
            values = 100 * np.asarray(metrics[f"{name}_error"], dtype=float)
            learning_curve(ax, metrics["epoch"], values, label=label, name="error [%]")
    ax.set_xlabel(f"passes over the {samples}")
    return ax


def _name_curves(ax: Axes) -> None:
    """A legend above the axes, where it lies over no point."""
    names = ax.get_legend_handles_labels()[1]
    if names:
        columns = 2 if max(map(len, names)) < 28 else 1
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=columns, borderaxespad=0.2)
