"""The theorem, by enumeration: local updates together are the gradient of the expected reward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bioplaus.models.coagents.network import Coagents

__all__ = ["exact_update", "expected_reward", "variance"]

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class _Case:
    probability: float
    reward: float
    score: Floats


def expected_reward(coagents: Coagents, states: Floats, likely: Floats, rewards: Floats) -> float:
    """Of an episode in a random state.

    states : (states, inputs) what is shown; likely : (states,) their probabilities; rewards :
    (states, 2) of both actions.
    """
    return sum(c.probability * c.reward for c in _cases(coagents, states, likely, rewards))


def exact_update(
    coagents: Coagents, states: Floats, likely: Floats, rewards: Floats, baseline: float = 0.0
) -> Floats:
    """The mean of all local updates at rate 1: those of ``hidden``, then of ``acting``, flat."""
    cases = _cases(coagents, states, likely, rewards)
    return np.asarray(sum(c.probability * (c.reward - baseline) * c.score for c in cases))


def variance(
    coagents: Coagents, states: Floats, likely: Floats, rewards: Floats, baseline: float = 0.0
) -> float:
    """Of the update of one episode, summed over weights."""
    mean = exact_update(coagents, states, likely, rewards)
    cases = _cases(coagents, states, likely, rewards)
    square = sum(c.probability * np.sum(((c.reward - baseline) * c.score) ** 2) for c in cases)
    return float(square - np.sum(mean**2))


def _cases(coagents: Coagents, states: Floats, likely: Floats, rewards: Floats) -> Iterator[_Case]:
    for x, of_state, paid in zip(states, likely, rewards):
        for probability, outcome in coagents.outcomes(x):
            yield _Case(of_state * probability, float(paid[outcome.action]), outcome.score)
