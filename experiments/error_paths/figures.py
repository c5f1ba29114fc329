"""Figures of a row's search, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["alignment", "members", "search"]


def alignment(run: RunReader) -> Figure:
    """Training error, and the angle of feedback to the transposed weights, over the passes."""
    figure = plotting.figure()
    error, angle = figure.subplots(2, 1, sharex=True)
    metrics = run.metrics
    passes = metrics["epoch"]
    plotting.learning_curve(
        error, passes, 100 * metrics["training_error"], label="training", name="error [%]"
    )
    angle.plot(passes, metrics["feedback_angle"])
    angle.set(xlabel="passes", ylabel="angle [degrees]")
    return figure


def search(run: RunReader) -> Figure:
    """Validation errors over the step size: trials, and the seeds that are reported."""
    figure = plotting.figure()
    ax = figure.subplots()
    trials, metrics = run.parameters["trials"], run.metrics
    steps, errors = metrics["step"], 100 * metrics["validation_error"]
    ax.semilogx(steps[:trials], errors[:trials], "o", label="trials (two seeds)")
    ax.semilogx(steps[trials:], errors[trials:], "x", label="reported seeds")
    ax.set(xlabel="step size", ylabel="validation error [%]")
    ax.legend()
    return figure


def members(run: RunReader) -> Figure | None:
    """Test error of every member of a comparison, once it is finished.

    Bars are standard errors of the paired difference to the first member, a line.  What errs twice
    as often stands at the edge, with its number: the others would be one column.
    """
    if run.status != "finished":
        return None
    figure = plotting.figure("page")
    ax = figure.subplots()
    begin, figures = "test_error_", run.summary["metrics"]
    names = [name.removeprefix(begin) for name in figures if name.startswith(begin)]
    errors = [100 * figures[begin + name] for name in names]
    bars = [100 * figures.get(f"{name}_above_{names[0]}_se", 0.0) for name in names]
    ax.axvline(errors[0], color=plotting.GREY, linewidth=0.5)
    near = [place for place, error in enumerate(errors) if error < 2 * errors[0]]
    columns = np.array([errors, bars])[:, near]
    ax.errorbar(columns[0], near, xerr=columns[1], fmt="o")
    for place in set(range(len(names))) - set(near):
        text = f"{errors[place]:.0f} % →"
        ax.text(1, place, text, transform=ax.get_yaxis_transform(), ha="right", va="center")
    ax.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel("test error [%]")
    return figure
