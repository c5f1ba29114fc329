"""Dendritic microcircuits learn handwritten digits in mini-batches (Sacramento 2018, figure 3).

The two-sweep form that the paper itself uses for images, with its split of MNIST: 55,000 / 5,000 /
10,000.  ``rule`` puts backpropagation or feedback alignment on a network of the same size beside
it; a base rate of 0 freezes an area, and ``base_rates="0 0 0.03"`` is the shallow control.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import analysis
from bioplaus.experiments.sacramento import figures
from bioplaus.models import sacramento
from bioplaus.models.sacramento.parameters import TwoSweep, area_sizes
from bioplaus.neurons.rate_transfer import TRANSFERS
from bioplaus.parameters import ParameterError, parameter
from bioplaus.runs.pages.run import Run, Segment
from bioplaus.tasks.image_sets import IMAGE_SETS

VALIDATION = 5000
PROBED = 500
SATURATED = 0.9
RULES = ("microcircuit", "backpropagation", "feedback alignment")


@dataclass(frozen=True)
class Settings(TwoSweep):
    """Two hidden areas of 500 pyramidal cells, as published."""

    dataset: str = parameter("mnist", "images", choices=IMAGE_SETS)
    images: int = parameter(0, "training images used; 0 means all", low=0)
    epochs: int = parameter(20, "passes over the training images; rates decay to 0", low=1)
    silent_updates: int = parameter(
        0, "updates before learning that, without a teacher, only silence the dendrites", low=0
    )
    rule: str = parameter("microcircuit", "what carries errors down", choices=RULES)
    target_rate: float = parameter(0.8, "rate asked of the right class", source="section 3.4")
    other_rate: float = parameter(0.1, "rate asked of the others", source="section 3.4")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Train, validate after each epoch, test once in the end."""
    training = Training(p, run)
    for segment in run.segments(p.epochs):
        run.log(**training.learn(segment))
    errors = {f"{part}_error": training.error(part) for part in (run.part, "validation")}
    probed = training.probe(0.0)
    return {**errors, "training_operations": training.operations(), **probed}


class Training:
    """A network, the images it learns, and how it is judged."""

    def __init__(self, p: Settings, run: Run) -> None:
        """Load images and draw the network."""
        self.p, self.run = p, run
        sizes = area_sizes(p)
        own_split = VALIDATION if p.dataset in ("mnist", "fashion-mnist") else None
        self.images = run.load(p.dataset, validation=own_split)
        images, labels = self.images.part("train")
        self.shown, self.labels = (x[: p.images or len(x)] for x in (images, labels))
        if (sizes[0], sizes[-1]) != (images.shape[1], len(self.images.classes)):
            raise ParameterError(
                f"areas = {p.areas!r} does not fit {p.dataset}, which has {images.shape[1]} pixels "
                f"and {len(self.images.classes)} classes"
            )
        invert = TRANSFERS[p.transfer].invert
        high, low = float(invert(p.target_rate)), float(invert(p.other_rate))
        self.targets = np.full((sizes[-1], sizes[-1]), low, np.float32)
        np.fill_diagonal(self.targets, high)
        rest = self.targets.mean(axis=0, dtype=float)
        start = (p, run.rng, self.shown[:2000], rest)
        self.network: Any
        if p.rule == "microcircuit":
            self.network = sacramento.TwoSweepNetwork(*start)
        else:
            transposed = p.rule == "backpropagation"
            self.network = sacramento.LayeredNetwork(*start, transposed=transposed)
        run.live(self.network, lambda p: {"base_rates": p.base_rates})
        run.keep(network=self.network)

    def learn(self, segment: Segment) -> dict[str, float]:
        """Learn from every image once, in random order; the metrics of the epoch."""
        p, images, labels = self.p, self.shown, self.labels
        if segment.first and p.rule == "microcircuit":
            self._silence()
        order = self.run.rng.permutation(len(labels))
        batches = [order[b : b + p.batch] for b in range(0, len(order), p.batch)]
        total, wrong = p.epochs * len(batches), 0
        for number, batch in enumerate(batches):
            update = segment.number * len(batches) + number
            taught = self.targets[labels[batch]]
            answers = self.network.learn(images[batch], taught, 1 - update / total)
            wrong += int((answers.argmax(axis=1) != labels[batch]).sum())
            if number % 200 == 0:
                self.run.progress(number / len(batches))
        self.run.check_finite(
            {f"weights area_{k}": w for k, w in enumerate(self.network.forward, start=1)}
        )
        errors = {
            "validation_error": self.error("validation"),
            "training_error": wrong / len(labels),
        }
        return {**errors, **self.probe(1 - (segment.number + 1) / p.epochs)}

    def _silence(self) -> None:
        p, count = self.p, len(self.labels)
        for _ in range(p.silent_updates):
            chosen = self.run.rng.integers(count, size=p.batch)
            self.network.learn_silence(self.shown[chosen])

    def error(self, part: str) -> float:
        """Share of a part that is named wrongly."""
        images, labels = self.images.part(part)
        rows = range(0, len(labels), PROBED)
        answers = [self.network.answer(images[a : a + PROBED]).argmax(axis=1) for a in rows]
        return float((np.concatenate(answers) != labels).mean())

    def operations(self) -> float:
        """Multiplications by a weight that one training image costs, weight changes left out."""
        used: tuple[str, ...] = ("forward", "interneuron", "top_down", "lateral")
        if self.p.rule != "microcircuit":
            used = ("forward", "top_down")
        return float(sum(w.size for name in used for w in getattr(self.network, name)))

    def probe(self, strength: float) -> dict[str, float]:
        """How the circuit is: silence of free dendrites, saturation, angles, interneuron loop."""
        network = self.network
        images, labels = (x[:PROBED] for x in self.images.part("validation"))
        rates = network.upward(images)[0][1:-1]
        saturated = np.mean([np.mean((r < 0.01) | (r > 0.99)) for r in rates])
        if saturated > SATURATED:
            warnings.warn(
                f"{100 * saturated:.0f} % of hidden cells are saturated (rate below 0.01 or above "
                "0.99): that their apical dendrites are silent is then no evidence of health",
                stacklevel=2,
            )
        found = {"saturated_cells": float(saturated)}
        for k, (down, w) in enumerate(zip(network.top_down, network.forward[1:]), start=1):
            found[f"angle_top_down_{k}"] = float(analysis.alignment_angle(down, w.T))
        if self.p.rule != "microcircuit":
            return found
        free = network.sweep(images, None)
        taught = network.sweep(images, self.targets[labels])
        best = network.backpropagated(taught)
        for k, v in enumerate(free.v_apical, start=1):
            rate = taught.rate[k - 1].T
            angle = analysis.alignment_angle(rate @ taught.error[k - 1], rate @ best[k - 1])
            found[f"angle_to_backpropagation_{k}"] = float(angle)
            found[f"free_apical_rms_{k}"] = float(np.sqrt(np.mean(v**2)))
            found[f"interneuron_gain_{k}"] = network.interneuron_gains(strength)[k - 1]
        return found


FORM = "steady state"
FIGURES = {
    "learning-curve": figures.learning_curve,
    "dendrites-and-angles": figures.health,
}
