"""A spiking network learns a damped linear oscillator (Gilra and Gerstner 2017, figure 2-2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.linear_training import LinearSettings, LinearTraining
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(LinearSettings):
    """As published."""


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn; test in the last segment."""
    training = LinearTraining(p, run)
    for segment in run.segments(training.segments):
        run.log(**training.advance(segment))
    return training.finals()


FORM = "network"
FIGURES = figures.of_test("random input")
