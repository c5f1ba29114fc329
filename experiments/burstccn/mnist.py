"""Burst-multiplexed feedback learns handwritten digits in one phase (Greedy 2022, figure 5).

Angles of the whole update are those at 1,000 validation images after an epoch.  The follow-up of
the same group plots others: those of the first layer's update at the first mini-batch of an epoch,
before it is learnt, their mean over the first fifty epochs.  These are
``first_layer_angle_to_backpropagation`` and ``first_layer_angle_to_feedback_alignment``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus import analysis, plotting, tasks
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import Discrete, check_discrete
from bioplaus.parameters import parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run, Segment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


PLOTTED_EPOCHS = 50
"""Epochs over which the follow-up averages the angles of the first layer."""


@dataclass(frozen=True)
class Settings(Discrete):
    """Three hidden layers, random fixed Y and Q = p_b Y."""

    dataset: str = parameter("mnist", "images to learn", choices=tasks.IMAGE_SETS)
    epochs: int = parameter(50, "passes over the training images", low=1)
    final_rate: float = parameter(
        1.0, "learning rate at the end, as a fraction; the decay is linear", low=0, high=1
    )
    rule: str = parameter(
        "burstccn",
        "what moves W; the other two are linear controls of equal size",
        choices=("burstccn", "feedback alignment", "backpropagation"),
    )
    twin: bool = parameter(
        False, "train a feedback-alignment network of the same weights beside it"
    )
    standardise: bool = parameter(
        False, "inputs less 0.131, over 0.308", source="Greedy 2022, released code"
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Train, with the angles of the update to its references; test once in the end."""
    check_discrete(p)
    training = Training(p, run)
    for segment in run.segments(p.epochs):
        run.log(**training.learn(segment))
    return training.finals(run.part)


