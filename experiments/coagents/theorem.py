"""Local updates together are the policy gradient (Kostas, Nota and Thomas 2020, theorem)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import analysis, plotting
from bioplaus.experiments.coagents.bandit import LIKELY, REWARDS, STATES, Network
from bioplaus.models.coagents import Coagents, exact_update, expected_reward, variance
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

DOUBLINGS = 10
STEP = 1e-5
"""Of central differences."""


@dataclass(frozen=True)
class Settings(Network):
    """Weights rest; updates of single episodes are added up."""

    baseline: float = parameter(0.0, "what is taken from the reward")
    episodes: int = parameter(40_960, "episodes", low=2**DOUBLINGS)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """The enumerated update beside central differences of the expected reward, and the angle of
    the mean over more and more episodes to it."""
    coagents = p.drawn(run.rng)
    exact = exact_update(coagents, STATES, LIKELY, REWARDS, p.baseline)
    summed = np.zeros_like(exact)
    run.keep(summed=summed)
    for segment in run.segments(DOUBLINGS + 1):
        until = p.episodes >> (DOUBLINGS - segment.number)
        for _ in range(0 if segment.first else until // 2, until):
            state = int(run.rng.random() >= LIKELY[0])
            outcome = coagents.episode(STATES[state], run.rng)
            summed += (REWARDS[state, outcome.action] - p.baseline) * outcome.score
        run.log(episodes=until, angle_to_gradient=float(analysis.alignment_angle(summed, exact)))
    slopes = central_differences(coagents)
    return {
        "difference": float(np.linalg.norm(exact - slopes) / np.linalg.norm(slopes)),
        "angle_to_gradient": float(analysis.alignment_angle(summed, exact)),
        "variance": variance(coagents, STATES, LIKELY, REWARDS, p.baseline),
        "expected_reward": expected_reward(coagents, STATES, LIKELY, REWARDS),
    }


def central_differences(coagents: Coagents) -> np.ndarray:
    """The gradient of the expected reward, measured: (weights,), hidden ones first."""
    slopes = []
    for which in ("hidden", "acting"):
        weights = getattr(coagents, which)
        for place in np.ndindex(weights.shape):
            ends = []
            for step in (STEP, -STEP):
                moved = weights.copy()
                moved[place] += step
                other = replace(coagents, **{which: moved})
                ends.append(expected_reward(other, STATES, LIKELY, REWARDS))
            slopes.append((ends[0] - ends[1]) / (2 * STEP))
    return np.array(slopes)


def angle(run: RunReader) -> Figure:
    """Angle of the mean update to the gradient over episodes."""
    figure = plotting.figure()
    ax = figure.subplots()
    ax.loglog(run.metrics["episodes"], run.metrics["angle_to_gradient"], "o-")
    ax.set(xlabel="episodes", ylabel="angle to the gradient (degrees)")
    return figure


FORM = "rate reference"
FIGURES = {"angle": angle}
