"""Figures of event-driven random back-propagation, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bioplaus import plotting
from bioplaus.quantity import to_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["WINDOW", "dendrites", "latency", "raster"]

WINDOW = 0.4
"""How much of the end of a segment is recorded and drawn [s]."""


def raster(run: RunReader) -> Figure | None:
    """The last training presentations: pixels, hidden, output and error neurons."""
    if not run.recording_files():
        return None
    p = run.parameters
    populations = [
        ("pixel", p["inputs"]),
        ("hidden", p["hidden"]),
        ("output", p["classes"]),
        ("error", 2 * p["classes"]),
    ]
    begin, end = _last_training(run)
    figure = plotting.figure(height=4.2)
    axes = figure.subplots(len(populations), 1, sharex=True, height_ratios=(3, 3, 1.2, 1.6))
    for n, (ax, (population, neurons)) in enumerate(zip(axes, populations, strict=True)):
        t, i = run.spikes(population)
        shown = (t >= begin) & (t < end)
        plotting.raster(
            ax,
            1e3 * (t[shown] - begin),
            i[shown],
            neurons=neurons,
            name=population,
            colour=plotting.COLOURS[n],
        )
        _mark_presentations(ax, run)
        ax.set_xlabel("")
    axes[-2].set_yticks([0, p["classes"] - 1])
    axes[-1].set_yticks([])
    axes[-1].set_ylabel("E+ | E\N{MINUS SIGN}")
    axes[-1].axhline(p["classes"] - 0.5, color=plotting.GREY, lw=0.6)
    axes[-1].set_xlabel("time [ms]")
    return figure


def dendrites(run: RunReader) -> Figure | None:
    """Dendritic potentials of three hidden neurons, and their currents with the gate."""
    if not run.recording_files():
        return None
    p = run.parameters
    begin, end = _last_training(run)
    figure = plotting.figure(height=3.4)
    upper, lower = figure.subplots(2, 1, sharex=True)
    for ax, variable, name in (
        (upper, "u", "dendritic potential"),
        (lower, "current", "synaptic current"),
    ):
        trace = run.trace("hidden", variable)
        shown = (trace.t >= begin) & (trace.t < end)
        t, values = 1e3 * (trace.t[shown] - begin), trace.value[:3, shown]
        plotting.traces(ax, t, values, unit=trace.unit, name=name)
        _mark_presentations(ax, run)
        ax.set_xlabel("")
    low, high = (float(to_quantity(p[name])) for name in ("gate_low", "gate_high"))
    scale = 1e3 if "[mV]" in lower.get_ylabel() else 1.0
    for number, level in enumerate((low, high)):
        label = None if number else "gate: plastic between these"
        lower.axhline(scale * level, color=plotting.GREY, ls="--", lw=1, label=label)
    lower.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)
    lower.set_xlabel("time [ms]")
    return figure


def latency(run: RunReader) -> Figure | None:
    """Test error while an image is shown, over time and over the synaptic operations spent."""
    metrics = run.summary.get("metrics", {})
    if not any("_at_" in name for name in metrics):
        return None
    whole = 1e3 * _seconds(run, "test_presentation")
    error = {whole: metrics["test_error"]}
    for name, value in metrics.items():
        if name.startswith("test_error_at_"):
            error[float(name.removeprefix("test_error_at_").removesuffix("_ms"))] = value
    times = sorted(error)
    figure = plotting.figure()
    ax = figure.subplots()
    ax.plot(times, [100 * error[time] for time in times], marker="o")
    ax.set_xlim(0, 1.04 * whole)
    ax.set_ylim(0, 110 * max(error.values()))
    ax.set_xlabel("time since the image appeared [ms]")
    ax.set_ylabel("test error [%]")
    thousands = metrics["test_operations"] / 1e3 / whole
    above = ax.secondary_xaxis("top", functions=(lambda t: t * thousands, lambda n: n / thousands))
    above.set_xlabel("synaptic operations [1,000]")
    return figure


def _last_training(run: RunReader) -> tuple[float, float]:
    """Begin and end [s] of the last training presentations that were recorded."""
    validation = run.parameters["validated"] * _seconds(run, "test_presentation")
    end = float(run.metrics["simulated_time_s"][-1]) - validation
    return end - WINDOW, end


def _mark_presentations(ax: Axes, run: RunReader) -> None:
    """Lines where images change, grey where nothing is learned."""
    each = _seconds(run, "presentation") + _seconds(run, "pause")
    for n in range(int(WINDOW / each) + 1):
        onset = 1e3 * (WINDOW - (n + 1) * each)
        ax.axvline(onset, color=plotting.GREY, lw=0.6)
        settled = onset + 1e3 * _seconds(run, "settling")
        ax.axvspan(onset, settled, color=plotting.GREY, alpha=0.25, lw=0)
    ax.set_xlim(0, 1e3 * WINDOW)


def _seconds(run: RunReader, name: str) -> float:
    return float(to_quantity(run.parameters[name]))
