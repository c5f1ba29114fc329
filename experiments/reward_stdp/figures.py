"""Figures of spike timing in networks, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = [
    "competition_curve",
    "competition_raster",
    "distal_curve",
    "distal_raster",
    "distal_traces",
    "exclusive_or_curve",
    "exclusive_or_raster",
    "exclusive_or_traces",
    "line",
    "three_axes",
    "walk_curve",
    "walk_raster",
    "walk_traces",
    "weights",
]


def competition_curve(run: RunReader) -> Figure:
    """Shares of weak and strong weights, and the output rate, over time."""
    figure = plotting.figure(height=3.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    t = run.metrics["epoch"]
    for name, label in (("weak", "below 0.2"), ("strong", "above 0.8"), ("between", "between")):
        upper.plot(t, 100 * run.metrics[name], marker=".", label=label)
    upper.set_ylabel("weights [%]")
    upper.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    lower.plot(t, run.metrics["output_hz"], marker=".", color=plotting.COLOURS[3])
    lower.set_ylabel("output [Hz]")
    lower.set_ylim(bottom=0)
    lower.set_xlabel("time [s]")
    return figure


def weights(run: RunReader) -> Figure | None:
    """How the weights are distributed in the end."""
    if "weights" not in run.arrays():
        return None
    figure = plotting.figure()
    plotting.weight_histogram(figure.subplots(), run.array("weights").value)
    return figure


def competition_raster(run: RunReader) -> Figure | None:
    """The end: a tenth of the inputs, the membrane, and the conductance that drives it."""
    if not run.recording_files():
        return None
    v, ge = run.trace("cell", "v"), run.trace("cell", "ge")
    begin = float(v.t[-1]) - 0.5
    figure = plotting.figure(height=4.4)
    axes = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
    t, i = run.spikes("excitation")
    shown = (t >= begin) & (i % 10 == 0)
    plotting.raster(axes[0], 1e3 * (t[shown] - begin), i[shown] // 10, name="every tenth input")
    axes[0].set_xlabel("")
    line(axes[1], v, begin, "membrane [mV]", 1e3)
    line(axes[2], ge, begin, "excitation")
    axes[2].set_xlabel("time [ms]")
    return figure


def distal_curve(run: RunReader) -> Figure:
    """The chosen weight, the mean of all others, and rewards so far."""
    figure = plotting.figure(height=3.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    t = run.metrics["epoch"]
    upper.plot(t, run.metrics["chosen"], label="chosen")
    upper.plot(t, run.metrics["others_mean"], label="mean of the others")
    upper.set_ylabel("weight / bound")
    upper.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
    lower.plot(t, run.metrics["rewards"], color=plotting.COLOURS[3])
    lower.set_ylabel("rewards")
    lower.set_xlabel("time [s]")
    return figure


def distal_raster(run: RunReader) -> Figure | None:
    """Two seconds: all cells, the uppermost of which inhibit."""
    if not run.recording_files():
        return None
    begin = float(run.trace("cells", "v").t[-1]) - 2.0
    figure = plotting.figure(height=3.2)
    size = run.parameters["excitatory"] + run.parameters["inhibitory"]
    colours = np.array([plotting.COLOURS[0]] * size, dtype=object)
    colours[run.parameters["excitatory"] :] = plotting.COLOURS[1]
    ax = figure.subplots()
    _raster(ax, run, "cells", begin, neurons=size, name="cell", colour=colours)
    ax.set_xlabel("time [ms]")
    return figure


def distal_traces(run: RunReader) -> Figure | None:
    """The chosen synapse in the last ten seconds: the membrane before it, its eligibility, and
    dopamine."""
    if not run.recording_files():
        return None
    v = run.trace("cells", "v")
    begin = float(v.t[-1]) - 10.0
    figure, axes = three_axes()
    line(axes[0], v, begin, "membrane [mV]")
    line(axes[1], run.trace("synapses", "c"), begin, "eligibility")
    line(axes[2], run.trace("dopamine", "level"), begin, "dopamine")
    return figure


def exclusive_or_curve(run: RunReader) -> Figure:
    """Output rates of the four patterns over epochs."""
    figure = plotting.figure()
    ax = figure.subplots()
    for n, pattern in enumerate(("01", "10", "00", "11")):
        right = pattern in ("01", "10")
        ax.plot(
            run.metrics["epoch"],
            run.metrics[f"rate_{pattern}"],
            color=plotting.COLOURS[n],
            ls="-" if right else "--",
            marker=".",
            label=pattern,
        )
    ax.set_ylim(bottom=0)
    ax.set_xlabel("epoch")
    ax.set_ylabel("output [Hz]")
    ax.legend(title="pattern", ncols=2)
    return figure


def exclusive_or_raster(run: RunReader) -> Figure | None:
    """The last four patterns: inputs, hidden cells, and the membrane of the output."""
    if not run.recording_files():
        return None
    p, v = run.parameters, run.trace("output", "v")
    begin = float(v.t[-1]) - 2.0
    figure = plotting.figure(height=4.4)
    axes = figure.subplots(3, 1, sharex=True, height_ratios=(2, 2, 2))
    for n, (ax, population) in enumerate(zip(axes, ("input", "hidden"))):
        size = p["inputs" if population == "input" else "hidden"]
        colour = plotting.COLOURS[n]
        _raster(ax, run, population, begin, neurons=size, name=population, colour=colour)
        ax.set_xlabel("")
    line(axes[2], v, begin, "output [mV]")
    t, _ = run.spikes("output")
    axes[2].plot(1e3 * (t[t >= begin] - begin), np.full((t >= begin).sum(), p["threshold"]), "|")
    axes[2].set_xlabel("time [ms]")
    return figure


def exclusive_or_traces(run: RunReader) -> Figure | None:
    """The last four patterns: the output's membrane, eligibilities onto it, and the reward."""
    if not run.recording_files():
        return None
    v, c = run.trace("output", "v"), run.trace("synapses", "c")
    begin = float(v.t[-1]) - 2.0
    figure, axes = three_axes()
    line(axes[0], v, begin, "membrane [mV]")
    line(axes[1], c, begin, "eligibility of\nthree synapses", cells=_liveliest(c, begin))
    line(axes[2], run.trace("output", "reward"), begin, "reward")
    return figure


