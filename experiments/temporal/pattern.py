"""A mixture of sines out of frozen noise, by any rule that can (Bellec 2020 and others)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.temporal import figures, training
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(training.Shown):
    """Two hundred trials of one second."""


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a stretch of updates, ended by a validation; test once in the end."""
    return training.page("pattern", p, run)


FORM = "batched"
FIGURES = {"learning-curve": figures.curve, "example": figures.example}
