"""A spiking network learns images by the effects of its spike trains (Jin 2018, table 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.hm2bp import figures
from bioplaus.experiments.hm2bp.exact import exact_angles
from bioplaus.models import hm2bp
from bioplaus.models.hm2bp.parameters import HybridMacroMicro, check_network, whole_steps
from bioplaus.parameters import ParameterError, parameter
from bioplaus.runs.pages.figures import learning_curve
from bioplaus.runs.pages.run import Run

PIECE = 500
"""Images whose trains are in memory at a time."""

SEEDS = {"train": 0, "validation": 10_000_000, "test": 20_000_000}
"""First seed of the trains of each part: an image has the same train in every epoch."""


@dataclass(frozen=True)
class Settings(HybridMacroMicro):
    """As released."""

    dataset: str = parameter("mnist", "images", choices=("mnist", "mnist-5000", "fashion-mnist"))
    validation: int = parameter(
        10_000, "training images, from the end, kept for validation", low=1, high=59_999
    )
    validated: int = parameter(2000, "validation images looked at in each epoch", low=1)
    most: float = parameter(
        1 / 5.5, "spikes a step of a pixel of full ink", source="code", low=1e-3, high=0.99
    )
    reweighting: bool = parameter(True, "images that were wrong count more", source="code")
    epochs: int = parameter(20, "passes over the training images", low=1)
    aligned: int = parameter(50, "images for the angle to the exact gradient (0: none)", low=0)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """An epoch a segment."""
    check_network(p)
    images = run.load(p.dataset, validation=p.validation)
    if images.train_raw.shape[1] != p.inputs:
        raise ParameterError(
            f"inputs = {p.inputs}, but images of {images.name} have "
            f"{images.train_raw.shape[1]} pixels"
        )
    learner = hm2bp.Learner(p, run.rng)
    weights = np.ones(len(images.train_labels))
    run.keep(learner=learner, weights=weights)
    run.live(learner, live)
    few = Part(p, images, "validation", p.aligned)
    angles: dict[str, float] = {}
    run.keep(angles=angles)
    for segment in run.segments(p.epochs):
        if segment.first:
            angles |= angles_of(p, learner, few, "_at_start")
        order = run.rng.permutation(len(weights))
        share = 1 / np.sqrt(max(segment.number, 1))
        wrong, cost, spikes = learned(p, run, learner, images, order, weights, share)
        if p.reweighting:
            weights[:] = hm2bp.reweighted(weights, wrong, images.train_labels)
        run.check_finite(learner.weights())
        run.log(
            epoch=segment.number + 1,
            training_error=float(wrong.mean()),
            training_cost=cost,
            validation_error=error(p, learner, images, "validation", p.validated),
            **{f"{name}_spikes": float(n) for name, n in zip(LAYERS, spikes, strict=True)},
        )
    return {
        f"{run.part}_error": error(p, learner, images, run.part, None),
        **angles,
        **angles_of(p, learner, few, ""),
    }


LAYERS = ("pixel", "hidden", "output")


class Part:
    """Images of a part with their labels and the seeds of their trains."""

    def __init__(self, p: Settings, images: Any, part: str, count: int | None) -> None:
        """The first ``count`` of a part, or all."""
        self.raw = getattr(images, f"{part}_raw")[:count]
        self.labels = getattr(images, f"{part}_labels")[:count]
        self.seeds = SEEDS[part] + np.arange(len(self.labels))
        self._steps, self._most = whole_steps(p, "presentation"), p.most

    def trains(self, rows: Any) -> tasks.StepTrains:
        """Spike trains of some of them."""
        return tasks.poisson_of_images(self.raw[rows], self._steps, self._most, self.seeds[rows])


def learned(
    p: Settings, run: Run, learner: hm2bp.Learner, images: Any, order: Any, weights: Any, share: Any
) -> tuple[Any, float, Any]:
    """One pass in the given order: which images were wrong, their mean cost, spikes of layers."""
    part, wrong = Part(p, images, "train", None), np.zeros(len(order), np.bool_)
    cost, spikes = 0.0, np.zeros(3)
    for begin in range(0, len(order), PIECE):
        rows = order[begin : begin + PIECE]
        found = learner.learn(part.trains(rows), part.labels[rows], float(share), weights[rows])
        wrong[rows] = found.wrong
        cost += found.cost * len(rows) / len(order)
        spikes += found.spikes * len(rows) / len(order)
        run.progress((begin + len(rows)) / len(order))
    return wrong, cost, spikes


def error(p: Settings, learner: hm2bp.Learner, images: Any, name: str, count: int | None) -> float:
    """Share of a part that is answered wrongly."""
    part, wrong = Part(p, images, name, count), 0
    for begin in range(0, len(part.labels), PIECE):
        rows = np.arange(begin, min(begin + PIECE, len(part.labels)))
        wrong += int(learner.judge(part.trains(rows), part.labels[rows]).wrong.sum())
    return wrong / len(part.labels)


def angles_of(p: Settings, learner: hm2bp.Learner, part: Part, when: str) -> dict[str, float]:
    """Angles to the exact gradient, named by when they were taken."""
    if not p.aligned:
        return {}
    trains = part.trains(np.arange(len(part.labels)))
    found = exact_angles(p, learner, trains, part.labels)
    return {f"{name}{when}": value for name, value in found.items()}


def live(p: HybridMacroMicro) -> dict[str, float]:
    """What may be tuned between epochs."""
    return {"learning_rate": p.learning_rate}


FORM = "batched"
FIGURES = {"learning-curve": learning_curve, "alignment": figures.alignment}
