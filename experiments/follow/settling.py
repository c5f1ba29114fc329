"""Learning that ends slowly, so that the weights no longer chase the latest trajectory."""

from __future__ import annotations

from typing import Any

from bioplaus.experiments.follow.protocol import FollowExperiment
from bioplaus.parameters import parameter, to_quantity

__all__ = ["SettlingExperiment", "settling_of"]

SLOWER = 0.1
"""Learning rate of the last stretch, in units of the one before."""


def settling_of() -> Any:
    """The parameter that says for how long the end of learning is slow."""
    return parameter(
        "0 second", "last part of the learning time, at a tenth of the rate", low="0 second"
    )


class SettlingExperiment(FollowExperiment):
    """Learns at a tenth of the rate for the last ``settling`` seconds."""

    def share(self, segment: int) -> float:
        """Share of the learning rate in a segment."""
        p = self.parameters
        left = float(to_quantity(p.duration)) - segment * float(to_quantity(p.segment))
        slow = left <= float(to_quantity(p.settling))
        return SLOWER if slow else 1.0
