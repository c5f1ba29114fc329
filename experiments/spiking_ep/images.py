"""Equilibrium propagation with units that send bits (O'Connor 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.layered.nudging import influence_and_rates, silent_units, warn_of_silent_units
from bioplaus.models import spiking_ep
from bioplaus.models.spiking_ep.parameters import Spiking
from bioplaus.parameters import parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run

PART = 5000
"""Examples of one segment; an epoch of 50,000 takes a minute or more."""

VALIDATED = 1000
"""Validation images after each part."""


@dataclass(frozen=True)
class Settings(Spiking):
    """One hidden layer of 500, binary communication, 100 free and 50 nudged ticks."""

    dataset: str = parameter("mnist", "images to learn", choices=tasks.IMAGE_SETS)
    examples: int = parameter(50_000, "training images, the first of the set", low=1)
    epochs: int = parameter(25, "passes over the training images", source="O'Connor 2019", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Fixed order of examples; validation on some images after every part of an epoch."""
    influence_and_rates(p)  # one for each pair of layers
    images = run.load(p.dataset)
    made = spiking_ep.Learner(p, run.rng)
    run.keep(learner=made)
    examples = min(p.examples, len(images.train_labels))
    parts = -(-examples // PART)
    shown, labels = (part[:VALIDATED] for part in images.part("validation"))
    for segment in run.segments(p.epochs * parts):
        start = segment.number % parts * PART
        order = np.arange(start, min(start + PART, examples))
        training_error = made.train(*images.part("train"), order)
        run.check_finite(made.weights())
        answers = made.answer(shown)
        best = answers.max(axis=0)
        warn_of_silent_units(best, len(shown))
        run.log(
            epoch=(segment.number + 1) / parts,
            validation_error=float(np.mean(answers.argmax(axis=1) != labels)),
            training_error=training_error,
            silent_outputs=len(silent_units(best)),
        )
    return {f"{run.part}_error": made.error(*images.part(run.part))}


FORM = "batched"
FIGURES = {"learning-curve": learning_curve}
