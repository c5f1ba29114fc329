"""Figures of the pages, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting
from bioplaus.experiments.temporal.tasks import TASKS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["curve", "example", "in_ones_twos_fives", "search"]

TRACED = 12
"""Units of rates that are drawn."""


def curve(run: RunReader) -> Figure:
    """Validation error, and where there is one the angle to the gradient, over examples shown."""
    metrics, task = run.metrics, _task(run)
    angle = metrics.get("angle_to_gradient")
    figure = plotting.figure(height=2.6 if angle is None else 4.0)
    axes = np.atleast_1d(figure.subplots(1 if angle is None else 2, 1, sharex=True))
    scale, name = (100, "error [%]") if task.classes else (1, "error / that of silence")
    shown = task.batch * metrics["epoch"]
    plotting.learning_curve(
        axes[0], shown, scale * metrics["validation_error"], name=name,
        chance=100 * (1 - 1 / task.outputs) if task.classes else None,
        logarithmic=not task.classes,
    )  # fmt: skip
    if not task.classes:
        in_ones_twos_fives(axes[0].yaxis)
    if angle is not None:
        axes[0].set_xlabel("")
        begun = np.concatenate([[0], shown[:-1]])
        axes[1].plot(begun, angle, "o-", ms=3, color=plotting.COLOURS[1])
        axes[1].axhline(90, color=plotting.GREY, lw=0.8, ls=":")
        axes[1].set_ylabel("angle to the\ngradient [degrees]")
        axes[1].set_ylim(-5, max(100, float(np.nanmax(angle)) + 5))
    axes[-1].set_xlabel("examples shown")
    return figure


def example(run: RunReader) -> Figure | None:
    """One example after training: spikes that come in, cells or units, and what comes out."""
    if not run.recording_files():
        return None
    task = _task(run)
    last = max(float(t[-1]) for t in _times(run) if len(t))
    begin = task.duration * np.floor((last - 1e-9) / task.duration)
    figure = plotting.figure(height=4.4)
    axes = figure.subplots(3, 1, sharex=True, height_ratios=(2, 3, 2))
    _raster(axes[0], run, "input", begin, task.inputs)
    if ("cells", "a") in run.traced():
        _lines(axes[1], run.trace("cells", "a"), begin, rows=TRACED)
        axes[1].set_ylabel(f"rates of\n{TRACED} units")
    else:
        _raster(axes[1], run, "cells", begin, None)
    if ("output", "y") in run.traced():
        _readout(axes[2], run, begin, task)
    else:
        _raster(axes[2], run, "output", begin, task.outputs)
        if "wanted" in run.populations():
            _wanted(axes[2], run, begin)
    axes[2].set_xlim(0, 1e3 * task.duration)
    axes[2].set_xlabel("time [ms]")
    return figure


def in_ones_twos_fives(axis: Any) -> None:
    """Plain numbers on a logarithmic axis."""
    from matplotlib.ticker import LogLocator

    axis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter("{x:g}")


def _times(run: RunReader) -> list[Any]:
    found = [run.spikes(name)[0] for name in run.populations()]
    return found + [run.trace(*each).t for each in run.traced()]


def _task(run: RunReader) -> Any:
    return TASKS[run.config["experiment"].removeprefix("temporal-")]


def _raster(ax: Any, run: RunReader, population: str, begin: float, count: int | None) -> None:
    if population in run.populations():
        t, i = run.spikes(population)
        here = t >= begin - 1e-9
        plotting.raster(ax, 1e3 * (t[here] - begin), i[here], neurons=count, name=population)
    ax.set_xlabel("")
    ax.set_ylabel(population)


def _wanted(ax: Any, run: RunReader, begin: float) -> None:
    t, i = run.spikes("wanted")
    here = t >= begin - 1e-9
    ax.plot(
        1e3 * (t[here] - begin), i[here], "o", mfc="none", color=plotting.COLOURS[1], ms=6,
        label="wanted", clip_on=False,
    )  # fmt: skip
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)


def _lines(ax: Any, trace: Any, begin: float, rows: int | None = None, **style: Any) -> None:
    here = trace.t >= begin - 1e-9
    ax.plot(1e3 * (trace.t[here] - begin), trace.value[:rows, here].T, lw=1.0, **style)


def _readout(ax: Any, run: RunReader, begin: float, task: Any) -> None:
    y, wanted = run.trace("output", "y"), run.trace("output", "wanted")
    if task.classes:
        right = int(wanted.value[:, -1].argmax())
        for k in range(task.outputs):
            here = y.t >= begin - 1e-9
            ax.plot(
                1e3 * (y.t[here] - begin), y.value[k, here], lw=2 if k == right else 0.8,
                color=plotting.COLOURS[k % len(plotting.COLOURS)],
                label="right answer" if k == right else None,
            )  # fmt: skip
        ax.axvline(1e3 * (task.duration - task.window), color=plotting.GREY, lw=0.8, ls=":")
    else:
        _lines(ax, wanted, begin, color=plotting.GREY, ls="--", label="wanted")
        _lines(ax, y, begin, color=plotting.COLOURS[1], label="readout")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
    ax.set_ylabel("readout")


def search(run: RunReader) -> Figure:
    """Validation errors over the learning rate: trials, and the seeds that are reported."""
    figure = plotting.figure()
    ax = figure.subplots()
    trials, metrics = run.parameters["trials"], run.metrics
    paces, errors = metrics["pace"], metrics["validation_error"]
    ax.semilogx(paces[:trials], errors[:trials], "o", label="trials (a seed of their own)")
    ax.semilogx(paces[trials:], errors[trials:], "x", label="reported seeds")
    ax.set_xticks(sorted(set(paces)), minor=False)
    ax.xaxis.set_major_formatter("{x:.2g}")
    ax.xaxis.set_minor_formatter("")
    ax.set(xlabel="learning rate / centre of the search", ylabel="validation error")
    ax.legend()
    return figure
