"""The exclusive or of two bits in spikes (Anwani and Rajendran 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.normad import figures
from bioplaus.experiments.normad.train_to_order import live
from bioplaus.models.normad import Learner, NormAD
from bioplaus.models.normad.parameters import check_network
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run

EACH = 20
"""Passes over the four patterns of a segment."""


@dataclass(frozen=True)
class Settings(NormAD):
    """A hidden layer of 30 fixed random cells, and one that learns to fire or not."""

    layers: str = parameter("100-30-1", "cells per layer, input first")
    duration: Quantity = parameter("100 ms", "of a presentation", low="1 ms")
    weight_means: str = parameter("0.8, 0", "mean first weight of each projection [nA]")
    weight_spreads: str = parameter("0.8, 1", "its standard deviation [nA]")
    epochs: int = parameter(500, "passes over the four patterns", low=EACH)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Of four patterns those in which the cell fires, or is silent, as it should."""
    check_network(p)
    trains, wanted = tasks.spike_exclusive_or(float(quantities(p).time_step), run.rng)
    learner = Learner(p, run.rng)
    run.keep(learner=learner)
    run.live(learner, live)
    for segment in run.segments(p.epochs // EACH):
        for _ in range(EACH):
            order = run.rng.permutation(4)
            seen = learner.learn(trains.select(order), wanted.select(order))
        run.log(
            epoch=EACH * (segment.number + 1),
            right=right(learner, trains, wanted),
            hidden_spikes=float(seen.spikes[0]) if len(seen.spikes) > 1 else 0.0,
            output_spikes=float(seen.spikes[-1]),
        )
    final = learner.judge(trains, wanted)
    return {
        "final_right": right(learner, trains, wanted),
        "exact": float(final.exact.sum()),
        "final_hidden_spikes": float(final.spikes[0]) if len(final.spikes) > 1 else 0.0,
    }


def right(learner: Learner, trains: Any, wanted: Any) -> float:
    """Patterns in which there is a spike if, and only if, one is wanted."""
    fired = learner.answer(trains)[:, 0] > 0
    return float((fired == (np.diff(wanted.start) > 0)).sum())


FORM = "batched"
FIGURES = {"learning-curve": figures.patterns}
