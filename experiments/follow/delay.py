"""A late reference spoils learning, a late command mends it (Gilra and Gerstner 2017, figure 6).

``delayed_ratio``, ``compensated_ratio``: last learning errors over the punctual one's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bioplaus.experiments.follow import figures
from bioplaus.experiments.follow.comparison import last_errors, train
from bioplaus.experiments.follow.linear_training import LinearSettings, LinearTraining
from bioplaus.parameters import Quantity, parameter, replace
from bioplaus.runs.pages.run import Run


@dataclass(frozen=True)
class Settings(LinearSettings):
    """Those of the linear task, with a delay."""

    reference_delay: Quantity = parameter(
        "20 ms", "how late the reference arrives", symbol="Delta", source="figure 6", low="0 ms"
    )


MEMBERS: dict[str, dict[str, object]] = {
    "punctual": {"reference_delay": "0 ms"},
    "delayed": {},
    "compensated": {"compensated": True},
}


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Punctual, late, and late with a command that is as late."""
    members = {name: LinearTraining(replace(p, c), run, name) for name, c in MEMBERS.items()}
    train(run, members)
    last = {name: member.curve[-1] for name, member in members.items()}
    return {
        **last_errors(members),
        "delayed_ratio": last["delayed"] / last["punctual"],
        "compensated_ratio": last["compensated"] / last["punctual"],
    }


FORM = "network"
FIGURES = {"learning-curve": figures.learning_curves}
