"""A late reference spoils learning, a late command mends it (Gilra and Gerstner 2017, figure 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bioplaus.experiments.follow.comparison import Comparison
from bioplaus.experiments.follow.linear import FollowLinear
from bioplaus.experiments.follow.linear import Settings as LinearSettings
from bioplaus.experiments.follow.protocol import FollowExperiment
from bioplaus.parameters import Quantity, parameter, replace


@dataclass(frozen=True)
class Settings(LinearSettings):
    """Those of the linear task, with a delay."""

    reference_delay: Quantity = parameter(
        "20 ms", "how late the reference arrives", symbol="Delta", source="figure 6", low="0 ms"
    )


class FollowDelay(Comparison):
    """``delayed_ratio``, ``compensated_ratio``: last learning errors over the punctual one's."""

    Parameters = Settings
    quick: ClassVar[Mapping[str, object]] = {
        "neurons": 300,
        "duration": "300 second",
        "learning_rate": "1e-2 second",
    }

    def make_members(self) -> Mapping[str, FollowExperiment]:
        """Punctual, late, and late with a command that is as late."""
        p = self.parameters
        changes: dict[str, dict[str, object]] = {
            "punctual": {"reference_delay": "0 ms"},
            "delayed": {},
            "compensated": {"compensated": True},
        }
        return {
            name: FollowLinear(replace(p, change), self.seed) for name, change in changes.items()
        }

    def compare(self) -> Mapping[str, float]:
        """Ratios to the punctual reference."""
        return {
            "delayed_ratio": self.ratio("delayed", "punctual"),
            "compensated_ratio": self.ratio("compensated", "punctual"),
        }


EXPERIMENT = FollowDelay

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