def walk_curve(run: RunReader) -> Figure:
    """Share of walks that reach the goal, and their steps by the fewest possible."""
    figure = plotting.figure(height=3.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    walks = run.metrics["epoch"]
    upper.plot(walks, 100 * run.metrics["reached"], marker="o")
    upper.set_ylabel("goal reached [%]")
    upper.set_ylim(0, 104)
    lower.plot(walks, run.metrics["detour"], marker="o", color=plotting.COLOURS[3])
    lower.axhline(1, color=plotting.GREY, lw=0.8, ls="--", label="straight")
    lower.set_ylabel("steps / fewest")
    lower.set_ylim(bottom=0)
    lower.legend()
    lower.set_xlabel("walks")
    return figure


def walk_raster(run: RunReader) -> Figure | None:
    """The last walk: cells of places and of both actions."""
    if not run.recording_files():
        return None
    p, begin = run.parameters, _last_walk(run)
    figure = plotting.figure(height=3.6)
    axes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for n, (ax, population) in enumerate(zip(axes, ("place", "action"))):
        size = p["cells"] * (p["places"] if population == "place" else 2)
        colour = plotting.COLOURS[n]
        _raster(ax, run, population, begin, neurons=size, name=population, colour=colour)
    axes[0].set_xlabel("")
    axes[1].set_ylabel("left | right")
    axes[1].axhline(p["cells"] - 0.5, color=plotting.GREY, lw=0.6)
    axes[1].set_xlabel("time [ms]")
    return figure


def walk_traces(run: RunReader) -> Figure | None:
    """The last walk: the liveliest cell's membrane, eligibilities onto it, and the reward."""
    if not run.recording_files():
        return None
    begin = _last_walk(run)
    t, i = run.spikes("action")
    actions = 2 * run.parameters["cells"]
    cell = int(np.bincount(i[t >= begin], minlength=actions).argmax())
    c = run.trace("synapses", "c")
    figure, axes = three_axes()
    line(axes[0], run.trace("action", "v"), begin, "membrane [mV]", cells=[cell])
    onto = np.arange(cell, len(c.value), actions)
    most = onto[_liveliest(c, begin, onto)]
    line(axes[1], c, begin, "eligibility of\nthree synapses", cells=most)
    line(axes[2], run.trace("action", "reward"), begin, "reward")
    return figure


def _raster(ax: Any, run: RunReader, population: str, begin: float, **options: Any) -> None:
    """Spikes from a time on [s], in ms from there."""
    t, i = run.spikes(population)
    shown = t >= begin
    plotting.raster(ax, 1e3 * (t[shown] - begin), i[shown], **options)


def _last_walk(run: RunReader) -> float:
    """When the last walk that was recorded began [s]."""
    t = run.trace("action", "v").t
    gaps = np.flatnonzero(np.diff(t) > 0.01)
    return float(t[gaps[-1] + 1 if len(gaps) else 0])


def _liveliest(trace: Any, begin: float, among: Any = slice(None)) -> Any:
    """The three rows that move most."""
    return np.argsort(-np.ptp(trace.value[among][:, trace.t >= begin], axis=1))[:3]


def three_axes() -> tuple[Any, Any]:
    """Axes one beneath the other, in ms."""
    figure = plotting.figure(height=4.4)
    axes = figure.subplots(3, 1, sharex=True)
    axes[2].set_xlabel("time [ms]")
    return figure, axes


def line(
    ax: Any, trace: Any, begin: float, name: str, scale: float = 1.0, cells: Any = (0,)
) -> None:
    """Some cells' trace from a time on [s], in ms from there."""
    shown = trace.t >= begin - 1e-9
    values = scale * trace.value[np.asarray(cells)][:, shown]
    ax.plot(1e3 * (trace.t[shown] - begin), values.T, lw=0.9)
    ax.set_ylabel(name)
    ax.margins(x=0.01)
