"""The tasks, as every network is shown them: spikes in time, and what is wanted in the end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus import tasks
from bioplaus.tasks import Events, SpikeTrains

__all__ = ["STEP", "TASKS", "Task", "examples", "target", "wanted_spikes"]

STEP = 1e-3
"""Clock of the tasks [s]."""

PARTS = {"train": 101, "validation": 102, "test": 103}
"""Seeds of what is drawn for all rules and all seeds alike."""


@dataclass(frozen=True)
class Task:
    """What is shown, equally often to all rules.

    about : for the table.  window [s] : end of an example in which the answer is judged.  outputs :
    classes, or 1 for a pattern.  counts : examples for training, validation and test; shown :
    examples that a rule sees in all, in batches.  bin : steps of the clock that are one step of a
    network of rates.  make : (examples, generator) to events.
    """

    about: str
    inputs: int
    outputs: int
    duration: float
    window: float
    counts: tuple[int, int, int]
    shown: int
    batch: int
    bin: int
    make: Callable[[int, Any], Events]

    @property
    def classes(self) -> bool:
        """Whether classes are told apart, or a pattern is drawn."""
        return self.outputs > 1

    @property
    def updates(self) -> int:
        """Of a whole training."""
        return self.shown // self.batch


def _noise(_count: int, rng: Any) -> Events:
    return Events.of_steps(tasks.frozen_noise(rng, 100, 1000)[None], STEP)


CUES = tasks.Cues(cues=5, gap=25, cue=50, delay=300, recall=100)


def _cues(count: int, rng: Any) -> Events:
    spikes, labels = tasks.evidence_trials(rng, count, CUES)
    return Events.of_steps(spikes, STEP, labels)


def _match(count: int, rng: Any) -> Events:
    return tasks.delayed_match(rng, count, delay=0.2)


def _yin_yang(count: int, rng: Any) -> Events:
    points, labels = tasks.yin_yang_points(count, rng)
    trains = tasks.latency_of_points(points, 0.05, bias=STEP)
    later = SpikeTrains(trains.start, np.maximum(trains.t, STEP), trains.i)
    return Events(later, labels, 5, 0.07)


def _manifolds(count: int, rng: Any) -> Events:
    """All parts at once: the manifolds are the same, the points on them are not."""
    made = tasks.randman(rng, classes=5, samples=count // 5, units=20, duration=0.05)
    return Events(made.spikes, made.labels, made.size, 0.07)


TASKS = {
    "pattern": Task(
        "frozen noise of 100 inputs for 1 s; a mixture of four sines is to come out",
        100, 1, 1.0, 1.0, (1, 1, 1), 200, 1, 10, _noise,
    ),
    "evidence": Task(
        "five cues left or right, 0.3 s without, then the question which side had more",
        40, 2, CUES.steps * STEP, 0.1, (2000, 200, 1000), 4000, 20, 10, _cues,
    ),
    "delayed-match": Task(
        "two cues of 0.1 s, 0.2 s between them, then the question whether they were the same",
        30, 2, 0.5, 0.1, (2000, 200, 1000), 4000, 20, 10, _match,
    ),
    "randman": Task(
        "five random smooth curves in the spike times of 20 inputs, within 50 ms",
        20, 5, 0.07, 0.03, (2000, 500, 1000), 10000, 20, 2, _manifolds,
    ),
    "yin-yang": Task(
        "points as spike times of 4 inputs within 50 ms, three classes",
        5, 3, 0.07, 0.03, (3000, 500, 2000), 12000, 20, 2, _yin_yang,
    ),
}  # fmt: skip


@functools.lru_cache(maxsize=8)
def examples(name: str, part: str, seed: int) -> Events:
    """The examples of a part; those of the pattern are of a seed, and the same in all parts."""
    task = TASKS[name]
    if not task.classes:
        return task.make(1, np.random.default_rng(seed))
    if name == "randman":
        whole = task.make(sum(task.counts), np.random.default_rng(PARTS["train"]))
        begin = np.cumsum((0, *task.counts))[list(PARTS).index(part)]
        return whole.select(np.arange(begin, begin + task.counts[list(PARTS).index(part)]))
    count = task.counts[list(PARTS).index(part)]
    return task.make(count, np.random.default_rng(PARTS[part]))


def target(name: str, seed: int) -> NDArray[np.float64]:
    """The pattern of a seed, (steps,), as the clock of the task has it."""
    steps = round(TASKS[name].duration / STEP)
    return tasks.sine_mixture(np.random.default_rng((seed, 1)), steps)


def wanted_spikes(name: str, seed: int) -> NDArray[np.float64]:
    """Wanted spike times [s]: of the output of a class, or those that encode the pattern.

    A pattern becomes a spike whenever the sum over time of 1 + its value passes one more twentieth.
    """
    task = TASKS[name]
    if task.classes:
        return task.duration - np.array([0.015, 0.005])
    passed = np.floor(20 * STEP * np.cumsum(1 + target(name, seed)))
    return np.asarray(STEP * (1 + np.flatnonzero(np.diff(passed))))
