"""A quarter of the connections learns too, more slowly (Gilra and Gerstner 2017, figure 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bioplaus.experiments.follow.comparison import Comparison
from bioplaus.experiments.follow.protocol import FollowExperiment
from bioplaus.experiments.follow.van_der_pol import FollowVanDerPol
from bioplaus.experiments.follow.van_der_pol import Settings as VanDerPolSettings
from bioplaus.parameters import Quantity, parameter, replace, to_quantity


@dataclass(frozen=True)
class Settings(VanDerPolSettings):
    """A mask costs products over all connections: fewer neurons and a shorter time."""

    neurons: int = parameter(1000, "neurons in each of the two layers", symbol="N", low=1)
    duration: Quantity = parameter("400 second", "learning time of the masked network")


class FollowSparse(Comparison):
    """``sparse_ratio``: masked error after the whole time over the full network's after half."""

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 100,
        "duration": "100 second",
        "segment": "50 second",
        "learning_rate": "1e-2 second",
    }

    def make_members(self) -> Mapping[str, FollowExperiment]:
        """All connections in the cheap form, and a mask."""
        return {
            "all": FollowVanDerPol(replace(self.parameters, {"weights": "factorised"}), self.seed),
            "masked": FollowVanDerPol(replace(self.parameters, {"weights": "masked"}), self.seed),
        }

    def compare(self) -> Mapping[str, float]:
        """Ratio at the published moments: twice the time for a quarter of the connections."""
        p = self.parameters
        half = round(float(to_quantity(p.duration) / to_quantity(p.segment)) / 2) - 1
        curves = {name: member.curve for name, member in self.members.items()}
        return {"sparse_ratio": curves["masked"][-1] / curves["all"][max(half, 0)]}


EXPERIMENT = FollowSparse

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
