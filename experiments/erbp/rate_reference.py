"""The rate network of the same size, by direct feedback or backpropagation (Neftci 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus.parameters import parameter
from bioplaus.tasks.image_sets import IMAGE_SETS
from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


PROBED = 500
"""Validation images over which the angle to backpropagation is taken."""


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


class ErbpRateReference(Experiment):
    """Train, validate after each segment, test once in the end."""

    Parameters = Settings
    form = "rate reference"
    quick = {"presentations": 20_000, "evaluations": 2}

    def setup(self) -> None:
        """Draw the network and the order of the images."""
        import numpy as np

        from bioplaus import tasks
        from bioplaus.models.erbp import rate_reference

        p = self.parameters
        self.data = tasks.load(p.dataset)
        pixels, classes = self.data.train_raw.shape[1], len(self.data.classes)
        sizes = (pixels, *[p.hidden] * p.layers, classes)
        self.net = rate_reference.RateNetwork(sizes, self.rng, p.method)
        passes = -(-p.presentations // len(self.data.train_labels))
        shuffled = [self.rng.permutation(len(self.data.train_labels)) for _ in range(passes)]
        self.order = np.concatenate(shuffled)[: p.presentations]
        fraction = np.arange(p.presentations) / p.presentations
        self.rates = p.learning_rate * (1 - (1 - p.final_rate) * fraction)

    def segments(self) -> int:
        """One segment for each validation."""
        return int(self.parameters.evaluations)

    @property
    def epoch(self) -> float:
        """Passes over the training images so far."""
        return float(self._until(self.segment + 1) / len(self.data.train_labels))

    def advance(self, segment: int) -> Mapping[str, float]:
        """Train on the next images, then validate."""
        shown = slice(self._until(segment), self._until(segment + 1))
        rows = self.order[shown]
        wrong = self.net.train(
            self.data.train_images[rows], self.data.train_labels[rows], self.rates[shown]
        )
        self.stop_if_not_finite(
            {f"weights layer{n}": w for n, w in enumerate(self.net.weights, start=1)}
        )
        return {"training_error": wrong / len(rows), "validation_error": self._error("validation")}

    def finish(self) -> Mapping[str, float]:
        """Error on all test images, and how the rule compares with backpropagation."""
        return {
            "test_error": self._error("test"),
            "angle_to_backpropagation": self._angle(),
            "training_operations": self._operations(),
        }

    def _angle(self) -> float:
        """Angle [degrees] of the hidden updates to backpropagation's, on validation images."""
        import numpy as np

        from bioplaus.analysis import alignment_angle

        images, labels = (part[:PROBED] for part in self.data.part("validation"))
        ours, best = (
            np.concatenate([u.ravel() for u in self.net.hidden_updates(images, labels, method)])
            for method in (self.parameters.method, "bp")
        )
        return float(alignment_angle(ours, best))

    def _operations(self) -> float:
        """Multiplications by a weight that one training image costs, weight changes left out."""
        net = self.net
        down = net.feedback if self.parameters.method == "dfa" else net.weights[1:]
        return float(sum(w.size for w in (*net.weights, *down)))

    def state(self) -> Mapping[str, Any]:
        """Weights and biases; the feedback is drawn again from the seed."""
        return {
            **{f"w{n}": w for n, w in enumerate(self.net.weights)},
            **{f"b{n}": b for n, b in enumerate(self.net.biases)},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take weights and biases up again."""
        for n, (w, b) in enumerate(zip(self.net.weights, self.net.biases, strict=True)):
            w[:], b[:] = state[f"w{n}"], state[f"b{n}"]

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """The learning curve."""
        from bioplaus.experiments.erbp import figures as draw

        yield "learning-curve", draw.learning_curve(run)

    def _until(self, segment: int) -> int:
        p = self.parameters
        return int(segment * p.presentations // p.evaluations)

    def _error(self, part: str) -> float:
        images, labels = self.data.part(part)
        return float((self.net.classify(images) != labels).mean())


EXPERIMENT = ErbpRateReference

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
