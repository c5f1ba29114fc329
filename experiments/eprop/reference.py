"""First losses on the released code's own draws, beside those of NEST (Bellec 2020; NEST 3.x)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import tasks
from bioplaus.models import eprop
from bioplaus.models.eprop.parameters import Eprop, Evidence
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

LOSSES = {
    "pattern": (
        101.964356999041, 103.466731126205, 103.340607074771, 103.680244037686, 104.412775748752,
    ),
    "evidence": (
        0.741152550006, 0.740388187700, 0.665785233177, 0.663644193322, 0.729428962844,
    ),
    "evidence-pairs": (
        0.702163370672, 0.735555303152, 0.740354864111, 0.683882815282, 0.707841122268,
    ),
}  # fmt: skip
"""Of the first five updates, from the tests of NEST's e-prop models; pairs are batches of two."""


@dataclass(frozen=True)
class Settings:
    """The network, weights, inputs and targets of NEST's test, drawn as there."""

    case: str = parameter("pattern", "which test", choices=tuple(LOSSES))


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Five updates; the largest relative difference of a loss."""
    draws = np.random.RandomState(1)  # the tests know no other seed
    trials = 2 if p.case == "evidence-pairs" else 1
    q = Eprop() if p.case == "pattern" else Evidence(batch=trials)
    learner = eprop.Learner(q, draws)
    fixed = (tasks.frozen_noise(draws), tasks.sine_mixture(draws)) if p.case == "pattern" else None
    differences: list[float] = []
    run.keep(learner=learner, differences=differences)
    run.keep(draws=(lambda: draws.get_state(legacy=False), draws.set_state))
    for segment in run.segments(len(LOSSES[p.case])):
        if fixed:
            x, targets = fixed[0][None], fixed[1][None, :, None]
        else:
            x, labels = tasks.evidence_trials(draws, trials)
            targets = np.repeat(np.eye(2)[labels][:, None], x.shape[1], axis=1)
        loss = learner.learn(x, targets).loss
        differences.append(abs(loss / LOSSES[p.case][segment.number] - 1))
        run.log(loss=loss, difference=differences[-1])
    return {"largest_difference": max(differences)}


FORM = "batched"
FIGURES: dict[str, object] = {}
