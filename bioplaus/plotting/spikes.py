"""Spikes as points in time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bioplaus.plotting.appearance import COLOURS, style

__all__ = ["population_rate", "raster"]

_VECTOR_LIMIT = 5_000
"""More spikes than this are stored as pixels inside a vector graphic."""


def raster(
    ax: Axes,
    t: npt.ArrayLike,
    i: npt.ArrayLike,
    *,
    colour: str | npt.ArrayLike = COLOURS[0],
    neurons: int | None = None,
    name: str = "neuron",
) -> Axes:
    """Draw one mark for each spike; call it again on the same axes to add other spikes.

    Parameters
    ----------
    t
        (spike,) times [s].
    i
        (spike,) neuron of each spike, from 0.
    colour
        One colour, or one for each neuron: (neuron,) of colours.
    neurons
        Size of the population, so that silent cells keep their rows.
    name
        What a row is, for the axis.

    Raises
    ------
    ValueError
        When ``t`` and ``i`` differ in length.
    """
    times, cells = np.asarray(t, dtype=float), np.asarray(i, dtype=np.int64)
    if times.shape != cells.shape:
        raise ValueError(f"{times.size} spike times but {cells.size} neuron numbers")
    rows = max(neurons or 0, int(cells.max(initial=0)) + 1)
    if ax.collections:
        rows = max(rows, round(ax.get_ylim()[1] + 0.5))
    colours = colour if isinstance(colour, str) else np.asarray(colour)[cells]
    with style():
        points = ax.get_window_extent().height * 72 / ax.figure.dpi
        size = min(max(0.9 * points / rows, 1.4), 7.0)
        ax.scatter(
            times,
            cells,
            s=size**2,
            c=colours,
            marker="|" if rows <= 100 else ".",
            linewidths=0.7 if rows <= 100 else 0,
            rasterized=times.size > _VECTOR_LIMIT,
        )
        ax.set_ylim(-0.5, rows - 0.5)
        ax.margins(x=0.01)
        ax.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.set_xlabel("time [s]")
        ax.set_ylabel(name)
    return ax


def population_rate(
    ax: Axes, edges: npt.ArrayLike, counts: npt.ArrayLike, *, neurons: int, label: str = ""
) -> Axes:
    """Draw the mean rate of a population over time, as steps.

    Parameters
    ----------
    edges
        (bin + 1,) [s], ascending.
    counts
        (bin,) spikes of all cells.
    neurons
        Size of the population.

    Raises
    ------
    ValueError
        When there is not one edge more than counts.
    """
    times, spikes = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)
    if len(times) != len(spikes) + 1:
        raise ValueError(f"{len(spikes)} counts need {len(spikes) + 1} edges, not {len(times)}")
    with style():
        ax.stairs(spikes / np.diff(times) / neurons, times, label=label or None, lw=1.0)
        ax.set_ylim(bottom=0, auto=True)  # what is added later widens it
        ax.margins(x=0.01)
        ax.set_xlabel("time [s]")
        ax.set_ylabel("rate [Hz]")
        if label:
            ax.legend()
    return ax
