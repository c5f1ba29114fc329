"""Layers of spiking cells from event to event, judged by the first spike of a class: EventProp."""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.experiments.temporal.tasks import TASKS, examples
from bioplaus.models.eventprop import EventProp, Learner
from bioplaus.parameters import replace
from bioplaus.runs.pages.run import Run
from bioplaus.tasks import SpikeTrains

__all__ = ["Exact"]

HIDDEN = 100
RATE = 5e-3
"""Of Adam, around which the search begins."""
WEIGHTS = {"yin-yang": ("1.5, 1.2", "0.78, 0.2"), "randman": ("0.5, 1.2", "0.5, 0.2")}
"""Means and spreads of the first weights: hidden and output cells must fire."""


class Exact:
    """One network under training."""

    rate = RATE

    def __init__(self, name: str, how: str, rng: np.random.Generator, seed: int) -> None:
        self.name, self.seed, self.task = name, seed, TASKS[name]
        means, spreads = WEIGHTS[name]
        p = EventProp(
            layers=f"{self.task.inputs}-{HIDDEN}-{self.task.outputs}", feedback=how,
            weight_means=means, weight_spreads=spreads, learning_rate=RATE, batch=self.task.batch,
        )  # fmt: skip
        self.p, self.learner = p, Learner(p, rng)

    def shown(self, part: str, rows: Any) -> tuple[SpikeTrains, Any]:
        """Spike trains and labels."""
        events = examples(self.name, part, self.seed).select(rows)
        return events.spikes, events.labels

    def learn(self, rows: Any) -> float:
        """One update; the mean loss before it."""
        trains, labels = self.shown("train", rows)
        return float(self.learner.learn(trains, labels).loss)

    def error(self, part: str) -> float:
        """Share of examples in which the class is not the first to fire."""
        return float(self.learner.judge(*self.shown(part, slice(None))).error)

    def directions(self, rows: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the rule descends, and the gradient."""
        exact = Learner(replace(self.p, {"feedback": "transposed"}), np.random.default_rng(0))
        exact.set_weights(self.learner.weights())
        shown = self.shown("validation", rows)
        return self.learner.gradient(*shown), exact.gradient(*shown)

    def multiplications(self, rows: Any) -> float:
        """Products of numbers made for an example: cells times events, forwards and backwards."""
        trains, labels = self.shown("validation", rows)
        total = 0.0
        for n in range(len(labels)):
            layers = self.learner.spikes(trains, n)
            for below, here, cells in zip(layers, layers[1:], (HIDDEN, self.task.outputs)):
                fired = len(set(here.i.tolist()))
                total += len(below.t) * (5 * cells + 7 * fired)
        return total / len(labels)

    def record(self, run: Run, begin: float) -> None:
        """One example of validation: spikes of all layers."""
        trains, _ = self.shown("validation", [0])
        for name, spikes in zip(("input", "cells", "output"), self.learner.spikes(trains, 0)):
            run.put_spikes(name, begin + spikes.t, spikes.i)
