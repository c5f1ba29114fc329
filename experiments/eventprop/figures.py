"""Figures of exact gradients, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import plotting
from bioplaus.experiments.eventprop.training import EPOCH_S
from bioplaus.models.eventprop.presenting import GRAZING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

SHOWN = len(plotting.COLOURS)
"""Hidden cells whose spikes are drawn: those that spike most."""

__all__ = [
    "activity",
    "grazing",
    "kept_runs",
    "learning_curve",
    "spikes_through_training",
    "two_forms",
]


def learning_curve(run: RunReader) -> Figure:
    """Validation and training error over the passes, in percent."""
    figure = plotting.figure()
    ax = figure.subplots()
    for name, label in (("validation", "validation"), ("training", "training (while learning)")):
        plotting.learning_curve(
            ax, run.metrics["epoch"], 100 * run.metrics[f"{name}_error"],
            label=label, name="error [%]", logarithmic=True,
        )  # fmt: skip
    ax.set_xlabel("passes over the training samples")
    return figure


def spikes_through_training(run: RunReader) -> Figure | None:
    """Spikes of one validation sample, epoch by epoch: times move, and spikes come and go."""
    if not run.recording_files():
        return None
    recorded = [name for name in ("hidden", "output") if f"{name}_spikes" in run.metrics]
    figure = plotting.figure(height=2.2 + 1.2 * len(recorded))
    axes = figure.subplots(len(recorded), 1, sharex=True, squeeze=False)[:, 0]
    for ax, name in zip(axes, recorded):
        t, i = run.spikes(name)
        epoch, within = np.divmod(t, EPOCH_S)
        for cell, colour, label in _followed(run, name, i):
            of_cell = i == cell
            ax.plot(epoch[of_cell] + 1, 1e3 * within[of_cell], ".", ms=3, color=colour, label=label)
        ax.set_ylabel(f"{name} spikes [ms]")
        if name == "output":
            _legend(ax, 3)
    axes[-1].set_xlabel("passes over the training samples")
    axes[0].set_title(f"one sample: its {SHOWN} liveliest hidden cells")
    return figure


def _legend(ax: Axes, larger: float) -> None:
    """Above the axes, where it lies over no point; its points are drawn larger."""
    ax.legend(
        markerscale=larger, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, columnspacing=1.0
    )


def _followed(run: RunReader, name: str, i: Any) -> list[tuple[int, str, str | None]]:
    """Cells whose spikes are drawn, their colours, and what they are called: hidden ones that
    spike most; all outputs, the cell of the class above the others."""
    if name == "hidden":
        liveliest = np.argsort(-np.bincount(i), kind="stable")[:SHOWN]
        return [(cell, colour, None) for cell, colour in zip(liveliest, plotting.COLOURS)]
    wanted = int(run.presentations().label[0])
    others = [cell for cell in np.unique(i) if cell != wanted]
    names: list[str | None] = ["other classes", *([None] * len(others))]
    rest = [(cell, plotting.GREY, label) for cell, label in zip(others, names)]
    return [*rest, (wanted, plotting.COLOURS[1], "cell of the class")]


def activity(run: RunReader) -> Figure:
    """Spikes and active cells a sample, and the share of spikes that graze the threshold."""
    figure = plotting.figure("page")
    left, right = figure.subplots(1, 2)
    epochs = run.metrics["epoch"]
    for name in ("hidden", "output"):
        if f"{name}_spikes" in run.metrics:
            left.plot(epochs, run.metrics[f"{name}_spikes"], label=f"{name} spikes")
            left.plot(epochs, run.metrics[f"{name}_active"], "--", label=f"{name} active cells")
    left.set(xlabel="passes over the training samples", ylabel="a sample", ylim=(0, None))
    left.legend()
    right.plot(epochs, 1e6 * run.metrics["grazing_share"])
    right.set(
        xlabel="passes over the training samples",
        ylabel=f"of a million spikes those with\nI \N{MINUS SIGN} threshold < {GRAZING}",
        ylim=(0, None),
    )
    return figure


def grazing(run: RunReader) -> Figure | None:
    """Slope at the flattest spike of a hidden cell against the size of its gradient, by sample.

    The line falls as one over the slope, which the gradient of a spike time has as a factor.
    """
    if "slope" not in run.arrays():
        return None
    figure = plotting.figure()
    ax = figure.subplots()
    for number, (segment, label) in enumerate(((0, "first"), (-1, "last"))):
        slope, size = (run.array(name, segment).value for name in ("slope", "gradient"))
        at = size > 0
        ax.loglog(
            slope[at], size[at], ".", ms=2, alpha=0.6,
            color=plotting.COLOURS[number], label=f"{label} pass",
        )  # fmt: skip
    ends = np.array([0.05, 5.0])
    ax.loglog(ends, 0.3 / ends, color=plotting.GREY, ls="--", lw=0.8, label="1/slope")
    ax.set(
        xlabel="I \N{MINUS SIGN} threshold at its flattest spike",
        ylabel="gradient of a hidden cell",
        ylim=(1e-6, None),
    )
    _legend(ax, 4)
    return figure


def two_forms(run: RunReader) -> Figure:
    """The network on its clock beside the event-driven form with the same weights."""
    figure = plotting.figure()
    ax = figure.subplots()
    epochs = run.metrics["epoch"]
    for name, label in (
        ("validation_error", "network on a clock"),
        ("event_driven_error", "same weights, event-driven"),
        ("training_error", "network, while learning"),
    ):
        plotting.learning_curve(ax, epochs, 100 * run.metrics[name], label=label, name="error [%]")
    ax.set_xlabel("passes over the training samples")
    ax.legend()
    return figure


def kept_runs(run: RunReader) -> Figure:
    """How far the loss of each replayed run is from the one that the authors kept."""
    figure = plotting.figure()
    ax = figure.subplots()
    gaps = 1e6 * run.metrics["loss_gap"]
    ax.bar(np.arange(len(gaps)), gaps, color=plotting.COLOURS[0])
    ax.axhline(0.5, color=plotting.GREY, ls="--", lw=0.8, label="half of their last digit")
    ax.set(xlabel="kept run", ylabel="difference of the loss, millionths")
    ax.legend()
    return figure


def errors(run: RunReader) -> Figure:
    """Worst difference between gradient and central difference, by kind of network."""
    figure = plotting.figure()
    ax = figure.subplots()
    worst = run.metrics["worst_error"]
    kinds = ["6-3", "8-12-3", "8-12-10-3"]
    colours = [plotting.COLOURS[number // 3] for number in range(len(worst))]
    ax.bar(np.arange(len(worst)), worst, color=colours)
    ax.set_yscale("log")
    ax.set_xticks(np.arange(len(worst)), [kinds[number % 3] for number in range(len(worst))])
    ax.set(xlabel="first spikes; largest potentials", ylabel="worst error over largest component")
    return figure
