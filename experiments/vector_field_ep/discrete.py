"""Equilibrium propagation in discrete time, in two phases or continually (Ernoult 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus import analysis, tasks
from bioplaus.experiments.vector_field_ep.training import ImageExperiment
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.relatives import Discrete, check_discrete
from bioplaus.parameters import parameter


@dataclass(frozen=True)
class Settings(Discrete):
    """One hidden layer, prototypical discrete time (Ernoult 2019)."""

    dataset: str = parameter("mnist", "images to learn", choices=tasks.IMAGE_SETS)
    examples: int = parameter(50_000, "training images, the first of the set", low=1)
    epochs: int = parameter(30, "passes over the training images", source="Ernoult 2019", low=1)


class VectorFieldEpDiscrete(ImageExperiment):
    """A new random order in each epoch; states start at zero for every batch."""

    Parameters = Settings

    def check(self) -> None:
        """Fields that depend on one another."""
        check_discrete(self.parameters)

    def build(self) -> vector_field_ep.DiscreteLearner:
        """Draw the network."""
        return vector_field_ep.DiscreteLearner(self.parameters, self.rng)

    def advance(self, segment: int) -> Mapping[str, float]:
        """One pass over the training images, then the validation images."""
        learner = self.learner
        order = self.rng.permutation(self.examples)
        train_error = learner.train(*self.images.part("train"), order)
        self.stop_if_not_finite(learner.arrays())
        return {
            "validation_error": learner.error(*self.images.part("validation")),
            "train_error": train_error,
            "angle_to_output": float(
                analysis.alignment_angle(learner.forward[-1], learner.feedback[-1].T)
            ),
        }


EXPERIMENT = VectorFieldEpDiscrete

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
