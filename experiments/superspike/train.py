"""Spikes at wanted times, from frozen noise (Zenke and Ganguli 2018, figures 2 to 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.superspike import figures
from bioplaus.models import superspike
from bioplaus.models.superspike import Learner, SuperSpike
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(SuperSpike):
    """Half a second of input that is the same in every trial, and a few spikes to learn."""

    duration: Quantity = parameter("500 ms", "of a trial", low="10 ms")
    rate: Quantity = parameter("10 Hz", "of an input", low="0.1 Hz")
    spikes: int = parameter(5, "wanted spikes of an output, one in each part of the trial", low=1)
    trials: int = parameter(500, "trials, each followed by an update", low=20)
    evaluations: int = parameter(25, "segments", low=1)


LAST = 20
"""Trials over which the final loss is averaged."""


def live(p: Settings) -> dict[str, float]:
    """What may be set while it learns."""
    return {"learning_rate": 1e3 * float(quantities(p).learning_rate)}


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show the trial again and again; the van Rossum distance of the last ones."""
    superspike.check_network(p)
    q = quantities(p)
    steps = round(float(q.duration / q.time_step))
    inputs, *_, outputs = superspike.sizes(p)
    x = tasks.frozen_noise(run.rng, inputs, steps, float(q.rate * q.time_step))
    target = tasks.spaced_spikes(run.rng, steps, p.spikes, outputs)
    learner = Learner(p, run.rng)
    losses = np.full(p.trials, np.nan)
    run.keep(learner=learner, losses=losses)
    run.live(learner, live)
    for segment in run.segments(p.evaluations):
        part = segment.of(p.trials)
        if segment.first:
            figures.put_trial(run, learner, x, target, 0.0)
        for trial in range(part.start, part.stop):
            seen = learner.learn(x[np.newaxis], target[np.newaxis])
            losses[trial] = seen.loss[0]
            run.progress((trial + 1 - part.start) / (part.stop - part.start))
        run.check_finite({f"w {name}": w for name, w in learner.weights().items()})
        if segment.last and not segment.first:
            figures.put_trial(run, learner, x, target, part.stop * float(q.duration))
        run.log(
            epoch=part.stop,
            loss=float(losses[part].mean()),
            output_spikes=float(seen.spikes[-1]),
            **({"hidden_spikes": float(seen.spikes[0])} if len(seen.spikes) > 1 else {}),
        )
    return {
        "loss": float(losses[-LAST:].mean()),
        "first_loss": float(losses[0]),
        "output_spikes": float(seen.spikes[-1]),
    }


FORM = "batched"
FIGURES = {
    "learning-curve": figures.curve,
    "raster": figures.raster,
    "traces": figures.traces,
}
