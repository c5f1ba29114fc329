"""Figures of a row's search, from the record of a run alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bioplaus import plotting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["learning_curve", "search"]


def learning_curve(run: RunReader) -> Figure:
    """Validation and, where it is counted, training error over the passes."""
    figure = plotting.figure()
    ax = figure.subplots()
    metrics = run.metrics
    for part in ("validation", "training"):
        if f"{part}_error" in metrics:
            errors = 100 * metrics[f"{part}_error"]
            plotting.learning_curve(ax, metrics["epoch"], errors, label=part, name="error [%]")
    ax.set_xlabel("passes over the training images")
    ax.legend()
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
