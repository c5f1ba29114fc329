"""Figures of the experiments on exclusive or, drawn from the record alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["activity", "before_and_after", "learning", "raster"]

PATTERNS = ("00", "10", "01", "11")
NAMES = ("input 1", "input 2", "hidden 1", "hidden 2", "output")
SHOWN_CELLS = 30


def before_and_after(run: RunReader) -> Figure:
    """Event rate of the output for each pattern, in the first and in the last test."""
    figures = run.summary["metrics"]
    chart = plotting.figure()
    axes = chart.subplots()
    places = np.arange(4)
    for shift, stage, colour in ((-0.2, "before", plotting.GREY), (0.2, "after", None)):
        rates = [figures[f"{stage}_rate_{name}"] for name in PATTERNS]
        axes.bar(places + shift, rates, 0.4, label=stage, color=colour or plotting.COLOURS[0])
    axes.set(xlabel="pattern", ylabel="event rate of the output (Hz)")
    axes.set_xticks(places, PATTERNS)
    axes.legend()
    return chart


def learning(run: RunReader) -> Figure:
    """Event rates and burst probabilities of the output over the training."""
    chart = plotting.figure("page")
    rates, probabilities = chart.subplots(1, 2)
    training = slice(1, -1)
    epochs = run.metrics["epoch"][training]
    for name, colour in zip(PATTERNS, plotting.COLOURS):
        rates.plot(epochs, run.metrics[f"rate_{name}"][training], color=colour, label=name)
        probabilities.plot(
            epochs, run.metrics[f"probability_output_{name}"][training], color=colour
        )
    rates.set(xlabel="epoch", ylabel="event rate of the output (Hz)", ylim=(0, None))
    probabilities.set(xlabel="epoch", ylabel="burst probability under the teacher", ylim=(0, 1))
    rates.legend(title="pattern", ncols=2)
    return chart


def activity(run: RunReader) -> Figure:
    """Each population in the last test, pattern by pattern (the first second left out)."""
    chart = plotting.figure("page", height=2.3)
    columns = chart.subplots(1, 3)
    rows = (("event_rate", "event rate (Hz)", 1), ("burst_probability", "burst probability", 1))
    for axes, (variable, label, scale) in zip(
        columns, (*rows, ("v_dend", "dendritic potential (mV)", 1e3))
    ):
        means = scale * _by_pattern(run, variable)
        for row, name in enumerate(NAMES):
            axes.plot(PATTERNS, means[row], marker="o", color=plotting.COLOURS[row], label=name)
        axes.set(xlabel="pattern", ylabel=label)
    columns[2].legend(loc="upper left", bbox_to_anchor=(1, 1))
    return chart


def _by_pattern(run: RunReader, variable: str) -> Any:
    """(population, pattern) means over the last test."""
    from bioplaus.quantity import to_quantity

    trace = run.trace("populations", variable)
    slots = round(float(to_quantity(run.parameters["test"]) / to_quantity(run.parameters["slot"])))
    test = trace.value[:, -4 * slots :].reshape(len(NAMES), 4, slots)
    return np.nanmean(test[:, :, slots // 5 :], axis=2)


def raster(run: RunReader) -> Figure:
    """Two seconds across the last change of pattern; events and bursts in two colours."""
    from bioplaus.quantity import to_quantity

    chart = plotting.figure("page", height=3.0)
    axes = chart.subplots()
    size = int(run.parameters["cells"])
    shown = min(size, SHOWN_CELLS)
    last = run.metrics["simulated_time_s"][-1]
    change = float(last) - float(to_quantity(run.parameters["test"]))
    for kind, colour in (("events", plotting.COLOURS[0]), ("bursts", plotting.COLOURS[1])):
        t, cell = run.spikes(kind)
        population, within = cell // size, cell % size
        kept = (within < shown) & (np.abs(t - change) < 1)
        rows = population[kept] * (shown + 4) + within[kept]
        axes.plot(
            t[kept] - change, rows, ls="", marker="|", ms=4, mew=1.2, color=colour, label=kind
        )
    axes.axvline(0, lw=0.8, color=plotting.GREY)
    axes.set_yticks([k * (shown + 4) + shown / 2 for k in range(len(NAMES))], NAMES)
    axes.set(xlabel="time from the change of pattern 01 to 11 (s)", xlim=(-1, 1))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return chart
