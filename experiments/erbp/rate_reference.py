"""The rate network of the same size, by direct feedback or backpropagation (Neftci 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.erbp.rate_training import RateTraining
from bioplaus.parameters import parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run
from bioplaus.tasks.image_sets import IMAGE_SETS


@dataclass(frozen=True)
class Settings:
    """A network of the size of the spiking one, trained image by image."""

    dataset: str = parameter("mnist", "images", choices=IMAGE_SETS)
    method: str = parameter(
        "dfa", "direct feedback alignment or backpropagation", choices=("dfa", "bp")
    )
    hidden: int = parameter(100, "units in a hidden layer", symbol="N_h", low=1)
    layers: int = parameter(1, "hidden layers of that size", low=1, high=5)
    presentations: int = parameter(500_000, "training images shown, over all passes", low=1)
    evaluations: int = parameter(10, "segments, each ended by a validation", low=1)
    learning_rate: float = parameter(0.003, "learning rate at the start", symbol="eta", low=0)
    final_rate: float = parameter(
        0.03, "learning rate at the end, as a fraction; the decay is linear", low=0, high=1
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Train, validate after each segment, test once in the end."""
    training = RateTraining(p, run, run.load(p.dataset), run.rng)
    for segment in run.segments(p.evaluations):
        run.log(**training.learn(segment))
    return training.finals(run.part)


FORM = "rate reference"
FIGURES = {"learning-curve": learning_curve}
