"""A delta rule at presynaptic spikes learns handwritten digits (tutorial)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import delta
from bioplaus import neurons, tasks
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run, Spikes, Trace


@dataclass(frozen=True)
class Settings:
    """Sixty-four Poisson pixels onto ten integrate-and-fire neurons."""

    dataset: str = parameter("digits", "images", choices=tasks.IMAGE_SETS)
    learning_rate: Quantity = parameter(
        "0.1 mV", "weight change of a spike at full error", symbol="eta", low="0 mV", tunable=True
    )
    tau_membrane: Quantity = parameter("20 ms", "of the membrane", low="1 ms")
    tau_output: Quantity = parameter("50 ms", "filter of the output spikes", low="1 ms")
    threshold: Quantity = parameter("10 mV", "of firing", low="0.1 mV")
    white: Quantity = parameter("60 Hz", "rate of a white pixel", low="1 Hz")
    time_step: Quantity = parameter("0.5 ms", "step of the clock", symbol="dt", low="0.01 ms")
    presentation: Quantity = parameter("100 ms", "duration of an image", low="1 ms")
    examples: int = parameter(1077, "training images, the first of the set", low=1)
    epochs: int = parameter(3, "passes over them", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """An epoch a segment; validated after each, tested once in the end."""
    images, q = run.load(p.dataset), quantities(p)
    clocks = neurons.Clocks.of(q.time_step, q.presentation)
    pixels = images.train_images.shape[1]
    model = delta.rule.build(p, run.rng, {"pixel": delta.rule.pixels(p, pixels, clocks)}, clocks)
    run.live(model, delta.rule.live)
    run.record(Spikes("output"), Trace("output", "y", cells=3), of=model, last="400 ms")
    examples = min(p.examples, len(images.train_labels))

    def show(part: str, rows: Any, strength: float) -> tuple[float, float]:
        """Show images; the share that is answered wrongly, and spikes that arrived for each."""
        shown, labels = images.part(part)
        tables = {"images": shown, "targets": np.eye(10)[labels]}
        schedule = tasks.presentations(
            rows,
            tables,
            presentation=float(q.presentation),
            frame=float(q.presentation),
            strength=strength,
        )
        neurons.forget_responses(model.responses)
        presented = run.present(model, schedule)
        spikes, _ = neurons.read_responses(model.responses, presented, float(q.presentation))
        sent = float(q.white * q.presentation) * shown[rows].sum(axis=1).mean()
        return float(np.mean(spikes[:, -1].argmax(axis=1) != labels[rows])), 10 * sent

    for segment in run.segments(p.epochs):
        wrong, events = show("train", run.rng.permutation(examples), 1.0)
        validated = np.arange(len(images.validation_labels))
        run.log(
            epoch=segment.number + 1,
            training_error=wrong,
            validation_error=show("validation", validated, 0.0)[0],
            training_operations=events,
        )
    tested = np.arange(len(images.part(run.part)[1]))
    return {f"{run.part}_error": show(run.part, tested, 0.0)[0]}


FORM = "network"
FIGURES = {"learning-curve": learning_curve}
