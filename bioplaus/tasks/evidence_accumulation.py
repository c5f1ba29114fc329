"""Cues left and right, a pause, and the question which were more (Morcos and Harvey 2016).

As in Bellec and others (2020), where a network must remember the cues for a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cues", "evidence_trials"]


@dataclass(frozen=True)
class Cues:
    """Times in steps, probabilities of a spike in a step.

    A trial: ``cues`` times ``gap`` and ``cue``, then ``delay`` and ``recall``.  A quarter of the
    inputs each: left, right, recall, background.
    """

    inputs: int = 40
    cues: int = 7
    gap: int = 50
    cue: int = 100
    delay: int = 1050
    recall: int = 150
    spike: float = 0.04
    minority: float = 0.3

    def __post_init__(self) -> None:
        """Check that sides can win and all groups have the same size.

        Raises
        ------
        ValueError
            For an even number of cues, or inputs that are no multiple of four.
        """
        if self.cues % 2 == 0:
            raise ValueError(f"{self.cues} cues can be as many on both sides; take an odd number")
        if self.inputs % 4:
            raise ValueError(f"{self.inputs} inputs are no four groups of one size")

    @property
    def steps(self) -> int:
        """Of a trial."""
        return self.cues * (self.gap + self.cue) + self.delay + self.recall

    def probabilities(self, sides: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of a spike in each step, (steps, inputs), for the sides (cues,) of a trial."""
        group = self.inputs // 4
        found = np.zeros((self.steps, self.inputs))
        for n, side in enumerate(sides):
            begin = n * (self.gap + self.cue) + self.gap
            found[begin : begin + self.cue, side * group : (side + 1) * group] = self.spike
        found[-self.recall :, 2 * group : 3 * group] = self.spike
        found[:, 3 * group :] = self.spike / 4
        return found


def evidence_trials(
    rng: np.random.Generator | np.random.RandomState, trials: int, task: Cues | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Spikes (trials, steps, inputs), none in the first step, and labels: 1 where right won.

    Each trial prefers a side, and each cue is on the other with the probability ``minority``.
    """
    task = task or Cues()
    # In single precision, as the released code has it: the draws of one seed are the same.
    chances = np.array([task.minority, 1 - task.minority], np.float32)
    left_wins = rng.choice([0, 1], trials)
    sides = np.array(
        [rng.choice([0, 1], task.cues, p=chances[::-1] if k else chances) for k in left_wins]
    )
    probabilities = np.array([task.probabilities(each) for each in sides])
    spikes = (probabilities > rng.random(probabilities.shape)).astype(np.uint8)
    spikes[:, 0] = 0
    return spikes, (sides.sum(axis=1) > task.cues // 2).astype(np.int64)
