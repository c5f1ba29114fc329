"""Figures of NormAD, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.models import normad

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["correlation", "kernels", "patterns", "trains"]


def correlation(run: RunReader) -> Figure:
    """Correlation of output and wanted train over the presentations."""
    figure = plotting.figure()
    ax = figure.subplots()
    ax.plot(run.metrics["epoch"], run.metrics["correlation"], marker=".")
    ax.set(xlabel="presentations", ylabel="correlation of the trains", ylim=(0, 1.02))
    return figure


def trains(run: RunReader) -> Figure | None:
    """Output spikes as training goes on, over those that are wanted."""
    if not run.recording_files():
        return None
    duration = _seconds(run, "duration")
    t, _ = run.spikes("output")
    wanted, _ = run.spikes("wanted")
    each = run.metrics["epoch"][0]
    segment, within = np.divmod(t, duration)
    figure = plotting.figure()
    ax = figure.subplots()
    for time in 1e3 * wanted:
        ax.axvline(time, color=plotting.GREY, lw=0.8)
    ax.plot(1e3 * within, each * (segment + 1), ".", ms=3, color=plotting.COLOURS[0])
    ax.set(xlabel="time [ms]", ylabel="presentations", xlim=(0, 1e3 * duration))
    ax.set_title("spikes of the cell; lines: wanted")
    return figure


def patterns(run: RunReader) -> Figure:
    """Patterns that are right, and how much hidden cells fire."""
    figure = plotting.figure("page")
    left, right = figure.subplots(1, 2)
    left.step(run.metrics["epoch"], run.metrics["right"], where="post")
    left.set(xlabel="passes", ylabel="patterns that are right, of four", ylim=(-0.1, 4.1))
    right.plot(run.metrics["epoch"], run.metrics["hidden_spikes"])
    right.set(xlabel="passes", ylabel="hidden spikes a presentation", ylim=(0, None))
    return figure


def kernels(run: RunReader) -> Figure:
    """The twelve fixed kernels."""
    figure = plotting.figure("page", height=1.4)
    for ax, kernel in zip(figure.subplots(1, 12), normad.kernels(), strict=True):
        ax.imshow(kernel, cmap="RdBu_r", vmin=-1, vmax=1)
        ax.set_axis_off()
    return figure


def _seconds(run: RunReader, name: str) -> float:
    from bioplaus.quantity import to_quantity

    return float(to_quantity(run.parameters[name]))
