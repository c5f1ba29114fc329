"""Equilibrium propagation in discrete time, in two phases or continually (Ernoult 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus import analysis, tasks
from bioplaus.models import discrete_ep
from bioplaus.models.discrete_ep.parameters import DiscreteEP, check_discrete
from bioplaus.parameters import parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(DiscreteEP):
    """One hidden layer, prototypical discrete time (Ernoult 2019)."""

    dataset: str = parameter("mnist", "images to learn", choices=tasks.IMAGE_SETS)
    examples: int = parameter(50_000, "training images, the first of the set", low=1)
    validation: int = parameter(
        0, "training images of MNIST kept for validation (0: 10,000)", low=0, high=59_999
    )
    epochs: int = parameter(30, "passes over the training images", source="Ernoult 2019", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A new random order in each epoch; states start at zero for every batch."""
    check_discrete(p)
    images = run.load(p.dataset, validation=p.validation or None)
    made = discrete_ep.Learner(p, run.rng)
    run.keep(learner=made)
    examples = min(p.examples, len(images.train_labels))
    for _ in run.segments(p.epochs):
        training_error = made.train(*images.part("train"), run.rng.permutation(examples))
        run.check_finite(made.weights())
        angle = analysis.alignment_angle(made.forward[-1], made.feedback[-1].T)
        run.log(
            validation_error=made.error(*images.part("validation")),
            training_error=training_error,
            angle_to_output=float(angle),
        )
    return {f"{run.part}_error": made.error(*images.part(run.part))}


FORM = "batched"
FIGURES = {"learning-curve": learning_curve}
