"""Spiking cells with adapting thresholds remember cues for a second (Bellec 2020, figure 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.eprop import figures
from bioplaus.experiments.eprop.recording import put_trial
from bioplaus.models import eprop
from bioplaus.models.eprop.parameters import Evidence
from bioplaus.parameters import ParameterError, parameter
from bioplaus.runs.pages.run import Run

CRITERION, CONFIRMED_BY = 0.07, 512
JUDGED = (200, 300)
"""Updates between which the errors are averaged."""


@dataclass(frozen=True)
class Settings(Evidence):
    """Seven cues, 1.05 s without, then 150 ms in which to say which side had more."""

    cues: int = parameter(7, "cues, an odd number", low=1)
    delay: int = parameter(1050, "steps between the last cue and the question", low=0)
    updates: int = parameter(600, "updates, each from a batch of trials", low=1)
    every: int = parameter(10, "updates in a segment, which ends with a validation", low=1)
    validated: int = parameter(64, "fresh trials of a validation", low=1)


def live(p: Settings) -> dict[str, float]:
    """What may be set while it learns."""
    return {"learning_rate": p.learning_rate}


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn from fresh trials; share of wrong answers, by fresh ones of other streams."""
    if p.outputs != 2 or p.updates % p.every:
        raise ParameterError(
            f"two sides are two outputs (not {p.outputs}), and updates = {p.updates} are whole "
            f"segments of every = {p.every}"
        )
    task = tasks.Cues(inputs=p.inputs, cues=p.cues, delay=p.delay)
    draws = np.random.RandomState(run.seed)  # the released code's: with seed 1 its very numbers
    learner = eprop.Learner(p, draws)
    reached: list[float] = []
    errors: dict[str, float] = {}
    run.live(learner, live)
    run.keep(learner=learner, reached=reached, errors=errors)
    run.keep(draws=(lambda: draws.get_state(legacy=False), draws.set_state))
    for segment in run.segments(p.updates // p.every):
        losses = []
        for update in range(p.every):
            x, labels = tasks.evidence_trials(draws, p.batch, task)
            losses.append(learner.learn(x, _targets(labels, task)).loss)
            run.progress((update + 1) / p.every)
        run.check_finite({f"w {name}": w for name, w in learner.weights().items()})
        done = p.every * (segment.number + 1)
        error, rate = _error(learner, run.child("validation"), p.validated, task)
        if JUDGED[0] <= done <= JUDGED[1]:
            errors[str(done)] = error
        if error < CRITERION and not reached:
            confirmed = _error(learner, run.child("criterion"), CONFIRMED_BY, task)[0]
            reached += [float(done)] if confirmed < CRITERION else []
        if segment.last:
            x, labels = tasks.evidence_trials(run.child("shown"), 1, task)
            put_trial(run, learner, x[0], _targets(labels, task)[0], 0.0)
        loss = float(np.mean(losses))
        run.log(epoch=done, loss=loss, validation_error=error, rate_hz=1e3 * rate)
    test = _error(learner, run.child("test"), CONFIRMED_BY, task)[0]
    return {
        "test_error": test,
        "error_200_to_300": float(np.mean(list(errors.values()))) if errors else test,
        "updates_to_criterion": reached[0] if reached else p.updates + 1.0,
    }


def _targets(labels: np.ndarray, task: tasks.Cues) -> np.ndarray:
    """One-hot, (trials, steps, 2)."""
    return np.repeat(np.eye(2)[labels][:, None], task.steps, axis=1)


def _error(
    learner: eprop.Learner, rng: np.random.Generator, trials: int, task: tasks.Cues
) -> tuple[float, float]:
    """Share of fresh trials answered wrongly, and spikes of a cell in a step."""
    wrong = spikes = 0.0
    for begin in range(0, trials, 64):
        x, labels = tasks.evidence_trials(rng, min(64, trials - begin), task)
        for each, label in zip(x, labels):
            seen = learner.trial(each, np.zeros((task.steps, 2)))
            wrong += seen.y[-learner.constants.window :].mean(axis=0).argmax() != label
            spikes += seen.spikes.mean()
    return wrong / trials, float(spikes / trials)


FORM = "batched"
FIGURES = {
    "learning-curve": figures.evidence_curve,
    "raster": figures.raster,
    "traces": figures.traces,
}
