"""Equilibrium propagation in discrete time, in two phases or continually (Ernoult 2020)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import analysis, plotting, tasks
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.relatives import Discrete
from bioplaus.parameters import parameter
from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(Discrete):
    """One hidden layer, prototypical discrete time (Ernoult 2019)."""

    dataset: str = parameter(
        "mnist", "images to learn", choices=("mnist", "fashion-mnist", "digits")
    )
    examples: int = parameter(50_000, "training images, the first of the set", low=1)
    epochs: int = parameter(30, "passes over the training images", source="Ernoult 2019", low=1)


class VectorFieldEpDiscrete(Experiment):
    """A new random order in each epoch; states start at zero for every batch."""

    Parameters = Settings
    form = "batched"
    quick = {"examples": 5000, "epochs": 1}

    def setup(self) -> None:
        """Load the images and build the learner."""
        self.images = tasks.load(self.parameters.dataset)
        self.examples = min(self.parameters.examples, len(self.images.train_labels))
        self.learner = vector_field_ep.DiscreteLearner(self.parameters, self.rng)

    def segments(self) -> int:
        """One segment an epoch."""
        return int(self.parameters.epochs)

    def advance(self, segment: int) -> Mapping[str, float]:
        """One pass over the training images, then the validation images."""
        images, learner = self.images, self.learner
        order = self.rng.permutation(self.examples)
        train_error = learner.train(images.train_images, images.train_labels, order)
        self.stop_if_not_finite(learner.arrays())
        angle = analysis.alignment_angle(learner.forward[-1], learner.feedback[-1].T)
        return {
            "validation_error": learner.error(images.validation_images, images.validation_labels),
            "train_error": train_error,
            "angle_to_output": float(angle),
        }

    def finish(self) -> Mapping[str, float]:
        """Error on the test images."""
        images = self.images
        return {"test_error": self.learner.error(images.test_images, images.test_labels)}

    def evaluate(self, dataset: str, part: str) -> Mapping[str, float]:
        """Error of the present weights on another part or set."""
        return {f"{part}_error": self.learner.error(*tasks.load(dataset).part(part))}

    def state(self) -> Mapping[str, Any]:
        """Weights and the generator."""
        return {"arrays": self.learner.arrays(), "rng": self.rng.bit_generator.state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        self.learner.restore(state["arrays"])
        self.rng.bit_generator.state = state["rng"]

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curve."""
        figure = plotting.figure()
        axes = figure.subplots()
        for name, label in (("train_error", "training"), ("validation_error", "validation")):
            plotting.learning_curve(
                axes, run.metrics["epoch"], run.metrics[name], label=label, name="error"
            )
        yield "learning-curve", figure


EXPERIMENT = VectorFieldEpDiscrete

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
