"""Equilibrium propagation learns handwritten digits in mini-batches (Scellier 2018).

One segment an epoch, examples in a fixed order unless asked otherwise, evaluation from zero states.
On the small digits (setting ``digits``) a positive influence of one keeps every output unit
answering, which weaker ones do not (a silent unit gets no update).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import analysis, plotting, tasks
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.parameters import VectorField, check_vector_field
from bioplaus.parameters import parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


READ_AT = (1, 3, 10)
"""Epochs after which error and alignment are kept for the table of results."""


@dataclass(frozen=True)
class Settings(VectorField):
    """One hidden layer, independent feedback weights, random sign of the influence."""

    dataset: str = parameter("mnist", "images to learn", choices=tasks.IMAGE_SETS)
    validation: int = parameter(
        0, "training images of MNIST kept for validation (0: 10,000)", low=0, high=59_999
    )
    order: str = parameter("fixed", "of the examples", choices=("fixed", "new in each epoch"))
    epochs: int = parameter(3, "passes over the training images", low=1)
    start_mean: float = parameter(
        0.3, "mean drive of a hidden unit at the start, where start_spread is set", low=0.0
    )
    start_spread: float = parameter(
        0.0, "spread of the drives at the start (0: Glorot's weights and zero biases)", low=0.0
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Train, with the alignment of the two directions; test once in the end."""
    check_vector_field(p)
    images = run.load(p.dataset, validation=p.validation or None)
    examples = min(p.examples, len(images.train_labels))
    made = learner(p, run.rng, images)
    readings: dict[str, float] = {}
    run.keep(learner=made, readings=readings)
    validation = images.part("validation")
    for segment in run.segments(p.epochs):
        order = np.arange(examples) if p.order == "fixed" else run.rng.permutation(examples)
        report = made.train(*images.part("train"), order)
        run.check_finite(made.arrays())
        made.warn(report, validation[0][:20])
        angles = aligned(made.projections)
        error = made.error(*validation)
        run.log(
            validation_error=error,
            training_error=report.error,
            residual=report.residual,
            free_steps=report.steps,
            silent_outputs=len(report.silent),
            **held(made, images),
            **angles,
        )
        if (epoch := segment.number + 1) in READ_AT:
            found = {"validation_error": error, **angles}
            readings |= {f"{name}_epoch_{epoch}": value for name, value in found.items()}
        readings["final_train_error"] = report.error
        readings["final_validation_error"] = error
        readings["training_operations"] = operations(made, report.steps)
    angles = aligned(made.projections)
    return {
        f"{run.part}_error": made.error(*images.part(run.part)),
        **readings,
        **angles,
        "angle_1_fall": readings["angle_1_epoch_1"] - angles["angle_1"],
    }


def learner(p: Settings, rng: np.random.Generator, images: Any) -> vector_field_ep.Learner:
    """Draw the network, with room for the stored states."""
    made = vector_field_ep.build_batched(p, rng, min(p.examples, len(images.train_labels)))
    if p.start_spread > 0:
        shown = images.train_images[:1000]
        vector_field_ep.centre(made.projections, shown, p.start_mean, p.start_spread)
    return made


def operations(learner: Any, free_steps: float) -> float:
    """Multiplications by a weight that one training image costs, weight changes left out."""
    weights, phases = learner.projections, learner.phases
    steps = free_steps + phases.nudged * (2 if phases.symmetric else 1)
    within = sum(w.size for w in (*weights.forward[1:], *weights.feedback))
    return float(weights.forward[0].size + steps * within)


def held(learner: Any, images: Any) -> dict[str, float]:
    """Per hidden layer the share of states at a bound: they pass no error on."""
    hidden = learner.settle(images.validation_images[:200])[0][:-1]
    return {
        f"held_{layer}": float(((states <= 0) | (states >= 1)).mean())
        for layer, states in enumerate(hidden, start=1)
    }


def aligned(weights: Any) -> dict[str, float]:
    """Angle [degrees] and trace between the directions of each pair; the smallest trace."""
    pairs = list(zip(weights.forward[1:], weights.feedback, strict=True))
    angles = {
        f"angle_{pair}": float(analysis.alignment_angle(forward, feedback.T))
        for pair, (forward, feedback) in enumerate(pairs, start=1)
    }
    traces = {
        f"trace_{pair}": float((forward * feedback.T).sum())
        for pair, (forward, feedback) in enumerate(pairs, start=1)
    }
    return angles | traces | {"smallest_trace": min(traces.values())}


def alignment(run: RunReader) -> Figure:
    """Angle and trace of each pair of layers over learning."""
    from matplotlib.ticker import MaxNLocator

    figure = plotting.figure("page")
    angle_axes, trace_axes = figure.subplots(1, 2)
    pairs = sorted(name for name in run.metrics if name.startswith("angle_"))
    for name in pairs:
        pair = name.removeprefix("angle_")
        label = f"layers {pair} and {int(pair) + 1}"
        epochs = run.metrics["epoch"]
        angle_axes.plot(epochs, run.metrics[name], marker=".", label=label)
        trace_axes.plot(epochs, run.metrics[f"trace_{pair}"], marker=".", label=label)
    angle_axes.set(xlabel="epoch", ylabel="angle forward to feedback (degrees)")
    trace_axes.set(xlabel="epoch", ylabel="trace of forward times feedback")
    for axes in (angle_axes, trace_axes):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    trace_axes.axhline(0, linewidth=0.8, color=plotting.GREY)
    angle_axes.legend()
    return figure


FORM = "batched"
FIGURES = {"learning-curve": learning_curve, "alignment": alignment}
