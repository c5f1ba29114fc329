"""Layers learn images in batches by one error path (Lillicrap et al. 2016 and others)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.error_paths.training import Training, fitting, images
from bioplaus.models.error_paths import Layers, products
from bioplaus.parameters import parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run
from bioplaus.tasks.image_sets import IMAGE_SETS


@dataclass(frozen=True)
class Settings(Layers):
    """A row with the settings that are given."""

    dataset: str = parameter("digits", "what is learnt", choices=(*IMAGE_SETS, "yin-yang"))
    passes: int = parameter(40, "over the training images", low=1)
    batch: int = parameter(10, "images of an update", low=1)
    final_rate: float = parameter(
        0.03, "step at the end, as a fraction; the decay is linear", low=0, high=1
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a pass, ended by a validation; test once in the end."""
    products(p)  # refuses rows and constants that there are not
    shown = fitting(p, images(p.dataset, run.load))
    training = Training(p, shown, run.rng, passes=p.passes, batch=p.batch, final_rate=p.final_rate)
    run.keep(learner=training.learner)
    run.live(training.learner, lambda now: {"learning_rate": now.learning_rate})
    for turn in run.segments(p.passes):
        wrong = training.learn(turn.number)
        run.check_finite(training.learner.weights())
        validation = training.error("validation")
        run.log(epoch=turn.number + 1, training_error=wrong, validation_error=validation)
    return {
        f"{run.part}_error": training.error(run.part),
        "angle_to_backpropagation": training.angle(),
        "training_operations": float(products(p)),
    }


FORM = "batched"
FIGURES = {"learning-curve": learning_curve}
