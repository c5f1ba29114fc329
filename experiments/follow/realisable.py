"""A network that can be imitated exactly is learned better (Gilra and Gerstner 2017, figure 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.experiments.follow.comparison import Comparison
from bioplaus.experiments.follow.protocol import FollowExperiment
from bioplaus.experiments.follow.van_der_pol import FollowVanDerPol
from bioplaus.experiments.follow.van_der_pol import Settings as VanDerPolSettings
from bioplaus.parameters import Quantity, parameter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bioplaus.tasks.tracking import Stretch


@dataclass(frozen=True)
class Settings(VanDerPolSettings):
    """Smaller and shorter than published: three networks run."""

    neurons: int = parameter(1000, "neurons in each of the two layers", symbol="N", low=1)
    duration: Quantity = parameter("2000 second", "learning time", low="1 second")


def van_der_pol(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """The system without command, (points, 2) [1/s]."""
    import numpy as np

    x, y = states.T
    return np.stack([y, 2.0 * (1.0 - x**2) * y - x], axis=1) / 0.125


class TaughtByNetwork(FollowVanDerPol):
    """Learns from the output of a network with the same neurons and ideal weights."""

    def setup(self) -> None:
        """Build the teacher beside the learner."""
        import numpy as np

        from bioplaus.models import follow

        super().setup()
        self.teacher = FollowVanDerPol(self.parameters, self.seed)
        self.teacher.setup()
        self.teacher.listen(True)
        self.ideal = follow.ideal_weights(
            self.teacher.model, van_der_pol, lambda u: u / 0.02, np.random.default_rng(self.seed)
        )
        self.teacher.model.set_weights(self.ideal)

    def training_stretch(self, seconds: float) -> Stretch:
        """The same commands; the target is what the teacher makes of them."""
        stretch = self.tracking.training(seconds)
        taught = self.teacher.open_loop("teaching", stretch)
        self.teacher.take_recording()
        return replace(stretch, target=taught)

    def state(self) -> Mapping[str, Any]:
        """The learner's and the teacher's."""
        return {"learner": super().state(), "teacher": self.teacher.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state."""
        super().restore(state["learner"])
        self.teacher.restore(state["teacher"])


class FollowRealisable(Comparison):
    """``realisable_ratio``: last learning error with the network as teacher over the other.

    ``weights_r_squared``: how much of the teacher's recurrent weights the learned ones explain.
    """

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 300,
        "duration": "400 second",
        "learning_rate": "1e-2 second",
    }

    def make_members(self) -> Mapping[str, FollowExperiment]:
        """Taught by the differential equation, and by a network."""
        return {
            "equation": FollowVanDerPol(self.parameters, self.seed),
            "network": TaughtByNetwork(self.parameters, self.seed),
        }

    def compare(self) -> Mapping[str, float]:
        """Errors, and W = E M against the teacher's."""
        from bioplaus.analysis.open_loop import identity_r_squared

        learner = self.members["network"]
        assert isinstance(learner, TaughtByNetwork)
        encoders = learner.model.state_tuning.encoders
        name = "recurrent_learning"
        learned, taught = learner.model.plastic[name].weights.T, learner.ideal[name].T
        return {
            "realisable_ratio": self.ratio("network", "equation"),
            "weights_r_squared": identity_r_squared(encoders @ learned, encoders @ taught),
        }


EXPERIMENT = FollowRealisable

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
