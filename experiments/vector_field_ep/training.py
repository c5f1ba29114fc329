"""What the mini-batch forms of equilibrium propagation share when they learn images."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from bioplaus import plotting, tasks
from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


class Learner(Protocol):
    """Weights that answer images and can be kept and put back."""

    def error(self, images: Any, labels: Any) -> float:
        """Fraction of wrong answers."""

    def arrays(self) -> dict[str, Any]:
        """Plastic arrays by name."""

    def restore(self, arrays: dict[str, Any]) -> None:
        """Put back what ``arrays`` returned."""


class ImageExperiment(Experiment):
    """One segment an epoch unless a subclass divides it; one reading of the test images."""

    form = "batched"
    quick: ClassVar = {"examples": 5000, "epochs": 1}

    def setup(self) -> None:
        """Load the images and build the learner."""
        p = self.parameters
        self.check()
        self.images = tasks.load(p.dataset)
        self.examples = min(p.examples, len(self.images.train_labels))
        self.learner: Any = self.build()

    @abc.abstractmethod
    def check(self) -> None:
        """Refuse settings that this form cannot have, before images are looked for."""

    @abc.abstractmethod
    def build(self) -> Learner:
        """The learner of this form."""

    def segments(self) -> int:
        """One segment an epoch."""
        return int(self.parameters.epochs)

    def finish(self) -> Mapping[str, float]:
        """Error on the test images."""
        return {"test_error": self.learner.error(*self.images.part("test"))}

    def evaluate(self, dataset: str, part: str) -> Mapping[str, float]:
        """Error of the present weights on another part or set."""
        return {f"{part}_error": self.learner.error(*tasks.load(dataset).part(part))}

    def state(self) -> Mapping[str, Any]:
        """Everything that learns, and the generator."""
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
