"""Figures that set the variants of one network beside one another, from the record alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bioplaus import plotting
from bioplaus.quantity import to_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["latencies", "learning_curves", "operations", "slug"]

DASHES = ("-", "--", ":")
MARKERS = ("o", "s", "^")


def learning_curves(run: RunReader, names: Sequence[str]) -> Figure:
    """Validation error of every variant over the images shown."""
    figure = plotting.figure("page")
    ax = figure.subplots()
    for number, name in enumerate(names):
        mine = run.metrics["variant"] == number
        _line(
            ax,
            number,
            run.metrics["presentations"][mine] / 1e3,
            100 * run.metrics["validation_error"][mine],
            name,
        )
    ax.set(xlabel="images shown [1,000]", ylabel="validation error [%]", yscale="log")
    _plain_percent(ax)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def operations(run: RunReader, names: Sequence[str]) -> Figure:
    """Validation error over synaptic operations (spiking) or multiply-accumulates (rate)."""
    figure = plotting.figure("page")
    ax = figure.subplots()
    for number, name in enumerate(names):
        mine = run.metrics["variant"] == number
        shown = np.diff(run.metrics["presentations"][mine], prepend=0)
        spent = np.cumsum(shown * run.metrics["operations"][mine])
        _line(ax, number, spent, 100 * run.metrics["validation_error"][mine], name)
    ax.set(
        xlabel="synaptic operations, or multiply-accumulates of the rate network",
        ylabel="validation error [%]",
        xscale="log",
        yscale="log",
    )
    _plain_percent(ax)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def latencies(run: RunReader, names: Sequence[str]) -> Figure:
    """Accuracy of the spike counts of every variant, over the time that a test image is shown."""
    metrics = run.summary["metrics"]
    whole = 1e3 * float(to_quantity(run.parameters["test_presentation"]))
    figure = plotting.figure("page")
    ax = figure.subplots()
    for number, name in enumerate(names):
        error = {whole: metrics[f"test_error_{slug(name)}"]}
        for key, value in metrics.items():
            if key.startswith("test_error_at_") and key.endswith(f"_ms_{slug(name)}"):
                time = key.removeprefix("test_error_at_").removesuffix(f"_ms_{slug(name)}")
                error[float(time)] = value
        times = sorted(error)
        _line(ax, number, times, [100 * (1 - error[time]) for time in times], name)
    ax.set(xlabel="time since the image appeared [ms]", ylabel="test accuracy [%]")
    ax.set_xlim(0, 1.04 * whole)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def slug(name: str) -> str:
    """A variant's name as part of a metric's.

    >>> slug("rate, direct feedback")
    'rate_direct_feedback'
    """
    return name.replace(",", "").replace(" ", "_").replace("-", "_")


def _line(ax: Axes, number: int, x: npt.ArrayLike, y: npt.ArrayLike, name: str) -> None:
    """One variant; colours repeat after the palette, then with another dash and marker."""
    again, colour = divmod(number, len(plotting.COLOURS))
    ax.plot(
        np.asarray(x),
        np.asarray(y),
        color=plotting.COLOURS[colour],
        ls=DASHES[again],
        marker=MARKERS[again],
        label=name,
    )


def _plain_percent(ax: Axes) -> None:
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    ax.yaxis.set_major_formatter(ScalarFormatter())
    ax.yaxis.set_minor_formatter(NullFormatter())
    low, high = ax.get_ylim()
    ax.set_yticks([tick for tick in (1, 2, 3, 5, 7, 10, 20, 30, 50, 90) if low <= tick <= high])
