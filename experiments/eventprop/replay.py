"""The first epoch of the authors' ten kept runs again (Wunderlich, Pehle 2021, their code)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.eventprop import figures
from bioplaus.experiments.eventprop.yin_yang import TEST, TRAIN, shown
from bioplaus.models.eventprop import EventProp, Learner
from bioplaus.parameters import Quantity, parameter
from bioplaus.runs.pages.run import Run

ACCURACY = (0.803, 0.821, 0.807, 0.810, 0.783, 0.797, 0.792, 0.861, 0.825, 0.812)
LOSS = (
    0.580983, 0.560952, 0.580316, 0.534904, 0.558499,
    0.561707, 0.569332, 0.470044, 0.541533, 0.546787,
)  # fmt: skip
"""Of each kept run after an epoch, on the 1,000 published test points; the loss is of samples whose
label cell fired."""


@dataclass(frozen=True)
class Settings(EventProp):
    """Nothing is drawn: weights and orders are the authors'."""

    learning_rate: float = parameter(5e-3, "of Adam", symbol="eta", source="table 1", low=0)
    duration: Quantity = parameter("30 ms", "of the input", source="table 1", low="1 ms")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A kept run a segment."""
    (trains, labels), points = shown(p, *TRAIN), shown(p, *TEST)
    gaps: dict[str, list[float]] = {"accuracy": [], "loss": []}
    run.keep(gaps=gaps)
    for segment in run.segments(len(ACCURACY)):
        seed = segment.number
        learner = Learner(p, np.random.default_rng(seed))
        one, other = (np.random.default_rng(seed) for _ in range(2))  # one seed for both
        learner.set_weights(
            {
                "input_to_hidden": one.normal(1.5, 0.78, (5, 200)),
                "hidden_to_output": other.normal(0.93, 0.1, (200, 3)),
            }
        )
        order = np.arange(len(labels))
        np.random.RandomState(seed).shuffle(order)
        learner.learn(trains.select(order), labels[order])
        found = learner.judge(*points)
        gaps["accuracy"].append(abs(1 - found.error - ACCURACY[seed]))
        gaps["loss"].append(abs(found.loss - LOSS[seed]))
        run.log(accuracy=1 - found.error, loss=found.loss, loss_gap=gaps["loss"][-1])
    return {f"largest_{name}_gap": max(values) for name, values in gaps.items()}


FORM = "event-driven"
FIGURES = {"kept-runs": figures.kept_runs}
