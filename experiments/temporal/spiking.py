"""The recurrent network of spiking cells, on a clock: e-prop, the gradient through time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.experiments.temporal.tasks import STEP, TASKS, examples, target
from bioplaus.models.eprop import Eprop, Learner
from bioplaus.models.eprop.parameters import Evidence
from bioplaus.runs.pages.run import Run

__all__ = ["Spiking"]

SIZES = {
    "pattern": (100, 0), "evidence": (25, 25), "delayed-match": (20, 30), "randman": (40, 0),
    "yin-yang": (40, 0),
}  # fmt: skip
"""Cells of fixed and of adapting threshold."""
OWN: dict[str, dict[str, Any]] = {
    "delayed-match": {"adaptation": 0.3, "tau_adaptation": "300 ms"},
    "randman": {"truncation": "20 ms"},
    "yin-yang": {"truncation": "20 ms"},
}
"""Where the published constants do not fit: thresholds that follow the cues of half a second."""
RATE = 3e-3
"""Of Adam, around which the search begins."""


def parameters(name: str, feedback: str, rate: float) -> Eprop:
    """The published constants of the two experiments of e-prop."""
    task, (regular, adaptive) = TASKS[name], SIZES[name]
    kind = Evidence if task.classes else Eprop
    p = kind(
        inputs=task.inputs, regular=regular, adaptive=adaptive, outputs=task.outputs,
        feedback=feedback, window=f"{1e3 * task.window:g} ms", optimiser="adam", learning_rate=rate,
    )  # fmt: skip
    return replace(p, **OWN.get(name, {}))


class Spiking:
    """One network under training."""

    rate = RATE

    def __init__(self, name: str, how: str, rng: np.random.Generator, seed: int) -> None:
        self.name, self.seed, self.task = name, seed, TASKS[name]
        self.learner = Learner(parameters(name, how, RATE), rng)

    def shown(self, part: str, rows: Any) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Spikes (trials, steps, inputs) and targets (trials, steps, outputs)."""
        events = examples(self.name, part, self.seed).select(rows)
        x = np.minimum(events.binned(STEP), 1)
        if not self.task.classes:
            return x, target(self.name, self.seed)[None, :, None]
        wanted = np.eye(self.task.outputs)[events.labels]
        return x, np.repeat(wanted[:, None], x.shape[1], axis=1)

    def learn(self, rows: Any) -> float:
        """One update; the loss before it."""
        return float(self.learner.learn(*self.shown("train", rows)).loss)

    def error(self, part: str) -> float:
        """Share of wrong answers, or the squared error relative to that of silence."""
        rows = np.arange(len(examples(self.name, part, self.seed)))
        if not self.task.classes:
            x, wanted = self.shown(part, rows)
            return float(self.learner.trial(x[0], wanted[0]).loss / (0.5 * np.sum(wanted**2)))
        wrong = 0
        for piece in np.array_split(rows, max(1, len(rows) // 100)):
            x, wanted = self.shown(part, piece)
            wrong += np.sum(self.learner.answer(x).argmax(axis=1) != wanted[:, 0].argmax(axis=1))
        return float(wrong / len(rows))

    def directions(self, rows: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the rule descends, and the gradient, both without the regularisation of rates."""
        p = replace(self.learner.p, rate_strength=0.0)
        mine, exact = (
            Learner(replace(p, feedback=how), np.random.default_rng(0))
            for how in (p.feedback, "through time")
        )
        mine.restore(self.learner.state())
        weights = {name: w for name, w in mine.weights().items() if name in exact.weights()}
        exact.set_weights(weights | {"output_to_cells": weights["cells_to_output"].T})
        shown = self.shown("validation", rows)
        return mine.gradients(*shown)[1], exact.gradients(*shown)[1]

    def multiplications(self, rows: Any) -> float:
        """Products of numbers that the factorised form makes for a trial, the way forward too."""
        (cells, outputs) = self.learner.weights()["cells_to_output"].shape
        x, wanted = self.shown("validation", rows)
        steps, into = x.shape[1], x.sum() / len(x)
        fired = np.mean([self.learner.trial(*each).spikes.sum() for each in zip(x, wanted)])
        forward = 3 * steps * cells + steps * outputs + (into + fired) * cells + fired * outputs
        if self.learner.p.feedback == "none":
            return float(forward + fired * outputs + steps * outputs)
        scan = steps * cells * (outputs + 6) + (into + fired) * cells + fired * outputs
        whole = self.learner.p.feedback in ("through time", "truncated")
        return float(forward + scan + (steps * cells**2 if whole else 0))

    def record(self, run: Run, begin: float) -> None:
        """One example of validation: spikes, readout and what it is to be."""
        x, wanted = self.shown("validation", [0])
        seen = self.learner.trial(x[0], wanted[0])
        t = begin + STEP * np.arange(len(x[0]))
        for population, spikes in (("input", x[0]), ("cells", seen.spikes)):
            when, who = np.nonzero(spikes)
            run.put_spikes(population, t[when], who)
        run.put_trace("output", "y", t, seen.y.T, "1")
        run.put_trace("output", "wanted", t, wanted[0].T, "1")
