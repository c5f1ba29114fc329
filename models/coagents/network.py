"""A hidden layer of Bernoulli units and one that acts, each with a policy of its own.

    p = sigmoid(x w),   u = 1 with probability p,   score = d ln P(u)/dw = x (u - p)

The rest of the network is part of a unit's world: only the reward is told to all, and the step of
each is rate x (reward - baseline) x score.  Unclocked, a hidden unit runs in a step with some
probability and otherwise keeps its output; it learns from those steps alone in which it ran.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Coagents", "Outcome"]

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Outcome:
    """One way in which an episode goes: action 0 or 1, and the scores of the hidden units'
    weights (inputs, hidden) and of the acting unit's (hidden + 1, 1)."""

    action: int
    hidden: Floats
    acting: Floats

    @property
    def score(self) -> Floats:
        """Both flat, the hidden units' first."""
        return np.concatenate([self.hidden.ravel(), self.acting.ravel()])


@dataclass(frozen=True)
class Coagents:
    """Weights, (pre, post), which learn in place.

    hidden : (inputs, hidden); acting : (hidden + 1, 1), its bias last; steps : of an episode;
    running : probability that a hidden unit runs in one of them.
    """

    hidden: Floats
    acting: Floats
    steps: int = 1
    running: float = 1.0

    def __post_init__(self) -> None:
        if len(self.acting) != self.hidden.shape[1] + 1:
            raise ValueError(
                f"{self.hidden.shape[1]} hidden units and a bias act through as many weights, "
                f"not {len(self.acting)}"
            )
        if self.steps < 1 or not 0 < self.running <= 1:
            raise ValueError(
                f"{self.steps} steps with probability {self.running}: at least one step, and a "
                "probability above 0 and at most 1"
            )

    def episode(self, x: Floats, rng: np.random.Generator) -> Outcome:
        """Act once on x (inputs,)."""
        p = _sigmoid(x @ self.hidden)
        output, score = np.zeros(len(p)), np.zeros(len(p))
        for _ in range(self.steps):
            runs = rng.random(len(p)) < self.running
            drawn = rng.random(len(p)) < p
            output = np.where(runs, drawn, output)
            score += runs * (drawn - p)
        before = np.append(output, 1.0)
        p_acting = _sigmoid(before @ self.acting)[0]
        action = int(rng.random() < p_acting)
        return Outcome(action, np.outer(x, score), (action - p_acting) * before[:, None])

    def learn(self, outcome: Outcome, change: float) -> None:
        """Move all weights along their own scores; change : rate x (reward - baseline)."""
        self.hidden[...] += change * outcome.hidden
        self.acting[...] += change * outcome.acting

    def outcomes(self, x: Floats) -> Iterator[tuple[float, Outcome]]:
        """Every way in which an episode on x (inputs,) can go, with its probability.

        2^(units that run) of them: for small networks.
        """
        p = _sigmoid(x @ self.hidden)
        for likely, ran in self._who_runs(len(p)):
            places = list(zip(*np.nonzero(ran)))
            for drawn in itertools.product((0, 1), repeat=len(places)):
                yield from self._with(x, p, likely, places, drawn)

    def _who_runs(self, units: int) -> Iterator[tuple[float, NDArray[np.int64]]]:
        """Probability and (steps, hidden) of who runs when."""
        if self.running == 1:
            yield 1.0, np.ones((self.steps, units), np.int64)
            return
        for flat in itertools.product((0, 1), repeat=self.steps * units):
            ran = np.array(flat).reshape(self.steps, units)
            yield float(np.prod(np.where(ran, self.running, 1 - self.running))), ran

    def _with(
        self, x: Floats, p: Floats, likely: float, places: Sequence[tuple[int, int]],
        drawn: Sequence[int],
    ) -> Iterator[tuple[float, Outcome]]:  # fmt: skip
        """The two actions that can follow what the hidden units have drawn."""
        output, score = np.zeros(len(p)), np.zeros(len(p))
        for (_, unit), value in zip(places, drawn):
            likely *= p[unit] if value else 1 - p[unit]
            score[unit] += value - p[unit]
            output[unit] = value
        before = np.append(output, 1.0)
        p_acting = _sigmoid(before @ self.acting)[0]
        hidden = np.outer(x, score)
        for action in (0, 1):
            acts = p_acting if action else 1 - p_acting
            yield likely * acts, Outcome(action, hidden, (action - p_acting) * before[:, None])


def _sigmoid(drive: Floats) -> Floats:
    value: Floats = 1 / (1 + np.exp(-drive))
    return value