class Training:
    """A network, perhaps with a twin that learns by feedback alignment beside it."""

    def __init__(self, p: Settings, run: Run) -> None:
        """Load the images and draw the network."""
        self.p, self.run = p, run
        self.images = run.load(p.dataset)
        pixels, classes = self.images.train_images.shape[1], len(self.images.classes)
        self.network = burstccn.BatchedNetwork(p, pixels, classes, run.rng)
        run.keep(weights=self.network)
        run.live(self.network, lambda p: {"learning_rate": p.learning_rate})
        self.first_layer: dict[str, list[float]] = {}
        run.keep(first_layer=self.first_layer)
        self.twin = None
        if p.twin:
            self.twin = burstccn.BatchedNetwork(p, pixels, classes, run.rng)
            self.twin.restore(self.network.state())
            run.keep(twin=self.twin)

    def learn(self, segment: Segment) -> dict[str, float]:
        """One pass over the training images in random order; the metrics of the epoch."""
        p, network = self.p, self.network
        images = self._inputs(self.images.train_images)
        targets = np.eye(len(self.images.classes), dtype=network.dtype)[self.images.train_labels]
        order = self.run.rng.permutation(len(images))
        self._look_at_first_layer(images[order[: p.batch]], targets[order[: p.batch]])
        squares = 0.0
        for first in range(0, len(images), p.batch):
            batch = order[first : first + p.batch]
            done = (segment.number + first / len(images)) / p.epochs
            share = 1 - (1 - p.final_rate) * done
            output = self._learn(images[batch], targets[batch], share)
            squares += float(np.square(output - targets[batch]).sum())
            if first % (100 * p.batch) == 0:
                self.run.progress(first / len(images))
        self.run.check_finite({f"W layer_{k}": w for k, w in enumerate(network.W, 1)})
        return {
            "validation_error": self._error("validation"),
            "train_loss": squares / targets.size,
            **self._angles(),
            **{name: angles[-1] for name, angles in self.first_layer.items()},
        }

    def _learn(self, x: Any, target: Any, share: float) -> Any:
        if self.twin is not None:
            self._learn_linear(self.twin, self.twin.Y, x, target, share)
        if self.p.rule == "burstccn":
            return self.network.learn(x, target, share)
        backwards = self.p.rule == "backpropagation"
        down = self.network.W[1:] if backwards else self.network.Y
        return self._learn_linear(self.network, down, x, target, share)

    def _learn_linear(self, network: Any, down: Any, x: Any, target: Any, share: float) -> Any:
        p, output = self.p, network.forward(x)
        rate = self.network.learning_rate * share
        # dW of the bursts is p_b kappa times the gradient; the controls take the same step.
        network.update(network.references(target, down), rate * p.baseline * p.error_scale)
        return output

    def _inputs(self, images: Any) -> Any:
        return (images - 0.131) / 0.308 if self.p.standardise else images

    def _error(self, part: str, network: Any = None) -> float:
        images, labels = self.images.part(part)
        output = (network or self.network).forward(self._inputs(images))
        return float((output.argmax(axis=1) != labels).mean())

    def _look_at_first_layer(self, images: Any, targets: Any) -> None:
        """Angles of the first layer's update at a batch, without noise; nothing learns."""
        changes, references = self._errors(images, targets)
        for name, reference in references.items():
            angle = self._angle(changes[:1], reference[:1])
            self.first_layer.setdefault(f"first_layer_{name}", []).append(angle)

    def _angles(self) -> dict[str, float]:
        """Angles [degrees] of the whole update, at the first 1,000 validation images."""
        network = self.network
        images, labels = self.images.part("validation")
        target = np.eye(len(self.images.classes), dtype=network.dtype)[labels[:1000]]
        changes, references = self._errors(images[:1000], target)
        cancelling = network.Q or [self.p.baseline * y for y in network.Y]
        return {
            **{name: self._angle(changes, reference) for name, reference in references.items()},
            "angle_q_to_y": float(
                analysis.alignment_angle(
                    np.concatenate([q.ravel() for q in cancelling]),
                    np.concatenate([y.ravel() for y in network.Y]),
                )
            ),
        }

    def _errors(self, images: Any, target: Any) -> tuple[Any, dict[str, Any]]:
        """What moves every layer, and what backpropagation and feedback alignment would."""
        network = self.network
        network.forward(self._inputs(images))
        references = {
            "angle_to_backpropagation": network.references(target, network.W[1:]),
            "angle_to_feedback_alignment": network.references(target, network.Y),
        }
        if self.p.rule == "feedback alignment":
            return references["angle_to_feedback_alignment"], references
        return network.changes(target), references

    def _angle(self, ours: Any, theirs: Any) -> float:
        updates = [
            np.concatenate([(d.T @ e).ravel() for d, e in zip(each, self.network.e)])
            for each in (ours, theirs)
        ]
        return float(analysis.alignment_angle(*updates))

    def finals(self, part: str) -> dict[str, float]:
        """Error on the test images, and the last angles."""
        figures = {f"{part}_error": self._error(part), **self._angles()}
        figures |= {
            name: float(np.mean(angles[:PLOTTED_EPOCHS]))
            for name, angles in self.first_layer.items()
        }
        figures["training_operations"] = self._operations()
        if self.twin is not None:
            figures[f"twin_{part}_error"] = self._error(part, self.twin)
            above = figures[f"{part}_error"] - figures[f"twin_{part}_error"]
            figures["error_above_twin"] = above
        return figures

    def _operations(self) -> float:
        """Multiplications by a weight that one training image costs, weight changes left out.

        Bursts come down through Y, events through Q; a linear control sends one signal down.
        """
        network, bursts = self.network, self.p.rule == "burstccn"
        down = sum(y.size for y in network.Y)
        return float(sum(w.size for w in network.W) + (2 * down if bursts else down))


def angles(run: RunReader) -> Figure:
    """Angles of the update to two others over learning, of all layers or the first, and of Q."""
    figure = plotting.figure()
    axes = figure.subplots()
    for name, label in (
        ("first_layer_angle_to_backpropagation", "backpropagation, layer 1"),
        ("angle_to_backpropagation", "backpropagation, all"),
        ("first_layer_angle_to_feedback_alignment", "feedback alignment, layer 1"),
        ("angle_to_feedback_alignment", "feedback alignment, all"),
        ("angle_q_to_y", "Q to Y"),
    ):
        plotting.learning_curve(
            axes, run.metrics["epoch"], run.metrics[name], label=label, name="angle (°)"
        )
    return figure


FORM = "batched"
FIGURES = {"learning-curve": learning_curve, "angles": angles}
