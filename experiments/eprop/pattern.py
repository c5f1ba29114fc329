"""A recurrent spiking network learns to draw a pattern, by e-prop (Bellec 2020, figure 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.eprop import figures
from bioplaus.experiments.eprop.recording import put_trial
from bioplaus.models import eprop
from bioplaus.models.eprop.parameters import Eprop
from bioplaus.parameters import ParameterError, parameter
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(Eprop):
    """A mixture of four sines of one second, from frozen noise of 50 Hz."""

    steps: int = parameter(1000, "steps of a trial", low=200)
    trials: int = parameter(2000, "trials, each followed by an update", low=2)
    evaluations: int = parameter(20, "segments", low=1)


def live(p: Settings) -> dict[str, float]:
    """What may be set while it learns."""
    return {"learning_rate": p.learning_rate}


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Show the same noise again and again; the error of the last trial relative to silence."""
    if p.batch != 1 or p.outputs != 1 or p.loss != "squared error":
        raise ParameterError("the pattern is one, drawn by one output: batch = 1, outputs = 1, and "
                             "loss = squared error")  # fmt: skip
    draws = np.random.RandomState(run.seed)  # the released code's: with seed 1 its very numbers
    learner = eprop.Learner(p, draws)
    x = tasks.frozen_noise(draws, p.inputs, p.steps)
    target = tasks.sine_mixture(draws, p.steps)[:, None]
    silence = 0.5 * float(np.sum(target**2))
    run.live(learner, live)
    run.keep(learner=learner)
    for segment in run.segments(p.evaluations):
        part = segment.of(p.trials)
        if segment.first:
            put_trial(run, learner, x, target, 0.0)
        losses, rates = [], []
        for trial in range(part.start, part.stop):
            seen = learner.learn(x[None], target[None])
            losses.append(seen.loss)
            rates.append(seen.rate)
            run.progress((trial + 1 - part.start) / (part.stop - part.start))
        run.check_finite({f"w {name}": w for name, w in learner.weights().items()})
        if segment.last and not segment.first:
            put_trial(run, learner, x, target, part.stop * 1e-3 * p.steps)
        run.log(
            epoch=part.stop,
            loss=float(np.mean(losses)),
            normalised_error=losses[-1] / silence,
            rate_hz=1e3 * float(np.mean(rates)),
        )
    last = learner.trial(x, target)
    return {
        "loss": float(last.loss),
        "normalised_error": float(last.loss) / silence,
        "rate_hz": 1e3 * float(last.spikes.mean()),
    }


FORM = "batched"
FIGURES = {
    "learning-curve": figures.pattern_curve,
    "pattern": figures.pattern,
    "raster": figures.raster,
    "traces": figures.traces,
}
