"""A spiking network learns the van der Pol oscillator (Gilra and Gerstner 2017, figure 2-1).

``learning_error_start`` and ``learning_error_last`` are means from 100 to 400 s and over the last
segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.van_der_pol_training import (
    SHOWN,
    VanDerPolSettings,
    VanDerPolTraining,
)
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(VanDerPolSettings):
    """Neurons at high rates; the setting ``low-rate`` has those of figure 1."""


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Learn, at a raised rate from some time on; test in the last segment."""
    training = VanDerPolTraining(p, run)
    after, length = (float(to_quantity(x)) for x in (p.accelerated_after, p.segment))
    for segment in run.segments(training.segments):
        raised = segment.number * length >= after
        run.log(**training.advance(segment, p.acceleration if raised else 1.0))
    curve = training.curve
    start = float(np.mean(curve[1:4])) if len(curve) > 3 else float("nan")
    second = curve[1] if len(curve) > 1 else float("nan")
    return {
        **training.finals(),
        "learning_error_start": start,
        "learning_fall": second / curve[-1],
    }


FORM = "network"
FIGURES = {
    **figures.of_test(SHOWN, seconds=13.5),
    "phase-plane": lambda run: figures.phase(run, "no command", 20.0, ("x1", "x2"), (0, 1)),
}
