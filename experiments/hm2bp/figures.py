"""Figures of HM2-BP, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

SIZES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Lengths of a step, in units of the length of the hidden weights as one vector."""

__all__ = ["alignment", "raster", "steps"]


def alignment(run: RunReader) -> Figure | None:
    """Angle of the update to the exact gradient: whole projections, and the median cell.

    A dot is the angle between the exact gradients of two halves of the images, if the run has it.
    """
    found = run.summary.get("metrics", {})
    projections = ("input_to_hidden", "hidden_to_output")
    if f"angle_{projections[0]}" not in found:
        return None
    figure = plotting.figure(height=3.0)
    ax = figure.subplots()
    for number, (prefix, label) in enumerate((("angle_", "projection"), ("angle_cell_", "cell"))):
        for shift, when in ((-0.2, "_at_start"), (0.2, "")):
            x = 2.2 * np.arange(2) + number + shift
            ax.bar(
                x, [found[f"{prefix}{name}{when}"] for name in projections], 0.38,
                color=plotting.COLOURS[number], alpha=0.4 if when else 1.0,
                label=f"{label}, {'at the start' if when else 'after training'}",
            )  # fmt: skip
            if prefix == "angle_":
                floors = [found.get(f"floor_{name}{when}", np.nan) for name in projections]
                ax.plot(x, floors, "ko", ms=4, label="" if when else "halves of the images")
    ax.axhline(90, color=plotting.GREY, ls="--", lw=0.8)
    ax.set_xticks(2.2 * np.arange(2) + 0.5, ["input to hidden", "hidden to output"])
    ax.set(ylabel="degrees to the exact gradient", ylim=(0, None))
    ax.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2)
    return figure


def steps(run: RunReader) -> Figure:
    """How far the loss falls in a step along the hybrid update and along the exact gradient."""
    figure = plotting.figure("page")
    axes = figure.subplots(1, 2, sharex=True)
    for ax, row, title in zip(
        axes, (0, -1), ("before learning", f"after {run.parameters['learned']} images")
    ):
        for number, name in enumerate(("exact", "hybrid", "random")):
            falls = [run.metrics[f"{name}_{size}"][row] for size in range(len(SIZES))]
            ax.plot(
                SIZES, falls, ".-", color=plotting.COLOURS[number],
                label={"exact": "exact gradient", "hybrid": "HM2-BP"}.get(name, name),
            )  # fmt: skip
        ax.set_xscale("log")
        ax.margins(y=0.15)
        ax.set_yscale("symlog", linthresh=1e-3)
        ax.set(xlabel="step, in lengths of the hidden weights", title=title)
    axes[0].set_ylabel("fall of the loss")
    axes[0].legend()
    return figure


def raster(run: RunReader) -> Figure | None:
    """The last image that was shown: hidden and output spikes."""
    if not run.recording_files():
        return None
    figure = plotting.figure(height=3.6)
    axes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    for number, (ax, name) in enumerate(zip(axes, ("hidden", "output"), strict=True)):
        t, i = run.spikes(name)
        begin = max(t[-1] - 0.4, 0) if len(t) else 0.0
        shown = t >= begin
        plotting.raster(ax, t[shown] - begin, i[shown], name=name, colour=plotting.COLOURS[number])
    axes[0].set_xlabel("")
    return figure
