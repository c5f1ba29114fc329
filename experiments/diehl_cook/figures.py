"""Figures of competing cells, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.quantity import to_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["fields", "learning_curve", "raster", "traces"]

SHOWN = 1.5
"""How much of the end of the training is drawn [s]."""


def learning_curve(run: RunReader) -> Figure:
    """Validation error over the training images seen."""
    figure = plotting.figure()
    ax = figure.subplots()
    plotting.learning_curve(
        ax,
        run.metrics["images"],
        100 * run.metrics["validation_error"],
        name="validation error [%]",
        chance=90,
    )
    ax.set_ylim(0, 100)
    ax.set_xlabel("training images")
    ax.legend()
    return figure


def fields(run: RunReader) -> Figure | None:
    """The weights onto each cell, as images in rows, by the class that it stands for."""
    if "fields" not in run.arrays():
        return None
    found = run.array("fields")
    weights, classes = np.asarray(found.value), np.asarray(found.axes["cell"].values)
    weights = weights[np.argsort(classes, kind="stable")]
    side, columns = round(weights.shape[1] ** 0.5), int(np.ceil(len(weights) ** 0.5))
    rows = -(-len(weights) // columns)
    sheet = np.full((rows * (side + 1), columns * (side + 1)), np.nan)
    for n, each in enumerate(weights):
        y, x = (side + 1) * (n // columns), (side + 1) * (n % columns)
        sheet[y : y + side, x : x + side] = each.reshape(side, side)
    figure = plotting.figure(height=3.2)
    ax = figure.subplots()
    image = ax.imshow(sheet, cmap="magma", vmin=0)
    ax.set_axis_off()
    figure.colorbar(image, ax=ax, label="weight")
    return figure


def raster(run: RunReader) -> Figure | None:
    """The last training images: pixels, excitatory and inhibitory cells; grey is the dark."""
    if not run.recording_files():
        return None
    begin = _begin(run)
    figure = plotting.figure(height=4.6)
    axes = figure.subplots(3, 1, sharex=True, height_ratios=(2, 3, 2))
    populations = (("pixel", "inputs"), ("excitatory", "cells"), ("inhibitory", "cells"))
    for n, (ax, (population, size)) in enumerate(zip(axes, populations)):
        t, i = run.spikes(population)
        shown = (t >= begin) & (t < begin + SHOWN)
        plotting.raster(
            ax,
            1e3 * (t[shown] - begin),
            i[shown],
            neurons=run.parameters[size],
            name=population,
            colour=plotting.COLOURS[n],
        )
        ax.set_xlabel("")
        _mark(ax, run)
    axes[-1].set_xlabel("time [ms]")
    return figure


def traces(run: RunReader) -> Figure | None:
    """The recorded cell that spiked most: membrane and threshold; while ``recent`` lasts its inputs
    depress, while ``earlier`` lasts another spike potentiates."""
    if not run.recording_files():
        return None
    begin = _begin(run)
    found = {name: run.trace("excitatory", name) for name in ("v", "theta", "recent", "earlier")}
    shown = found["v"].t >= begin
    t = 1e3 * (found["v"].t[shown] - begin)
    values = {name: each.value[:, shown] for name, each in found.items()}
    cell = int(values["recent"].sum(axis=1).argmax())
    figure = plotting.figure(height=3.8)
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(t, 1e3 * values["v"][cell], lw=1.0, label="membrane")
    level = 1e3 * values["theta"][cell] - 72
    upper.plot(t, level, color=plotting.COLOURS[3], ls="--", lw=1.0, label="threshold")
    upper.set_ylabel("potential [mV]")
    lower.plot(t, values["recent"][cell], lw=1.0, label="recent")
    lower.plot(t, values["earlier"][cell], lw=1.0, label="earlier")
    lower.set_ylabel("trace")
    for ax in (upper, lower):
        _mark(ax, run)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
    lower.set_xlabel("time [ms]")
    return figure


def _begin(run: RunReader) -> float:
    """When the images that are drawn began [s]: the last that were recorded."""
    return float(run.trace("excitatory", "v").t[-1]) - SHOWN


def _mark(ax: Axes, run: RunReader) -> None:
    """Grey where nothing is shown."""
    lit, dark = (1e3 * float(to_quantity(run.parameters[n])) for n in ("presentation", "pause"))
    for n in range(int(1e3 * SHOWN / (lit + dark)) + 1):
        end = 1e3 * SHOWN - n * (lit + dark)
        ax.axvspan(end - dark, end, color=plotting.GREY, alpha=0.25, lw=0)
    ax.set_xlim(0, 1e3 * SHOWN)
