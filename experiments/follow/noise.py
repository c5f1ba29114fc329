"""Noise on the error hardly matters up to 1e-3 (Gilra and Gerstner 2017, figure 6).

``noisy_ratio`` is the last learning error with noise over the one without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.comparison import last_errors, train
from bioplaus.experiments.follow.van_der_pol_training import VanDerPolSettings, VanDerPolTraining
from bioplaus.parameters import parameter, replace
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(VanDerPolSettings):
    """Those of the van der Pol task, with noise."""

    error_noise: float = parameter(
        1e-3, "standard deviation of white noise on the error", source="figure 6", low=0.0
    )


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """With and without noise."""
    members = {
        "clean": VanDerPolTraining(replace(p, {"error_noise": 0.0}), run, "clean"),
        "noisy": VanDerPolTraining(p, run, "noisy"),
    }
    train(run, members)
    ratio = members["noisy"].curve[-1] / members["clean"].curve[-1]
    return {**last_errors(members), "noisy_ratio": ratio}


FORM = "network"
FIGURES = {"learning-curve": figures.learning_curves}
