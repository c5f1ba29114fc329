"""Figures of e-prop, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["evidence_curve", "pattern", "pattern_curve", "raster", "traces"]


def pattern_curve(run: RunReader) -> Figure:
    """Error over trials, relative to an output that stays silent."""
    figure = plotting.figure()
    ax = figure.subplots()
    metrics = run.metrics
    plotting.learning_curve(
        ax,
        metrics["epoch"],
        metrics["normalised_error"],
        name="squared error / that of silence",
        logarithmic=True,
    )
    ax.axhline(1.0, color=plotting.GREY, lw=0.8, ls=":", label="silence")
    ax.set_xlabel("trial")
    ax.legend()
    return figure


def evidence_curve(run: RunReader) -> Figure:
    """Share of wrong answers over updates."""
    figure = plotting.figure()
    ax = figure.subplots()
    metrics = run.metrics
    plotting.learning_curve(
        ax, metrics["epoch"], 100 * metrics["validation_error"], name="error [%]", chance=50
    )
    ax.axhline(7, color=plotting.GREY, lw=0.8, ls="--", label="criterion")
    ax.set_xlabel("update")
    ax.legend()
    return figure


def pattern(run: RunReader) -> Figure | None:
    """Target and readout, in the first and in the last trial."""
    if not run.recording_files():
        return None
    figure = plotting.figure(height=3.2)
    axes = figure.subplots(2, 1, sharex=True, sharey=True)
    length = _trial(run)
    y, target = run.trace("output", "y"), run.trace("output", "target")
    begins = (float(y.t[0]), float(y.t[-1]) - length)
    for ax, begin, name in zip(axes, begins, ("first trial", "last trial")):
        shown = (y.t >= begin - 1e-9) & (y.t <= begin + length + 1e-9)
        t = 1e3 * (y.t[shown] - begin)
        ax.plot(t, target.value[0, shown], color=plotting.GREY, lw=2.5, label="target")
        ax.plot(t, y.value[0, shown], color=plotting.COLOURS[1], lw=1.2, label="readout")
        ax.set_ylabel(name)
        ax.margins(x=0.01)
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
    axes[1].set_xlabel("time [ms]")
    return figure


def raster(run: RunReader) -> Figure | None:
    """Spikes of inputs and cells in the last trial, and the readout."""
    if not run.recording_files():
        return None
    p, length, begin = run.parameters, _trial(run), _last(run)
    cells = p["regular"] + p["adaptive"]
    figure = plotting.figure(height=4.4)
    axes = figure.subplots(3, 1, sharex=True, height_ratios=(2, 3, 2))
    for ax, population, count in zip(axes, ("input", "cells"), (p["inputs"], cells)):
        t, i = run.spikes(population)
        shown = t >= begin - 1e-9
        colours = np.array([plotting.COLOURS[0]] * count, dtype=object)
        if population == "cells":
            colours[p["regular"] :] = plotting.COLOURS[3]
        plotting.raster(
            ax, 1e3 * (t[shown] - begin), i[shown], neurons=count, name=population, colour=colours
        )
        ax.set_xlabel("")
    if p["adaptive"] and p["regular"]:
        axes[1].set_ylabel("cells: regular | adaptive")
    y = run.trace("output", "y")
    _lines(axes[2], y, begin, "readout")
    if p["loss"] == "squared error":
        _lines(axes[2], run.trace("output", "target"), begin, "readout", color=plotting.GREY)
    else:
        axes[2].legend(["left", "right"], loc="upper left")
    axes[2].set_xlim(0, 1e3 * length)
    axes[2].set_xlabel("time [ms]")
    return figure


def traces(run: RunReader) -> Figure | None:
    """One cell in the last trial: membrane and threshold, eligibility, learning signal."""
    if not run.recording_files():
        return None
    begin = _last(run)
    figure = plotting.figure(height=4.4)
    axes = figure.subplots(3, 1, sharex=True)
    _lines(axes[0], run.trace("cells", "v"), begin, "membrane")
    level = run.trace("cells", "level")
    _lines(axes[0], level, begin, "membrane", color=plotting.COLOURS[3], ls="--")
    axes[0].legend(["membrane", "threshold"], loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    _lines(axes[1], run.trace("synapses", "eligibility"), begin, "eligibility of\nthree synapses")
    _lines(axes[2], run.trace("cells", "signal"), begin, "learning signal")
    axes[2].axhline(0, color=plotting.GREY, lw=0.6)
    axes[2].set_xlabel("time [ms]")
    return figure


def _lines(ax: Any, trace: Any, begin: float, name: str, **style: Any) -> None:
    shown = trace.t >= begin - 1e-9
    ax.plot(1e3 * (trace.t[shown] - begin), trace.value[:, shown].T, lw=1.0, **style)
    ax.set_ylabel(name)
    ax.margins(x=0.01)


def _last(run: RunReader) -> float:
    """When the last trial that was recorded began [s]."""
    return float(run.trace("output", "y").t[-1]) - _trial(run)


def _trial(run: RunReader) -> float:
    """From the first to the last step of a trial [s]."""
    t = run.trace("output", "y").t
    gaps = np.flatnonzero(np.diff(t) > 5 * np.median(np.diff(t)))
    return float(t[gaps[0] if len(gaps) else -1] - t[0])
