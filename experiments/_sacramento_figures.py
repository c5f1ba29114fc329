"""Figures that several experiments on the dendritic microcircuit share; drawn from a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["health", "learning_curve"]


def learning_curve(run: RunReader, name: str = "validation_error") -> Figure:
    """Validation and training error over epochs."""
    from bioplaus import plotting

    drawing = plotting.figure()
    ax = drawing.subplots()
    m = run.metrics
    plotting.learning_curve(ax, m["epoch"], 100 * m[name], label="validation", name="error (%)")
    if "training_error" in m:
        plotting.learning_curve(
            ax, m["epoch"], 100 * m["training_error"], label="training", name="error (%)"
        )
    ax.set_yscale("log")
    return drawing


def health(run: RunReader) -> Figure:
    """Free apical potentials, saturated cells, and angles over learning."""
    from bioplaus import plotting

    drawing = plotting.figure("page", 2.4)
    left, right = drawing.subplots(1, 2)
    m = run.metrics
    for column in sorted(m):
        if column.startswith("free_apical_rms"):
            left.plot(m["epoch"], m[column], label=f"free apical, area {column[-1]}")
        if column.startswith("angle_to"):
            right.plot(m["epoch"], m[column], label=f"update to backprop, area {column[-1]}")
        if column.startswith("angle_top_down"):
            right.plot(
                m["epoch"], m[column], "--", label=f"top-down to transpose, area {column[-1]}"
            )
    left.plot(m["epoch"], m["saturated_cells"], "k:", label="saturated cells (fraction)")
    left.set(xlabel="epoch", ylabel="rms potential", ylim=(0, None))
    right.set(xlabel="epoch", ylabel="angle (degrees)", ylim=(0, 95))
    left.legend()
    right.legend()
    return drawing
