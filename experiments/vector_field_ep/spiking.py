"""Equilibrium propagation with units that send bits (O'Connor 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus import tasks
from bioplaus.experiments.vector_field_ep.training import ImageExperiment
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.parameters import learning_rates
from bioplaus.models.vector_field_ep.relatives import Spiking
from bioplaus.parameters import parameter

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


class VectorFieldEpSpiking(ImageExperiment):
    """Fixed order of examples; validation on 1,000 images after every part of an epoch."""

    Parameters = Settings
    quick = {"examples": 3000, "epochs": 1, "free_steps": 50, "nudged_steps": 20}

    def check(self) -> None:
        """One learning rate for each pair of layers."""
        learning_rates(self.parameters)

    def build(self) -> vector_field_ep.SpikingLearner:
        """Draw the network."""
        return vector_field_ep.SpikingLearner(self.parameters, self.rng)

    @property
    def parts(self) -> int:
        """Segments of an epoch."""
        return -(-self.examples // PART)

    def segments(self) -> int:
        """One segment for each part of an epoch."""
        return int(self.parameters.epochs) * self.parts

    @property
    def epoch(self) -> float:
        """Passes over the training images so far."""
        return (self.segment + 1) / self.parts

    def advance(self, segment: int) -> Mapping[str, float]:
        """One part of an epoch, then some validation images."""
        import numpy as np

        learner = self.learner
        start = segment % self.parts * PART
        order = np.arange(start, min(start + PART, self.examples))
        train_error = learner.train(*self.images.part("train"), order)
        self.stop_if_not_finite(learner.arrays())
        images, labels = (part[:VALIDATED] for part in self.images.part("validation"))
        answers = learner.answers(images)
        best = answers.max(axis=0)
        vector_field_ep.warn_of_silent_units(best, len(images))
        return {
            "validation_error": float(np.mean(answers.argmax(axis=1) != labels)),
            "train_error": train_error,
            "silent_outputs": len(vector_field_ep.silent_units(best)),
        }


EXPERIMENT = VectorFieldEpSpiking

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
