"""Is representation alignment with feedback more than feedback alignment? (Ororbia 2018).

Written before the first of these runs.  Members differ in how often the layer above is asked, in
the size of a push, in whether pushes are cut (c2), and in who answers; all have the same limit on
their step.  Six step sizes each on validation and two seeds, then five fresh seeds once on test;
differences are paired.  The predictions are the bands of ``paper.toml``: with three hidden layers
(5 questions, push 0.1) stands more than 0.3 points below both FA with the limit and (1, 0.5), with
five within a point of FA, with ten above both; one question with a small push is FA with the
limit; and where a stranger answers the repeated questions nothing is gained.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus.experiments.error_paths import figures
from bioplaus.experiments.error_paths.training import Images, Training, images
from bioplaus.models.error_paths import ROWS, Layers, varied
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run

MEMBERS = {
    "limit": ("FA, limit", ""),
    "ask_1_push_0.1": ("LRA-fdbk", ""),
    "ask_1_push_0.5": ("LRA-fdbk", "carrier.step=0.5"),
    "ask_5_push_0.02": ("LRA-fdbk, K 5", "carrier.step=0.02"),
    "ask_5_push_0.1": ("LRA-fdbk, K 5", ""),
    "ask_50_push_0.01": ("LRA-fdbk", "carrier.repeats=50, carrier.step=0.01"),
    "ask_5_push_0.1_uncut": ("LRA-fdbk, K 5", "carrier.short=0"),
    "ask_1_push_0.5_uncut": ("LRA-fdbk", "carrier.step=0.5, carrier.short=0"),
    "ask_5_push_0.1_stranger": ("LRA-fdbk, K 5", "carrier.stranger=true"),
}
"""Row and constants."""

REFERENCES = ("limit", "ask_1_push_0.5")
STEPS = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True)
class Settings:
    """784-100-..-100-10 on the first images of MNIST."""

    hidden: int = parameter(3, "hidden layers of 100", low=1)
    passes: int = parameter(10, "over 5,000 images", low=1)
    seeds: int = parameter(5, "seeds reported, from 20 times the run's seed on", low=2)
    questions: int = parameter(50, "most that a member may ask", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """A segment is a member: its step is chosen, then its seeds are tested."""
    shown, members = images("mnist-5000", run.load), _members(p)
    found: dict[str, list[float]] = {}
    steps: dict[str, float] = {}
    run.keep(found=found, steps=steps)
    selection, fresh = (10 * run.seed + 1, 10 * run.seed + 2), 20 * run.seed
    for turn in run.segments(len(members)):
        member = members[turn.number]
        errors = {
            step: statistics.fmean(
                _fit(p, member, step, seed, shown).error("validation") for seed in selection
            )
            for step in STEPS
        }
        steps[member] = chosen = min(errors, key=errors.__getitem__)
        seeds = range(fresh, fresh + p.seeds)
        found[member] = [_fit(p, member, chosen, seed, shown).error("test") for seed in seeds]
        run.log(step=chosen, validation_error=errors[chosen])
    return _figures(found) | {f"step_{member}": step for member, step in steps.items()}


def _members(p: Settings) -> list[str]:
    """Those that ask no more than is allowed; the references do not."""
    carriers = {
        name: varied(ROWS[row], constants).carrier for name, (row, constants) in MEMBERS.items()
    }
    return [name for name, each in carriers.items() if getattr(each, "repeats", 1) <= p.questions]


def _fit(p: Settings, member: str, step: float, seed: int, shown: Images) -> Training:
    row, constants = MEMBERS[member]
    layers = "-".join(["784", *["100"] * p.hidden, "10"])
    made = Layers(row, constants, layers, learning_rate=step)
    training = Training(made, shown, np.random.default_rng(seed), passes=p.passes, batch=10)
    for done in range(p.passes):
        training.learn(done)
    return training


def _figures(found: Mapping[str, list[float]]) -> dict[str, float]:
    """Mean test errors, and paired differences to the references with their standard errors."""
    figures = {f"test_error_{member}": statistics.fmean(each) for member, each in found.items()}
    for reference in REFERENCES:
        for member in found:
            if member != reference:
                above = np.subtract(found[member], found[reference])
                name = f"{member}_above_{reference}"
                figures[name] = float(above.mean())
                figures[f"{name}_se"] = float(above.std(ddof=1) / np.sqrt(len(above)))
    return figures


FORM = "batched"
FIGURES = {"members": figures.members}
