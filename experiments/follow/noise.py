"""Noise on the error hardly matters up to 1e-3 (Gilra and Gerstner 2017, figure 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bioplaus.experiments.follow.comparison import Comparison
from bioplaus.experiments.follow.protocol import FollowExperiment
from bioplaus.experiments.follow.van_der_pol import FollowVanDerPol
from bioplaus.experiments.follow.van_der_pol import Settings as VanDerPolSettings
from bioplaus.parameters import parameter, replace


@dataclass(frozen=True)
class Settings(VanDerPolSettings):
    """Those of the van der Pol task, with noise."""

    error_noise: float = parameter(
        1e-3, "standard deviation of white noise on the error", source="figure 6", low=0.0
    )


class FollowNoise(Comparison):
    """``noisy_ratio`` is the last learning error with noise over the one without."""

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 300,
        "duration": "400 second",
        "learning_rate": "1e-2 second",
    }

    def make_members(self) -> Mapping[str, FollowExperiment]:
        """With and without noise."""
        clean = replace(self.parameters, {"error_noise": 0.0})
        return {
            "clean": FollowVanDerPol(clean, self.seed),
            "noisy": FollowVanDerPol(self.parameters, self.seed),
        }

    def compare(self) -> Mapping[str, float]:
        """Ratio to the clean error."""
        return {"noisy_ratio": self.ratio("noisy", "clean")}


EXPERIMENT = FollowNoise

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
