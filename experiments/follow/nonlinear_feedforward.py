"""A non-linear input changes only the feedforward weights (Gilra and Gerstner 2017, figure 2-4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bioplaus.experiments.follow.comparison import Comparison
from bioplaus.experiments.follow.linear import FollowLinear
from bioplaus.experiments.follow.linear import Settings as LinearSettings
from bioplaus.experiments.follow.protocol import FollowExperiment, duration_of
from bioplaus.parameters import Quantity

if TYPE_CHECKING:
    from bioplaus.tasks.dynamical_systems import System


@dataclass(frozen=True)
class Settings(LinearSettings):
    """Those of the linear task, for the published time."""

    duration: Quantity = duration_of("10000 second")


class Nonlinear(FollowLinear):
    """The linear task behind a cubic input."""

    def system(self) -> System:
        """The reference to imitate."""
        from bioplaus.tasks.dynamical_systems import NONLINEAR_FEEDFORWARD

        return NONLINEAR_FEEDFORWARD


class FollowNonlinearFeedforward(Comparison):
    """``recurrent_r_squared``, ``feedforward_r_squared``: are weights those of the linear task?

    1 where every weight learned behind the cubic equals the one learned without it.
    """

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 300,
        "duration": "300 second",
        "learning_rate": "1e-2 second",
    }

    def make_members(self) -> Mapping[str, FollowExperiment]:
        """The same neurons on both tasks."""
        return {
            "linear": FollowLinear(self.parameters, self.seed),
            "nonlinear": Nonlinear(self.parameters, self.seed),
        }

    def compare(self) -> Mapping[str, float]:
        """W = E M on both tasks; the shared E weighs both alike."""
        from bioplaus.analysis.open_loop import identity_r_squared

        linear, nonlinear = (member.model.weights() for member in self.members.values())
        encoders = self.members["linear"].model.state_tuning.encoders
        return {
            name: identity_r_squared(
                encoders @ nonlinear[projection].T, encoders @ linear[projection].T
            )
            for name, projection in (
                ("recurrent_r_squared", "recurrent_learning"),
                ("feedforward_r_squared", "command_learning"),
            )
        }


EXPERIMENT = FollowNonlinearFeedforward

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
