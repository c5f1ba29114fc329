"""The Brian2 network learns digits one at a time, in two phases (Scellier 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import analysis, plotting, tasks
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.parameters import VectorField, check_vector_field
from bioplaus.parameters import parameter, replace
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run, Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(VectorField):
    """One hidden layer, one example at a time, rates of a batch of 20 divided by 20."""

    layers: str = parameter("64-100-10", "units per layer, input first")
    learning_rates: str = parameter(
        "0.02, 0.005", "learning rate of each layer pair, input side first", symbol="alpha"
    )
    influence: float = parameter(1.0, "influence of the target", symbol="beta")
    nudging: str = parameter(
        "positive", "sign of the influence", choices=("random-sign", "positive", "symmetric")
    )
    batch: int = parameter(1, "examples per update", symbol="B", low=1, high=1)
    dataset: str = parameter(
        "digits", "images to learn", choices=("mnist", "fashion-mnist", "digits")
    )
    epochs: int = parameter(10, "passes over the training images", low=1)
    part: int = parameter(10_000, "examples of a segment, at most an epoch", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Fixed order; the weights are evaluated by relaxing batches from zero states."""
    check_vector_field(p)
    images = run.load(p.dataset)
    examples = min(p.examples, len(images.train_labels))
    part = min(p.part, examples)
    parts = -(-examples // part)
    clocks = vector_field_ep.time(p)
    each = float(clocks.frame.dt_)
    stored = replace(p, {"examples": examples})
    inputs = {"pixels": vector_field_ep.pixels(p, clocks)}
    model = vector_field_ep.build(stored, run.rng, inputs, clocks)
    run.record(
        Trace("hidden", "s", cells=8, every="5 ms"),
        Trace("output", "s", cells=10, every="5 ms"),
        of=model,
        last="0.625 s",
    )
    evaluated = vector_field_ep.build_batched(p, np.random.default_rng(0), 0)
    influences = np.full(p.epochs * examples, evaluated.influence)
    if p.nudging == "random-sign":
        influences *= run.rng.choice([-1.0, 1.0], influences.size)
    classes = np.eye(len(model.populations["output"]))
    tables = {"images": images.train_images, "targets": classes[images.train_labels]}
    validation = images.part("validation")
    for segment in run.segments(p.epochs * parts):
        epoch, number = divmod(segment.number, parts)
        rows = np.arange(examples)[number * part :][:part]
        schedule = tasks.presentations(
            rows,
            tables,
            presentation=each,
            frame=each,
            strength=1.0,
            teaching=influences[epoch * examples + rows],
        )
        run.present(model, schedule)
        run.put_answers(np.full(len(rows), -1), learning=True, label=images.train_labels[rows])
        weights = vector_field_ep.by_layer(p, model.weights())
        evaluated.take(weights)
        report = evaluated.judge(*validation)
        evaluated.warn(report, validation[0][:20])
        angle = analysis.alignment_angle(weights.forward[-1], weights.feedback[-1].T)
        run.log(
            epoch=run.time / each / examples,
            validation_error=report.error,
            residual=report.residual,
            silent_outputs=len(report.silent),
            angle_to_output=float(angle),
        )
    evaluated.take(vector_field_ep.by_layer(p, model.weights()))
    return {
        f"{run.part}_error": evaluated.error(*images.part(run.part)),
        "final_validation_error": evaluated.error(*validation),
    }


def relaxation(run: RunReader) -> Figure:
    """Free phase white, second phase grey; three presentations."""
    p = run.parameters
    figure = plotting.figure("page", height=3.6)
    signs = 2 if p["nudging"] == "symmetric" else 1
    free_steps = p["free_steps"]
    steps = 1 + free_steps + signs * p["nudged_steps"]
    for axes, population in zip(figure.subplots(2, 1, sharex=True), ("hidden", "output")):
        trace = run.trace(population, "s")
        t, value = trace.t, trace.value
        shown = t > t[-1] - 3 * steps * (t[1] - t[0])
        axes.plot((t[shown] - t[shown][0]) * 1e3, value[:, shown].T, linewidth=1)
        for k in range(3):
            begin = (k * steps + 1 + free_steps) * (t[1] - t[0]) * 1e3
            end = (k + 1) * steps * (t[1] - t[0]) * 1e3
            axes.axvspan(begin, end, color=plotting.GREY, alpha=0.25, linewidth=0)
        axes.set_ylabel(f"state, {population}")
    axes.set_xlabel("time (ms); grey: under the target's influence")
    return figure


FORM = "network"
FIGURES = {"learning-curve": learning_curve, "relaxation": relaxation}
