"""A cell learns a train of spikes to order (Anwani and Rajendran 2015, figure 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import tasks
from bioplaus.analysis import gradient_angles, train_correlation
from bioplaus.experiments.normad import figures
from bioplaus.models.normad import Learner, NormAD
from bioplaus.models.normad.parameters import check_network, sizes
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run

EACH = 10
"""Presentations of a segment."""


@dataclass(frozen=True)
class Settings(NormAD):
    """100 Poisson inputs and one cell, from weights of zero."""

    input_rate: Quantity = parameter("10 Hz", "of an input", low="0.1 Hz")
    wanted_rate: Quantity = parameter("20 Hz", "of the train to be learned", low="0.1 Hz")
    shortest: Quantity = parameter("5 ms", "interval of that train", low="0.1 ms")
    presentations: int = parameter(300, "of the same inputs", low=EACH)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Ten presentations a segment; how alike the trains are, and whether they are the same."""
    check_network(p)
    q = quantities(p)
    step = float(q.time_step)
    learner = Learner(p, run.rng)
    chance = float(q.input_rate * q.time_step)
    trains = tasks.poisson_trains(sizes(p)[0], learner.steps, chance, run.rng)
    wanted = tasks.wanted_train(
        learner.steps, step, float(q.wanted_rate), float(q.shortest), run.rng
    )
    seen: dict[str, float] = {}
    run.keep(learner=learner, seen=seen)
    run.live(learner, live)
    for segment in run.segments(p.presentations // EACH):
        if segment.first:
            seen |= angles(learner, trains, wanted, "_at_start")
            run.put_spikes("wanted", step * wanted.step.astype(float), wanted.i)
        for _ in range(EACH):
            found = learner.learn(trains, wanted)
        out = times(learner.spikes(trains, 0)[-1], step)
        alike = train_correlation(out, step * wanted.step.astype(float))
        done = EACH * (segment.number + 1)
        if done in (20, 50):
            seen[f"correlation_at_{done}"] = alike
        onset = segment.number * float(q.duration)
        run.put_spikes("output", onset + out, np.zeros(len(out), int))
        run.log(
            epoch=done,
            correlation=alike,
            output_spikes=float(len(out)),
            hidden_spikes=float(found.spikes[0]) if len(found.spikes) > 1 else 0.0,
        )
    final = learner.judge(trains, wanted)
    out = times(learner.spikes(trains, 0)[-1], step)
    return {
        "correlation": train_correlation(out, step * wanted.step.astype(float)),
        "exact": float(final.exact[0]),
        "wanted_spikes": float(len(wanted.step)),
        "final_hidden_spikes": float(final.spikes[0]) if len(final.spikes) > 1 else 0.0,
        **seen,
        **angles(learner, trains, wanted, ""),
    }


def angles(learner: Learner, trains: Any, wanted: Any, when: str) -> dict[str, float]:
    """Of the output update to the exact gradient of the potentials at the steps with an error.

    None where one of them is zero: the train is exact, or all weights are zero and the potential
    stands on its floor, where it has no derivative.
    """
    minus = {name: -change for name, change in learner.change(trains, wanted).items()}
    gradient = learner.gradient(trains, wanted)
    if not all(each.any() for each in (*minus.values(), *gradient.values())):
        return {}
    found = gradient_angles(minus, gradient)
    return {f"{name}{when}": value for name, value in found.items()}


def times(train: Any, step: float) -> Any:
    """Spike times [s] of a train of one cell."""
    at, _ = train
    return step * np.repeat(np.arange(len(at) - 1), np.diff(at)).astype(float)


def live(p: Settings) -> dict[str, float]:
    """What may be tuned between segments."""
    return {"learning_rate": float(quantities(p).learning_rate)}


FORM = "batched"
FIGURES = {"learning-curve": figures.correlation, "spikes": figures.trains}
