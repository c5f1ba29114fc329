"""What the leaderboard compares: the entries of all papers on the same three tasks.

Within a task all rules see the same images equally often in networks of equal size; learning rates
(and batches) were chosen on validation images among a few values with seed 1, those of the MNIST
subset after four of the ten passes, that of eRBP there taken over from the digits.  The spiking
exclusive or of BurstCCN and Burstprop keeps its own protocol of four patterns, whose ``test_error``
is the share of patterns that the output rate puts on the wrong side of the mean of all four.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.papers import papers
from bioplaus.reproduction.runs import Job, texts

__all__ = ["SEEDS", "TASKS", "Entrant", "entrants", "excluded"]

SEEDS = (1, 2, 3)

NO_SPIKES = "no spikes"
"""Why a rule of rates has no angle to the exact gradient of a spiking network."""

TASKS = {
    "xor": "exclusive or of two noisy bits, 800 training images of 2 x 2 pixels, 4 passes",
    "digits": "scikit-learn's digits, 1,077 training images of 8 x 8 pixels, 40 passes",
    "mnist-5000": "MNIST, the first 5,000 training images of 28 x 28 pixels, 10 passes",
}


@dataclass(frozen=True)
class Entrant:
    """One rule on one task, as a paper's ``paper.toml`` enters it.

    settings : what its named setting changes; angle : the figure in ``summary.json`` with the angle
    [degrees] of its update to backpropagation's, or, where ``angle_of`` is ``feedback``, of the
    weights that carry errors down to the transposed forward weights.

    exact : projections whose ``angle_<projection>`` and ``angle_cell_<projection>`` [degrees] to
    the exact gradient of the spiking network are among the figures; no_exact : why there is none.
    """

    task: str
    rule: str
    experiment: str
    setting: str
    settings: Mapping[str, Any]
    angle: str = ""
    angle_of: str = "update"
    exact: tuple[str, ...] = ()
    no_exact: str = NO_SPIKES

    def jobs(self) -> list[Job]:
        """Its runs, one for each seed."""
        changes = texts(self.settings)
        return [Job(self.experiment, changes, seed, self.setting) for seed in SEEDS]


def entrants() -> list[Entrant]:
    """All entries of all papers, task by task."""
    found = [
        Entrant(
            row["task"],
            row["rule"],
            paper.experiment(row["experiment"]),
            row["setting"],
            paper.setting(row["experiment"], row["setting"]).changes,
            row.get("angle", {}).get("metric", ""),
            row.get("angle", {}).get("of", "update"),
            tuple(row.get("exact", {}).get("projections", ())),
            row.get("exact", {}).get("reason", NO_SPIKES),
        )
        for paper in papers().values()
        for row in paper.contest
    ]
    return sorted(found, key=lambda entrant: list(TASKS).index(entrant.task))


def excluded() -> dict[tuple[str, str], str]:
    """Why a rule does not do a task, by task and rule."""
    return {
        (row["task"], row["rule"]): row["reason"]
        for paper in papers().values()
        for row in paper.excluded
    }
