"""A non-linear input changes only the feedforward weights (Gilra and Gerstner 2017, figure 2-4).

``recurrent_r_squared``, ``feedforward_r_squared``: are weights those of the linear task?  1 where
every weight learned behind the cubic equals the one learned without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus import analysis
from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.comparison import last_errors, train
from bioplaus.experiments.follow.linear_training import LinearSettings, LinearTraining
from bioplaus.experiments.follow.protocol import duration_of
from bioplaus.parameters import Quantity
from bioplaus.runs.pages.run import Run
from bioplaus.tasks.dynamical_systems import NONLINEAR_FEEDFORWARD


@dataclass(frozen=True)
class Settings(LinearSettings):
    """Those of the linear task, for the published time."""

    duration: Quantity = duration_of("10000 second")


class NonlinearTraining(LinearTraining):
    """The linear task behind a cubic input."""

    system = NONLINEAR_FEEDFORWARD


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """The same neurons on both tasks; then W = E M of both, where the shared E weighs alike."""
    members = {
        "linear": LinearTraining(p, run, "linear"),
        "nonlinear": NonlinearTraining(p, run, "nonlinear"),
    }
    train(run, members)
    linear, nonlinear = (member.model.weights() for member in members.values())
    encoders = members["linear"].model.state_tuning.encoders
    return last_errors(members) | {
        name: analysis.identity_r_squared(
            encoders @ nonlinear[projection].T, encoders @ linear[projection].T
        )
        for name, projection in (
            ("recurrent_r_squared", "recurrent_learning"),
            ("feedforward_r_squared", "command_learning"),
        )
    }


FORM = "network"
FIGURES = {"learning-curve": figures.learning_curves}
