"""Figures of pairs of spikes at several frequencies, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.experiments.reward_stdp.figures import line, three_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["frequencies", "voltage_traces", "voltages"]


def frequencies(run: RunReader) -> Figure | None:
    """Change by sixty pairs over their frequency; lines are the sums over all spikes."""
    if "change" not in run.arrays():
        return None
    change, summed = run.array("change"), run.array("summed")
    f, lags = change.axes["frequency"].values, change.axes["lag"].values
    figure = plotting.figure()
    ax = figure.subplots()
    for n, lag in enumerate(lags):
        colour = plotting.COLOURS[n]
        ax.plot(f, summed.value[:, n], color=colour, lw=1.2)
        ax.plot(f, change.value[:, n], "o", color=colour, label=f"{lag:+.0f} ms")
    _over_frequency(ax, 0, "change of the weight", "post after pre")
    return figure


def voltages(run: RunReader) -> Figure | None:
    """Weight after pairs over their frequency, in both orders; crosses are NEST's."""
    if "weight" not in run.arrays():
        return None
    weight, by_nest = run.array("weight"), run.array("weight_by_nest").value
    f = weight.axes["frequency"].values
    figure = plotting.figure()
    ax = figure.subplots()
    for n, order in enumerate(("post first", "pre first")):
        colour = plotting.COLOURS[n]
        ax.plot(f, weight.value[n], color=colour, lw=1.2, label=order)
        ax.plot(f, by_nest[n], "x", color=colour, ms=7)
    _over_frequency(ax, 100, "weight [%]", "crosses: NEST")
    return figure


def _over_frequency(ax: Axes, unchanged: float, name: str, legend: str) -> None:
    ax.axhline(unchanged, color=plotting.GREY, lw=0.6)
    ax.set_xlabel("frequency of pairs [Hz]")
    ax.set_ylabel(name)
    ax.legend(title=legend)


def voltage_traces(run: RunReader) -> Figure | None:
    """Pairs at 50 Hz, the postsynaptic spike first: both voltages that potentiate, the weight."""
    if not run.recording_files():
        return None
    figure, axes = three_axes()
    fastest = [int(np.argmax(run.array("weight").axes["frequency"].values))]
    for ax, (population, name, label, scale) in zip(
        axes,
        (
            ("post", "v", "membrane [mV]", 1e3),
            ("post", "u_plus_before", "filtered,\n4 ms ago [mV]", 1e3),
            ("synapses", "w", "weight", 1.0),
        ),
    ):
        trace = run.trace(population, name)
        line(ax, trace, 0.0, label, scale, cells=fastest)
        ax.set_xlim(0, 160)
    return figure
