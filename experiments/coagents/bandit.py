"""Coagents find the better action in each of two states (Kostas, Nota and Thomas 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting
from bioplaus.models.coagents import Coagents
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

STATES = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
"""What is shown in each: one of two inputs, and a bias."""
LIKELY = np.array([0.4, 0.6])
REWARDS = np.array([[1.0, 0.0], [0.2, 0.9]])
BEST = float(LIKELY @ REWARDS.max(axis=1))
CHANCE = float(LIKELY @ REWARDS.mean(axis=1))
LAST = 500
"""Episodes at the end over which the reward is averaged."""


@dataclass(frozen=True)
class Network:
    """A layer of Bernoulli units in front of one that acts."""

    hidden: int = parameter(3, "hidden units", low=1)
    steps: int = parameter(1, "steps of an episode", low=1)
    running: float = parameter(1.0, "probability to run in a step", low=0.01, high=1)

    def drawn(self, rng: np.random.Generator) -> Coagents:
        """With its first weights."""
        hidden = 0.5 * rng.standard_normal((STATES.shape[1], self.hidden))
        acting = 0.5 * rng.standard_normal((self.hidden + 1, 1))
        return Coagents(hidden, acting, self.steps, self.running)


@dataclass(frozen=True)
class Settings(Network):
    """Learning from reward."""

    learning_rate: float = parameter(0.3, "along the scores", symbol="eta", tunable=True, low=0)
    baseline_rate: float = parameter(0.05, "weight of a reward in the running mean", low=0, high=1)
    episodes: int = parameter(5000, "episodes", low=LAST)


def live(p: Settings) -> dict[str, float]:
    """What may be set while it learns."""
    return {"learning_rate": p.learning_rate}


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Act, be told the reward, move; the mean reward of the last episodes."""
    coagents = p.drawn(run.rng)
    baseline, rewards = np.array([0.5]), np.zeros(LAST)
    run.keep(hidden=coagents.hidden, acting=coagents.acting, baseline=baseline, rewards=rewards)
    run.live(None, live)
    for segment in run.segments(p.episodes // LAST):
        for n in range(LAST):
            state = int(run.rng.random() >= LIKELY[0])
            outcome = coagents.episode(STATES[state], run.rng)
            rewards[n] = REWARDS[state, outcome.action]
            coagents.learn(outcome, run.p.learning_rate * (rewards[n] - baseline[0]))
            baseline += p.baseline_rate * (rewards[n] - baseline)
        run.log(epoch=LAST * (segment.number + 1), reward=float(rewards.mean()))
    return {"reward": float(rewards.mean())}


def curve(run: RunReader) -> Figure:
    """Mean reward over episodes, between chance and the best."""
    figure = plotting.figure()
    ax = figure.subplots()
    plotting.learning_curve(ax, run.metrics["epoch"], run.metrics["reward"], name="mean reward")
    for level, text in ((BEST, "best"), (CHANCE, "chance")):
        ax.axhline(level, color=plotting.GREY, lw=0.8, ls=":")
        ax.annotate(text, (1, level), xycoords=("axes fraction", "data"), xytext=(4, 0),
                    textcoords="offset points", va="center", color=plotting.GREY)  # fmt: skip
    ax.set(xlabel="episode", ylim=(0.45, 1.0))
    return figure


FORM = "rate reference"
FIGURES = {"learning-curve": curve}
