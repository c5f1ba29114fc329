"""Classes that are random curves of spike times, by any rule that can (Zenke and Vogels 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.temporal import figures, training
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(training.Shown):
    """One spike of each of 20 inputs."""


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a stretch of updates, ended by a validation; test once in the end."""
    return training.page("randman", p, run)


FORM = "batched"
FIGURES = {"learning-curve": figures.curve, "example": figures.example}
