"""One cell that is to fire at given times, as inputs come in: NormAD."""

from __future__ import annotations

from typing import Any

import numpy as np

from bioplaus.experiments.temporal.tasks import TASKS, examples, wanted_spikes
from bioplaus.models.normad import Learner, NormAD
from bioplaus.models.superspike import SuperSpike
from bioplaus.models.superspike.layer import constants, filtered_error
from bioplaus.runs.pages.run import Run

__all__ = ["Wanted"]

CLOCK = 1e-4
"""[s]."""
RATE = 5e-10
"""Length of the change that one error makes [A], around which the search begins."""


class Wanted:
    """One cell under training."""

    rate = RATE

    def __init__(self, name: str, how: str, rng: np.random.Generator, seed: int) -> None:
        self.name, self.seed, self.task = name, seed, TASKS[name]
        p = NormAD(layers=f"{self.task.inputs}-1", duration=f"{self.task.duration:g} s")
        self.learner = Learner(p, rng)
        times, cells = examples(name, "train", seed).example(0)
        self.x = _trains(times, cells)
        wanted = wanted_spikes(name, seed)
        self.wanted = _trains(wanted, np.zeros(len(wanted), np.int64))
        self.kernel = constants(SuperSpike(time_step="0.1 ms"))

    def learn(self, rows: Any) -> float:
        """One presentation, and the change by all its errors; the distance before it."""
        loss = self._distance()
        self.learner.learn(self.x, self.wanted)
        return loss

    def _distance(self) -> float:
        """Van Rossum's [ms], with the kernel of SuperSpike's layers."""
        wanted, fired = np.zeros((2, self.learner.steps, 1), np.uint8)
        wanted[self.wanted[1]] = 1
        fired[_steps(self.learner.spikes(self.x, 0)[-1])] = 1
        return float(filtered_error(fired, wanted, self.kernel)[1].sum())

    def error(self, part: str) -> float:
        """The distance relative to that of silence."""
        wanted, silent = np.zeros((2, self.learner.steps, 1), np.uint8)
        wanted[self.wanted[1]] = 1
        return self._distance() / float(filtered_error(silent, wanted, self.kernel)[1].sum())

    def directions(self, rows: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Minus the change, and the gradient of the potentials at steps with an error."""
        change = self.learner.change(self.x, self.wanted)
        minus = {name: -each for name, each in change.items()}
        return minus, self.learner.gradient(self.x, self.wanted)

    def multiplications(self, rows: Any) -> float:
        """Products of numbers for a presentation: the way forward, and the traces at each error."""
        fired = set(_steps(self.learner.spikes(self.x, 0)[-1]).tolist())
        errors, spikes = len(fired ^ set(self.wanted[1].tolist())), len(self.x[1])
        return float(6 * self.learner.steps + errors * (spikes + 2 * self.task.inputs))

    def record(self, run: Run, begin: float) -> None:
        """Spikes that come in, fired and wanted ones."""
        run.put_spikes("input", begin + CLOCK * self.x[1], self.x[2])
        for name, steps in (
            ("output", _steps(self.learner.spikes(self.x, 0)[-1])), ("wanted", self.wanted[1]),
        ):  # fmt: skip
            run.put_spikes(name, begin + CLOCK * steps, np.zeros(len(steps), np.int64))


def _trains(times: Any, cells: Any) -> tuple[Any, Any, Any]:
    """Spikes on the clock, as one presentation."""
    return np.array([0, len(times)]), np.round(times / CLOCK).astype(np.int64), cells


def _steps(train: Any) -> Any:
    """Steps of the spikes of one cell."""
    at, _ = train
    return np.repeat(np.arange(len(at) - 1), np.diff(at))
