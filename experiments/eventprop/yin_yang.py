"""Exact gradients of first spike times learn Yin-Yang (Wunderlich and Pehle 2021, figure 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus import tasks
from bioplaus.experiments.eventprop import figures
from bioplaus.experiments.eventprop.training import decayed, exact_angles, follow, metrics
from bioplaus.models.eventprop import EventProp, Learner
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run

TRAIN, VALIDATION, TEST = (5000, 42), (1000, 41), (1000, 40)
"""Points and seeds of the published sets."""

FRESH = (10_000, 7)
"""Points of the test: the published thousand are half a per cent easier."""


@dataclass(frozen=True)
class Settings(EventProp):
    """As published."""

    duration: Quantity = parameter("30 ms", "of the input", source="table 1", low="1 ms")
    points: int = parameter(5000, "training points", low=1, high=5000)
    epochs: int = parameter(100, "passes over the training points", source="table 1", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """An epoch a segment; tested on 10,000 fresh points, and on the published thousand."""
    learner = Learner(p, run.rng)
    (trains, labels), held = shown(p, *TRAIN), shown(p, *VALIDATION)
    run.keep(learner=learner)
    run.live(learner, live)
    at_start: dict[str, float] = {}
    run.keep(at_start=at_start)
    for segment in run.segments(p.epochs):
        if segment.first and p.feedback == "random":
            at_start |= exact_angles(p, learner, *held)
        order = run.rng.permutation(p.points)
        seen = learner.learn(trains.select(order), labels[order], decayed(p, segment.number))
        follow(run, learner, *held, segment.number)
        run.log(epoch=segment.number + 1, **metrics(seen, learner.judge(*held)))
    fresh, published = learner.judge(*shown(p, *FRESH)), learner.judge(*shown(p, *TEST))
    return {
        "test_error": fresh.error,
        "published_test_error": published.error,
        "published_test_loss": published.loss,
        **{f"{name}_at_start": value for name, value in at_start.items()},
        **(exact_angles(p, learner, *held) if p.feedback == "random" else {}),
    }


def shown(p: Any, count: int, seed: int) -> tuple[tasks.SpikeTrains, Any]:
    """Spike trains and labels of one of the sets."""
    points, labels = tasks.published_yin_yang(count, seed)
    return tasks.latency_of_points(points, float(quantities(p).duration)), labels


def live(p: Settings) -> dict[str, float]:
    """What may be tuned between epochs."""
    return {"learning_rate": p.learning_rate}


FORM = "event-driven"
FIGURES = {
    "learning-curve": figures.learning_curve,
    "spikes": figures.spikes_through_training,
    "activity": figures.activity,
    "grazing": figures.grazing,
}
