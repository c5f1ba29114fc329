"""A network that can be imitated exactly is learned better (Gilra and Gerstner 2017, figure 5).

``realisable_ratio``: last learning error with the network as teacher over the other.
``weights_r_squared``: how much of the teacher's recurrent weights the learned ones explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus import analysis
from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.comparison import last_errors, train
from bioplaus.experiments.follow.van_der_pol_training import VanDerPolSettings, VanDerPolTraining
from bioplaus.models import follow
from bioplaus.parameters import Quantity, parameter
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(VanDerPolSettings):
    """Smaller and shorter than published: three networks run."""

    neurons: int = parameter(1000, "neurons in each of the two layers", symbol="N", low=1)
    duration: Quantity = parameter("2000 second", "learning time", low="1 second")


class TaughtByNetwork(VanDerPolTraining):
    """Learns from the output of a network with the same neurons and ideal weights."""

    def __init__(self, p: Settings, run: Run, member: str) -> None:
        """Build the teacher beside the learner."""
        super().__init__(p, run, member)
        self.teacher = VanDerPolTraining(p, run, f"{member}'s teacher")
        self.teacher.listen(True)
        self.ideal = follow.ideal_weights(
            self.teacher.model, van_der_pol, lambda u: u / 0.02, np.random.default_rng(run.seed)
        )
        self.teacher.model.set_weights(self.ideal)

    def training_stretch(self, seconds: float) -> Any:
        """The same commands; the target is what the teacher makes of them."""
        stretch = self.tracking.training(seconds)
        return replace(stretch, target=self.teacher.open_loop("teaching", stretch))


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Taught by the differential equation, and by a network."""
    taught = TaughtByNetwork(p, run, "network")
    members = {"equation": VanDerPolTraining(p, run, "equation"), "network": taught}
    train(run, members)
    encoders, name = taught.model.state_tuning.encoders, "recurrent_learning"
    learned, ideal = taught.model.plastic[name].weights.T, taught.ideal[name].T
    return {
        **last_errors(members),
        "realisable_ratio": taught.curve[-1] / members["equation"].curve[-1],
        "weights_r_squared": analysis.identity_r_squared(encoders @ learned, encoders @ ideal),
    }


def van_der_pol(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """The system without command, (points, 2) [1/s]."""
    x, y = states.T
    return np.stack([y, 2.0 * (1.0 - x**2) * y - x], axis=1) / 0.125


FORM = "network"
FIGURES = {"learning-curve": figures.learning_curves}
