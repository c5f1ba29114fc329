"""What the mini-batch forms of equilibrium propagation share when they learn images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bioplaus import plotting
from bioplaus.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["examples_of", "keep", "learning_curve"]


def examples_of(p: Any, images: Any) -> int:
    """How many training images are used: the first of the set."""
    return int(min(p.examples, len(images.train_labels)))


def keep(run: Run, learner: Any) -> None:
    """Keep everything of a learner that learns."""
    run.keep(learner=(learner.arrays, learner.restore))


def learning_curve(run: RunReader) -> Figure:
    """Error on training and validation images."""
    figure = plotting.figure()
    axes = figure.subplots()
    for name, label in (("train_error", "training"), ("validation_error", "validation")):
        plotting.learning_curve(
            axes, run.metrics["epoch"], run.metrics[name], label=label, name="error"
        )
    return figure
