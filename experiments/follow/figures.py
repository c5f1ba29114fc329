"""Figures that the FOLLOW experiments share, drawn from a run's record alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bioplaus import plotting
from bioplaus.experiments.follow.protocol import SHOWN_NEURONS
from bioplaus.plotting.appearance import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = [
    "hands",
    "learning_curve",
    "learning_curves",
    "of_test",
    "open_loop",
    "phase",
    "raster",
    "return_map",
    "weights",
]


def of_test(
    test: str, neurons: int = SHOWN_NEURONS, seconds: float = 8.0
) -> dict[str, Callable[[RunReader], Figure | None]]:
    """Learning curve, an open-loop test over time, its raster, and the learned weights."""
    return {
        "learning-curve": learning_curve,
        "open-loop": lambda run: open_loop(run, test, seconds),
        "raster": lambda run: raster(run, test, neurons),
        "weights": weights,
    }


SAMPLE = "recurrent weights, sample"


def learning_curve(run: RunReader) -> Figure:
    """Error that teaches, and raw error with its spike noise, over the learning time."""
    figure = plotting.figure()
    ax = figure.subplots()
    metrics = run.metrics
    learned = np.isfinite(metrics["learning_error"])
    for name, label in (("raw_error", "raw"), ("learning_error", r"filtered by $\tau_\epsilon$")):
        plotting.learning_curve(
            ax,
            metrics["simulated_time_s"][learned],
            metrics[name][learned],
            label=label,
            name="mean squared error, feedback on",
            logarithmic=True,
        )
    ax.set_xlabel("learning time [s]")
    return figure


def opened(run: RunReader, test: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Times [s], output and reference (dimensions, times) of the last test of this name."""
    first, last = run.array(test).value
    output, reference = run.trace("output", "open loop"), run.trace("output", "reference")
    within = (output.t >= first) & (output.t <= last)
    return output.t[within], output.value[:, within], reference.value[:, within]


def open_loop(run: RunReader, test: str, seconds: float = 8.0) -> Figure:
    """Reference and output of every dimension in an open-loop test, from its beginning."""
    times, output, target = opened(run, test)
    shown = slice(0, round(seconds * 1000))
    dimensions = len(output)
    figure = plotting.figure(width="page", height=1.0 + 0.9 * dimensions)
    axes = np.atleast_1d(figure.subplots(dimensions, sharex=True))
    times = times[shown] - times[0]
    for k, ax in enumerate(axes):
        ax.plot(times, target[k, shown], color=GREY, lw=1.6, label="reference")
        ax.plot(times, output[k, shown], color=COLOURS[0], lw=0.8, label="network, open loop")
        ax.set_ylabel(f"x{k + 1}")
    axes[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
    axes[-1].set_xlabel("time with the loop open [s]")
    return figure


def phase(
    run: RunReader, test: str, seconds: float, names: tuple[str, str], pair: tuple[int, int]
) -> Figure:
    """Trajectories of reference and network in the plane of two dimensions."""
    figure = plotting.figure()
    ax = figure.subplots()
    shown = slice(0, round(seconds * 1000))
    _, output, target = opened(run, test)
    for values, label, colour in ((target, "reference", GREY), (output, "network", "")):
        plotting.phase_plane(
            ax,
            values[pair[0], shown],
            values[pair[1], shown],
            label=label,
            colour=colour or COLOURS[0],
            names=names,
        )
    return figure


def raster(run: RunReader, test: str, neurons: int, seconds: float = 2.0) -> Figure:
    """Spikes of some recurrent neurons at the beginning of an open-loop test."""
    t, i = run.spikes("recurrent, open loop")
    begin = run.array(test).value[0]
    early = (t >= begin) & (t < begin + seconds)
    figure = plotting.figure()
    plotting.raster(figure.subplots(), t[early] - begin, i[early], neurons=neurons)
    return figure


def weights(run: RunReader) -> Figure | None:
    """Histogram of a sample of the learned recurrent weights, density on a logarithmic axis."""
    if SAMPLE not in run.arrays():
        return None
    figure = plotting.figure()
    sample = run.array(SAMPLE)
    ax = plotting.weight_histogram(figure.subplots(), sample.value, unit=sample.unit)
    ax.set_yscale("log")
    return figure


def return_map(run: RunReader, test: str, dimension: int) -> Figure:
    """Each maximum of one dimension over the one before it."""
    from bioplaus.analysis.open_loop import maxima

    figure = plotting.figure()
    ax = figure.subplots()
    _, output, target = opened(run, test)
    for values, label, colour in ((target, "reference", GREY), (output, "network", COLOURS[0])):
        peaks = maxima(values[dimension])
        ax.plot(peaks[:-1], peaks[1:], ".", ms=3, color=colour, label=label)
    ax.set_xlabel(f"maximum of x{dimension + 1}")
    ax.set_ylabel("next maximum")
    ax.legend()
    return figure


def learning_curves(run: RunReader) -> Figure:
    """Error that teaches, of every member of a comparison."""
    figure = plotting.figure()
    ax = figure.subplots()
    metrics = run.metrics
    for name, values in metrics.items():
        if name.startswith("learning_error_"):
            known = np.isfinite(values)
            plotting.learning_curve(
                ax,
                metrics["simulated_time_s"][known],
                values[known],
                label=name.removeprefix("learning_error_").replace("_", " "),
                name="learning error, feedback on",
                logarithmic=True,
            )
    ax.set_xlabel("learning time [s]")
    return figure


def hands(run: RunReader, drawings: list[str], gains: tuple[float, ...]) -> Figure:
    """What the hand should draw and what it drew; a column for each gain of the feedback."""
    figure = plotting.figure(width="page", height=2.4 * len(drawings))
    axes = figure.subplots(len(drawings), len(gains), squeeze=False, sharex=True, sharey=True)
    for row, name in zip(axes, drawings):
        for ax, gain in zip(row, gains):
            for which, colour in (("wanted", GREY), ("drawn", COLOURS[0])):
                path = run.array(f"{name}, gain {gain:g}, {which}").value
                ax.plot(path[:, 0], path[:, 1], color=colour, label=which)
            ax.set_title(f"{name}, feedback {gain:g}" if gain else f"{name}, no feedback")
            ax.set(aspect="equal", xlabel="x [m]", ylabel="y [m]")
            ax.label_outer()
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
