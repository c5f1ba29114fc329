"""Equilibrium propagation with units that send bits (O'Connor 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import plotting, tasks
from bioplaus.models import vector_field_ep
from bioplaus.models.vector_field_ep.relatives import Spiking
from bioplaus.parameters import parameter
from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

PART = 5000
"""Examples of one segment; an epoch of 50,000 takes a minute or more."""


@dataclass(frozen=True)
class Settings(Spiking):
    """One hidden layer of 500, binary communication, 100 free and 50 nudged ticks."""

    dataset: str = parameter(
        "mnist", "images to learn", choices=("mnist", "fashion-mnist", "digits")
    )
    examples: int = parameter(50_000, "training images, the first of the set", low=1)
    epochs: int = parameter(25, "passes over the training images", source="O'Connor 2019", low=1)


class VectorFieldEpSpiking(Experiment):
    """Fixed order of examples; validation on 1,000 images after every part of an epoch."""

    Parameters = Settings
    form = "batched"
    quick = {"examples": 3000, "epochs": 1, "free_steps": 50, "nudged_steps": 20}

    def setup(self) -> None:
        """Load the images and build the learner."""
        self.images = tasks.load(self.parameters.dataset)
        self.examples = min(self.parameters.examples, len(self.images.train_labels))
        self.parts = -(-self.examples // PART)
        self.learner = vector_field_ep.SpikingLearner(self.parameters, self.rng)

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

        images, learner = self.images, self.learner
        start = segment % self.parts * PART
        order = np.arange(start, min(start + PART, self.examples))
        train_error = learner.train(images.train_images, images.train_labels, order)
        self.stop_if_not_finite(learner.arrays())
        some = slice(0, 1000)
        return {
            "validation_error": learner.error(
                images.validation_images[some], images.validation_labels[some]
            ),
            "train_error": train_error,
        }

    def finish(self) -> Mapping[str, float]:
        """Error on the test images."""
        images = self.images
        return {"test_error": self.learner.error(images.test_images, images.test_labels)}

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


EXPERIMENT = VectorFieldEpSpiking

if __name__ == "__main__":
    from bioplaus.cli import main

    raise SystemExit(main(["run", __file__]))
