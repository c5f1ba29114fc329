"""The van der Pol oscillator learned by neurons at low rates (Gilra and Gerstner 2017, fig. 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bioplaus.experiments.follow.protocol import duration_of, segment_of
from bioplaus.experiments.follow.van_der_pol import FollowVanDerPol
from bioplaus.models.follow.parameters import VanDerPolLowRate
from bioplaus.parameters import Quantity, parameter, to_quantity


@dataclass(frozen=True)
class Settings(VanDerPolLowRate):
    """Learning time, and when the learning rate is raised."""

    duration: Quantity = duration_of("5000 second")
    segment: Quantity = segment_of()
    reset: bool = parameter(
        True, "whether the last 0.5 s of each trial are silent", source="authors' simulations"
    )
    error_noise: float = parameter(0.0, "standard deviation of white noise on the error", low=0.0)
    tests: int = parameter(20, "structured tests of 4 s each", low=1)
    accelerated_after: Quantity = parameter(
        "1000 second", "when the learning rate is raised", source="table 1", low="0 second"
    )
    acceleration: float = parameter(20.0, "by what factor", source="table 1", low=0.0)


class FollowVanDerPolLowRate(FollowVanDerPol):
    """Twelve spikes a second for each neuron; slow at first, twenty times faster later."""

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {"neurons": 300, "duration": "400 second"}

    def share(self, segment: int) -> float:
        """Share of the learning rate in a segment."""
        p = self.parameters
        done = segment * float(to_quantity(p.segment))
        accelerated = done >= float(to_quantity(p.accelerated_after))
        return float(p.acceleration) if accelerated else 1.0


EXPERIMENT = FollowVanDerPolLowRate

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
