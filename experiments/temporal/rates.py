"""The recurrent network of rates, which hears counts: RFLO, UORO, the gradient through time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.experiments.temporal.tasks import STEP, TASKS, examples, target
from bioplaus.models.recurrent_gradients import Judge, Learner, RateNetwork, projections
from bioplaus.runs.pages.run import Run

__all__ = ["Rates"]

UNITS, LEAK, GAIN = 50, 0.3, 1.2
RATE = 3e-3
"""Of Adam, around which the search begins."""


class Rates:
    """One network under training."""

    rate = RATE

    def __init__(self, name: str, how: str, rng: np.random.Generator, seed: int) -> None:
        self.name, self.seed, self.task = name, seed, TASKS[name]
        network = RateNetwork.drawn(UNITS, self.task.inputs, self.task.outputs, LEAK, GAIN, rng)
        window = round(self.task.window / STEP) // self.task.bin
        judge = Judge(window, self.task.classes)
        self.learner = Learner(network, how, judge, rng, learning_rate=RATE)

    def shown(self, part: str, rows: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Counts (trials, steps, inputs), for a drive of the order of 1, and targets."""
        events = examples(self.name, part, self.seed).select(rows)
        x = events.binned(STEP * self.task.bin) / np.sqrt(self.task.inputs / 5)
        if not self.task.classes:
            wanted = target(self.name, self.seed)[self.task.bin - 1 :: self.task.bin]
            return x, wanted[None, :, None]
        one_hot = np.eye(self.task.outputs)[events.labels]
        return x, np.repeat(one_hot[:, None], x.shape[1], axis=1)

    def learn(self, rows: Any) -> float:
        """One update; the loss before it."""
        return self.learner.learn(*self.shown("train", rows)).loss

    def error(self, part: str) -> float:
        """Share of wrong answers, or the squared error relative to that of silence."""
        x, wanted = self.shown(part, slice(None))
        if not self.task.classes:
            error, _ = self.learner.judged(self.learner.show(x).y, wanted)
            return float(np.sum(error**2) / np.sum(wanted**2))
        answers = self.learner.answer(x).argmax(axis=1)
        return float(np.mean(answers != wanted[:, 0].argmax(axis=1)))

    def directions(self, rows: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the rule descends, in one draw of its signs, and the gradient."""
        shown, net = self.shown("validation", rows), self.learner.network
        exact = Learner(net, "through time", self.learner.judge, np.random.default_rng(0))
        found = []
        for each in (self.learner, exact):
            kept = each.state()
            gradients = each.gradients(*shown)[1]
            each.restore(kept)
            onto = gradients.get("weights", np.zeros_like(net.weights))
            found.append({**projections(onto, UNITS), "units_to_output": gradients["readout"]})
        return found[0], found[1]

    def multiplications(self, rows: Any) -> float:
        """Products of numbers that the batched form makes for a trial, the way forward too."""
        x, _ = self.shown("validation", rows)
        (heard, units), outputs = self.learner.network.weights.shape, self.task.outputs
        steps, judged = x.shape[1], self.learner.judge.window
        forward = steps * units * (heard + 4) + steps * units * outputs
        if self.learner.rule == "none":
            return float(forward + judged * units * outputs)
        update = steps * units * (heard + 2) + 2 * judged * units * outputs
        local = "local" in self.learner.rule
        return float(forward + update + (0 if local else steps * units * (units + 4)))

    def record(self, run: Run, begin: float) -> None:
        """One example of validation: input spikes, rates, readout and what it is to be."""
        x, wanted = self.shown("validation", [0])
        seen = self.learner.show(x)
        t, i = examples(self.name, "validation", self.seed).example(0)
        run.put_spikes("input", begin + t, i)
        times = begin + STEP * self.task.bin * (1 + np.arange(x.shape[1]))
        run.put_trace("cells", "a", times, seen.a[:, 0].T, "1")
        run.put_trace("output", "y", times, seen.y[:, 0].T, "1")
        run.put_trace("output", "wanted", times, wanted[0].T, "1")
