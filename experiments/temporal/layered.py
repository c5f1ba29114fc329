"""Layers of spiking cells that are to fire at given times: SuperSpike."""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.experiments.superspike.exact import Train, exact_gradient
from bioplaus.experiments.temporal.tasks import TASKS, examples, wanted_spikes
from bioplaus.models.superspike import Learner, SuperSpike
from bioplaus.models.superspike.layer import filtered_error
from bioplaus.parameters import replace
from bioplaus.runs.pages.run import Run

__all__ = ["Layered"]

HIDDEN = 50
CLOCK, FINE = 5e-4, 1e-4
"""Of training, and of what is held against the gradient [s]."""
RATE = 0.5
"""Largest step of a weight [mV], around which the search begins."""
SPREAD = {"pattern": "40 mV", "randman": "100 mV", "yin-yang": "150 mV"}
"""Of the first weights, for hidden cells that fire: inputs of two tasks fire once."""


class Layered:
    """One network under training."""

    rate = RATE

    def __init__(self, name: str, how: str, rng: np.random.Generator, seed: int) -> None:
        self.name, self.seed, self.task = name, seed, TASKS[name]
        layers = f"{self.task.inputs}-{HIDDEN}-{self.task.outputs}"
        p = SuperSpike(
            layers=layers, time_step="0.5 ms", feedback=how, first_spread=SPREAD[name],
            learning_rate=f"{RATE} mV",
        )  # fmt: skip
        self.learner = Learner(p, rng)
        self.times = wanted_spikes(name, seed)
        steps = round(self.task.duration / CLOCK)
        silent, wanted = np.zeros((2, steps, 1), np.uint8)
        wanted[np.round(self.times / CLOCK).astype(int) - 1] = 1
        self._template, silence = filtered_error(silent, wanted, self.learner.constants)
        self._silence = float(silence.sum())

    def shown(self, part: str, rows: Any, clock: float = CLOCK) -> tuple[Any, Any, Any]:
        """Spikes (trials, steps, inputs), wanted ones (trials, steps, outputs), and labels."""
        events = examples(self.name, part, self.seed).select(rows)
        x = np.minimum(events.binned(clock), 1)
        wanted = np.zeros((*x.shape[:2], self.task.outputs), np.uint8)
        labels = events.labels if self.task.classes else np.zeros(len(x), np.int64)
        for each, label in zip(wanted, labels):
            each[np.round(self.times / clock).astype(int) - 1, label] = 1
        return x, wanted, labels

    def learn(self, rows: Any) -> float:
        """One update; the mean van Rossum distance before it."""
        x, wanted, _ = self.shown("train", rows)
        loss, sums = 0.0, dict.fromkeys(self.learner.learning(), 0.0)
        for each, spikes in zip(x, wanted):
            seen = self.learner.show(each, spikes)
            loss += float(seen.loss.sum()) / len(x)
            found = self.learner.gradients(seen)
            sums = {name: sums[name] + gradient / len(x) for name, gradient in found.items()}
        self.learner.descend(sums)
        return loss

    def error(self, part: str) -> float:
        """Share of wrong answers, the class being that whose output is nearest to the wanted
        spikes, or the distance from these relative to that of silence."""
        x, wanted, labels = self.shown(part, slice(None))
        if not self.task.classes:
            return float(self.learner.show(x[0], wanted[0]).loss.sum() / self._silence)
        nothing, wrong = np.zeros_like(wanted[0]), 0
        for each, label in zip(x, labels):
            answer = -self.learner.show(each, nothing).error
            wrong += int(label != (self._template * answer).sum(axis=0).argmax())
        return wrong / len(x)

    def directions(self, rows: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the rule descends, and the gradient of the distance, of the same layers without a
        clock; that of the rule is made finer, so that the spikes are nearly those of the other."""
        p = replace(self.learner.p, {"time_step": f"{1e3 * FINE:g} ms"})
        fine = Learner(p, np.random.default_rng(0))
        fine.restore(self.learner.state())
        events = examples(self.name, "validation", self.seed).select(rows)
        x, wanted, labels = self.shown("validation", rows, FINE)
        names = self.learner.learning()
        weights = self.learner.weights()
        mine, exact = ({name: 0 * weights[name] for name in names} for _ in range(2))
        for n, label in enumerate(labels):
            seen = fine.gradients(fine.show(x[n], wanted[n]))
            times = Train(self.times, np.full(len(self.times), label))
            found = exact_gradient(
                self.learner.p, weights, Train(*events.example(n)), times,
                self.task.duration,
            )[1]  # fmt: skip
            mine = {name: mine[name] - seen[name] for name in names}
            exact = {name: exact[name] + found[name] for name in names}
        return mine, exact

    def multiplications(self, rows: Any) -> float:
        """Products of numbers that the factorised form makes for a trial, the way forward too."""
        total = 0.0
        heard = self.task.inputs
        for cells in (HIDDEN, self.task.outputs):
            forward, update = 2 * heard + 4 * cells, (heard + self.task.outputs + 1) * cells
            if cells == self.task.outputs or self.learner.p.feedback != "none":
                forward += update
            total += round(self.task.duration / CLOCK) * forward
            heard = cells
        return total

    def record(self, run: Run, begin: float) -> None:
        """One example of validation: spikes of all layers, and the wanted ones."""
        x, wanted, _ = self.shown("validation", [0])
        seen = self.learner.show(x[0], wanted[0])
        layers = (("input", x[0]), ("cells", seen.layers[0].z), ("output", seen.layers[-1].z))
        for population, spikes in (*layers, ("wanted", wanted[0])):
            when, who = np.nonzero(spikes)
            run.put_spikes(population, begin + CLOCK * (when + 1), who)
