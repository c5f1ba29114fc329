"""Training of the rate network, for its own page and for the comparison of variants."""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.experiments.error_paths.training import PROBED, angle
from bioplaus.models import erbp
from bioplaus.runs.pages.run import Run, Segment

__all__ = ["RateTraining"]


class RateTraining:
    """A rate network, the order of what it is shown, and how it is judged.

    p : settings of the page ``rate_reference``.
    """

    def __init__(self, p: Any, run: Run, images: Any, rng: np.random.Generator) -> None:
        """Draw the network and the order of the images; the run keeps what learns."""
        self.p, self.run, self.images = p, run, images
        pixels, classes = images.train_raw.shape[1], len(images.classes)
        self.net = erbp.RateNetwork((pixels, *[p.hidden] * p.layers, classes), rng, p.method)
        run.keep(network=self.net)
        count = len(images.train_labels)
        passes = [rng.permutation(count) for _ in range(-(-p.presentations // count))]
        self.order = np.concatenate(passes)[: p.presentations]
        fraction = np.arange(p.presentations) / p.presentations
        self.rates = p.learning_rate * (1 - (1 - p.final_rate) * fraction)

    def learn(self, segment: Segment) -> dict[str, float]:
        """Train on the images of a segment; the metrics of its row."""
        part = segment.of(self.p.presentations)
        rows, labels = self.order[part], self.images.train_labels
        wrong = self.net.train(self.images.train_images[rows], labels[rows], self.rates[part])
        self.run.check_finite(self.net.weights())
        return {
            "epoch": part.stop / len(labels),
            "training_error": wrong / len(rows),
            "validation_error": self.error("validation"),
        }

    def finals(self, part: str) -> dict[str, float]:
        """Error on all test images, and how the rule compares with backpropagation."""
        images, labels = (each[:PROBED] for each in self.images.part("validation"))
        targets = np.eye(len(self.images.classes), dtype=np.float32)[labels]
        return {
            f"{part}_error": self.error(part),
            "angle_to_backpropagation": angle(self.net, images, targets),
            "training_operations": float(self.net.path.products(self.net.net.sizes)),
        }

    def error(self, part: str) -> float:
        """Share of a part that is classified wrongly."""
        images, labels = self.images.part(part)
        return float((self.net.classify(images) != labels).mean())
